import assert from 'node:assert/strict';
import interpret from '../../../nodes/infer/interpret.ts';
import onnxInfer from '../../../nodes/infer/onnx-infer.ts';
import onnxModel from '../../../nodes/infer/onnx-model.ts';
import type { TrainingRequest } from '../../../nodes/score/learn/contract.ts';
import type { ReconstructionResult } from '../../../nodes/shared/messages.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';
import { temporaryFolder } from '../../infer/models.ts';
import { type RunningFlow, startFlow } from '../../node-red/flow.ts';
import { type Change, columns, learned, machineRows, off, requestFor } from './machine.ts';

const half: Change = (row, index) => {
  if (index % 100 >= 50) off(2, -60)(row, index);
};
const requests: Record<string, TrainingRequest> = {
  pca: requestFor(machineRows(600)),
  autoencoder: requestFor(machineRows(600), { method: 'autoencoder' }),
  forest: requestFor(machineRows(600), { method: 'isolation-forest' }),
  predict: requestFor(machineRows(600), { task: 'predict', target: 'pressure' }),
  classes: requestFor(machineRows(400, { change: half }), {
    task: 'classes',
    labels: Array.from({ length: 400 }, (_, index) => (index % 100 < 50 ? 'normal' : 'blocked')),
  }),
};

describe('a learned model in a flow', () => {
  const files = Object.entries(requests).flatMap(([name, request]) => {
    const { onnx, manifest } = learned(request);
    return [
      [`${name}.onnx`, onnx],
      [`${name}.json`, JSON.stringify(manifest)],
    ] as const;
  });
  const folder = temporaryFolder(Object.fromEntries(files));
  let flow: RunningFlow | undefined;
  afterEach(async () => {
    await flow?.stop();
    flow = undefined;
  });
  after(() => folder.remove());

  for (const name of Object.keys(requests)) {
    it(`${name}: onnx infer and interpret set themselves up by its manifest`, async () => {
      const running = await startFlow(
        [onnxModel, onnxInfer, interpret],
        [
          { id: 'tab', type: 'tab' },
          { id: 'model', type: 'linewatch-onnx-model', path: `${name}.onnx` },
          { id: 'infer', z: 'tab', type: 'linewatch-onnx-infer', model: 'model', wires: [['interpret'], []] },
          { id: 'interpret', z: 'tab', type: 'linewatch-interpret', model: 'model', wires: [['out']] },
          { id: 'out', z: 'tab', type: 'helper' },
        ],
        { settings: { linewatch: { modelFolders: [folder.path] } } },
      );
      flow = running;
      const ask = async (change?: Change) => {
        const row = machineRows(1, { seed: 77, ...(change === undefined ? {} : { change }) });
        running.send('infer', { payload: float32Tensor([1, columns.length], row), window: { columns } });
        return (await running.next('out', 10_000)).payload;
      };
      if (name === 'classes') {
        assert.equal(((await ask()) as { label: string }).label, 'normal');
        assert.equal(((await ask(off(2, -60))) as { label: string }).label, 'blocked');
        assert.equal(((await ask(off(4, 90))) as { label: string }).label, 'unknown');
      } else {
        const [calm, broken] = [(await ask()) as ReconstructionResult, (await ask(off(3, 8))) as ReconstructionResult];
        const limit = calm.healthy?.errors.at(-1) as number;
        // With so few windows the table ends at the error of 90 %: one healthy window in ten is above.
        assert.ok(calm.error < 1.5 * limit, `${calm.error} of a healthy window, limit ${limit}`);
        assert.ok(broken.error > 2 * limit, `${broken.error} of a broken one, limit ${limit}`);
        assert.equal(Object.entries(broken.byColumn).sort((a, b) => b[1] - a[1])[0]?.[0], 'pressure');
      }
    });
  }
});
