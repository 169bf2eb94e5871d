import type { HostProcess, HostProcessOptions, Task } from './host-process.ts';
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
export function ask(process: HostProcess, message: Task['message'], deadlineMs: number, isTrial = false): Promise<FromHost> {
  return new Promise((answered, failed) => process.send({ message, deadlineMs, isTrial, answered, failed, fell: failed }));
}

/** @throws LinewatchError as `loadModel`, or as the process fell */
export async function load(process: HostProcess, { number, options }: HostedModel, setup: ModelSetup): Promise<LoadedModelInfo> {
  const answer = await ask(process, { kind: 'load', model: number, setup }, options.loadDeadlineMs);
  return (answer as Extract<FromHost, { kind: 'ready' }>).info;
}

/** Loads models in a process that serves none yet. @throws LinewatchError where one of them fails, or `model` does not pass */
export async function loadAll(process: HostProcess, setups: Setups, model: HostedModel, check: Check): Promise<Loaded> {
  const infos: Loaded['infos'] = new Map();
  for (const [each, setup] of setups) infos.set(each, { setup, info: await load(process, each, setup) });
  await check(infos.get(model)?.info as LoadedModelInfo, process);
  return { process, infos };
}

/** The other models of a host as they stand on disk now: one whose file was changed meanwhile must not pass for what it was. */
export async function setupsBut(model: HostedModel, models: Iterable<HostedModel>): Promise<Setups> {
  const setups: Setups = new Map();
  for (const each of models) {
    if (each === model || !isWanted(each)) continue;
    const setup = await each.options.locate().catch(() => undefined);
    if (setup !== undefined) setups.set(each, setup);
  }
  return setups;
}

/** Whether a model is loaded or going to be. */
export function isWanted({ state: { kind } }: HostedModel): boolean {
  return kind === 'starting' || kind === 'ready' || kind === 'restarting';
}

/** What models that share a process allow it: the least niceness, and the sum of their ceilings. */
export function sharedLimits(models: Iterable<HostedModel>): Pick<HostProcessOptions, 'niceness' | 'ceilingMb' | 'onMemory'> {
  return {
    niceness: Math.min(...[...models].map(({ options }) => options.niceness)),
    ceilingMb: () => [...models].reduce((sum, { options }) => sum + options.memoryMb, 0),
    onMemory: (usedMb) => {
      for (const { options } of models) options.statistics.memory(usedMb);
    },
  };
}

/** A task of whose outcome nobody wants to hear. */
export function unheard(message: Task['message'], deadlineMs: number): Task {
  const noted = () => {};
  return { message, deadlineMs, answered: noted, failed: noted, fell: noted };
}
