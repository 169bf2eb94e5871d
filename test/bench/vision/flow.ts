/** Pictures through Node-RED: source → (image →) onnx infer → interpret → sink. */
import type { End, RunningLine } from '../gateway/node-red.ts';
import { registerNode, startFlow } from '../gateway/node-red.ts';

export interface PictureFlow {
  /** Of the model's node. */
  model: { path: string; [field: string]: unknown };
  /** An `image` node of these fields before the model; without it the model's process prepares the pictures. */
  image?: Record<string, unknown>;
}

/** Once in a process. What goes in by `send` comes to `onEnd` once. */
export async function startPictureFlow(userDir: string, { model, image }: PictureFlow): Promise<RunningLine> {
  const z = 'tab';
  const errors = ['image', 'infer', 'interpret'];
  const flow = [
    { id: z, type: 'tab', label: 'bench' },
    { id: 'model', type: 'linewatch-onnx-model', backend: 'auto', threads: 0, deadlineMs: 10_000, ...model },
    { id: 'source', z, type: 'bench-source', wires: [[image === undefined ? 'infer' : 'image']] },
    ...(image === undefined
      ? []
      : [{ id: 'image', z, type: 'linewatch-image', queueLimit: 100, model: '', ...image, wires: [['infer'], ['dropped']] }]),
    { id: 'infer', z, type: 'linewatch-onnx-infer', model: 'model', queueLimit: 100, wires: [['interpret'], ['dropped']] },
    { id: 'interpret', z, type: 'linewatch-interpret', model: 'model', task: 'auto', activation: 'auto', topK: 5, wires: [['answer']] },
    { id: 'answer', z, type: 'bench-sink', kind: 'answer', wires: [] },
    { id: 'dropped', z, type: 'bench-sink', kind: 'dropped', wires: [] },
    { id: 'error', z, type: 'bench-sink', kind: 'error', wires: [] },
    { id: 'catch', z, type: 'catch', scope: errors.filter((id) => id !== 'image' || image !== undefined), wires: [['error']] },
  ];
  const line: RunningLine = { send: () => {}, onEnd: () => {} };
  // What has a place is a node; without one it would be a config node, and depend on all whose ids it has among its properties.
  const placed = flow.map((node) => ('wires' in node ? { x: 0, y: 0, ...node } : node));
  await startFlow(userDir, placed, () => {
    registerNode('bench-source', (node) => {
      line.send = (message) => node.send(message);
    });
    registerNode('bench-sink', (node, { kind }: { kind: End['kind'] }) => {
      node.on('input', (message: object) => line.onEnd({ kind, message }));
    });
  });
  return line;
}
