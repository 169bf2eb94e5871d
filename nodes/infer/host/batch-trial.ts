import type { BatchPolicy } from './batch-policy.ts';
import { rowsAreIndependent } from './batch-probe.ts';
import { ask } from './exchange.ts';
import type { HostProcess } from './host-process.ts';
import type { HostedModel } from './hosted-model.ts';
import type { Answer, LoadedModelInfo, Tensors } from './protocol.ts';

/** Tries in a model's process whether its rows are independent: between the messages of the flow, on made-up inputs. */
export async function tryBatches(process: HostProcess, model: HostedModel, info: LoadedModelInfo, batches: BatchPolicy): Promise<void> {
  const { deadlineMs } = model.options;
  const run = async (inputs: Tensors) => (await ask(process, { kind: 'run', model: model.number, inputs }, deadlineMs, true)) as Answer;
  const found = await rowsAreIndependent({ inputs: info.inputs, outputs: info.outputs, run }, deadlineMs);
  batches.rowsAreIndependent ??= found;
}
