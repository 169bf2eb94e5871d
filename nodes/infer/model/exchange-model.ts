import type { LinewatchError } from '../../shared/errors.ts';
import { seededRandom } from '../../shared/random.ts';
import { sampleInputs } from '../host/batch-probe.ts';
import { ask } from '../host/exchange.ts';
import type { Host } from '../host/host.ts';
import type { HostProcess } from '../host/host-process.ts';
import type { HostedModel } from '../host/hosted-model.ts';
import type { LoadedModelInfo, Tensors } from '../host/protocol.ts';
import type { ModelSource } from './model-source.ts';
import { checkSameInterface } from './same-interface.ts';

/**
 * Has another file take the place of a loaded model, after a trial run. It must take and give the same tensors, or name the same task.
 * @throws LinewatchError why not; the model that was there serves on
 */
export async function exchangeModel(host: Host, model: HostedModel, source: ModelSource, path: string): Promise<void> {
  const setup = await source.setup(path);
  await host.swap(model, setup, async (info, process) => {
    if (model.info !== undefined) checkSameInterface(model.info, info, source.keepsTask(setup));
    await warmUp(process, model, info, source.fixed(setup, info));
  });
}

/** On the last inputs that the flow had for the model; before there were any, on made-up ones. */
async function warmUp(process: HostProcess, model: HostedModel, info: LoadedModelInfo, fixed: Tensors): Promise<void> {
  const real = model.lastInputs;
  const inputs = real ?? { ...sampleInputs(info.inputs, 1, seededRandom(1)), ...fixed };
  const isMadeUp = real === undefined && info.inputs.some(({ dims }) => dims.some((dim) => typeof dim === 'string'));
  try {
    await ask(process, { kind: 'warmUp', model: model.number, inputs }, model.options.deadlineMs);
  } catch (thrown) {
    // A size that was made up may be one that the model does not take.
    if (!isMadeUp || (thrown as LinewatchError).code !== 'model-run') throw thrown;
  }
}
