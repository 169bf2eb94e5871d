/** A flow in which the pack's own model runs ten times a second, for what looks at models from outside. */
export const MODEL_ID = 'model00000000001';

/** What the model takes. */
const FEATURES = 14;

export const modelFlow: object[] = [
  { id: 'tab1', type: 'tab', label: 'models' },
  { id: MODEL_ID, type: 'linewatch-onnx-model', name: 'pump model', path: 'pump-autoencoder.onnx', backend: 'auto', deadlineMs: 10_000 },
  {
    id: 'tick',
    type: 'inject',
    z: 'tab1',
    x: 120,
    y: 80,
    repeat: '0.1',
    once: true,
    onceDelay: 0.1,
    props: [{ p: 'payload' }],
    payload: JSON.stringify([Array(FEATURES).fill(0)]),
    payloadType: 'json',
    wires: [['infer']],
  },
  { id: 'infer', type: 'linewatch-onnx-infer', z: 'tab1', x: 480, y: 80, name: 'infer', model: MODEL_ID, queueLimit: 10, wires: [[], []] },
];
