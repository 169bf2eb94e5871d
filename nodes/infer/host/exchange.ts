import { asLinewatchError, type LinewatchError } from '../../shared/errors.ts';
import type { HostProcess, Task } from './host-process.ts';
import type { HostedModel } from './hosted-model.ts';
import type { FromHost, LoadedModelInfo, ModelSetup } from './protocol.ts';

export type Setups = Map<HostedModel, ModelSetup>;

/** A process that has all its models loaded and serves none yet. */
export interface Loaded {
  process: HostProcess;
  infos: Map<HostedModel, { setup: ModelSetup; info: LoadedModelInfo }>;
}

/** Throws where a model that was loaded must not take over. */
export type Check = (info: LoadedModelInfo, process: HostProcess) => Promise<void>;

/** Has a process do one thing. @throws LinewatchError as it failed, or as the process fell */
export function ask(process: HostProcess, message: Task['message'], deadlineMs: number): Promise<FromHost> {
  return new Promise((answered, failed) => process.send({ message, deadlineMs, answered, failed, fell: failed }));
}

/** @throws LinewatchError as `loadModel`, or as the process fell */
export async function load(process: HostProcess, { number, options }: HostedModel, setup: ModelSetup): Promise<LoadedModelInfo> {
  const answer = await ask(process, { kind: 'load', model: number, setup }, options.loadDeadlineMs);
  return (answer as Extract<FromHost, { kind: 'ready' }>).info;
}

/** Loads models in a new process. Where one of them fails, or `model` does not pass, the process ends. @throws LinewatchError */
export async function loadAll(spawn: () => HostProcess, setups: Setups, model: HostedModel, check: Check): Promise<Loaded> {
  const process = spawn();
  const infos: Loaded['infos'] = new Map();
  try {
    for (const [each, setup] of setups) infos.set(each, { setup, info: await load(process, each, setup) });
    await check(infos.get(model)?.info as LoadedModelInfo, process);
    return { process, infos };
  } catch (thrown) {
    const error = asLinewatchError(thrown);
    process.kill(error);
    throw error;
  }
}

/** As `loadAll`, with the present models again where the wanted ones fail. @throws LinewatchError where even those fail now */
export async function loadInstead(
  spawn: () => HostProcess,
  wanted: Setups,
  present: Setups,
  model: HostedModel,
  check: Check,
): Promise<{ loaded: Loaded; refused?: LinewatchError }> {
  try {
    return { loaded: await loadAll(spawn, wanted, model, check) };
  } catch (thrown) {
    return { loaded: await loadAll(spawn, present, model, async () => {}), refused: asLinewatchError(thrown) };
  }
}
