/** One `onnx infer` with its model, Catch node and outputs, in a real Node-RED. */
import { modelHandles } from '../../nodes/infer/model/handles.ts';
import onnxInfer from '../../nodes/infer/onnx-infer.ts';
import onnxModel from '../../nodes/infer/onnx-model.ts';
import { type RunningFlow, startFlow } from '../node-red/flow.ts';

export interface InferFlow extends RunningFlow {
  /** The process in which the model runs. */
  pid(): number | undefined;
}

/**
 * What goes into `infer` leaves at `out`, `dropped` or `caught`.
 * @param folder the only model folder
 * @param path of the model in it
 * @param changes of the fields of the two nodes
 */
export async function startInfer(folder: string, path: string, changes: { model?: object; infer?: object } = {}): Promise<InferFlow> {
  const nodes = [
    { id: 'tab', type: 'tab' },
    { id: 'model', type: 'linewatch-onnx-model', path, backend: 'auto', threads: 1, deadlineMs: 10_000, ...changes.model },
    {
      id: 'infer',
      z: 'tab',
      type: 'linewatch-onnx-infer',
      model: 'model',
      stateKey: 'topic',
      wires: [['out'], ['dropped']],
      ...changes.infer,
    },
    { id: 'out', z: 'tab', type: 'helper' },
    { id: 'dropped', z: 'tab', type: 'helper' },
    { id: 'catch', z: 'tab', type: 'catch', scope: ['infer'], wires: [['caught']] },
    { id: 'caught', z: 'tab', type: 'helper' },
  ];
  const flow = await startFlow([onnxModel, onnxInfer], nodes, { settings: { linewatch: { modelFolders: [folder] } } });
  return { ...flow, pid: () => [...modelHandles()].find(({ id }) => id === 'model')?.pid };
}
