import assert from 'node:assert/strict';
import { FEATURES, recordWindows, TAGS } from '../../../models/training/pump-windows.ts';
import { interpretClasses } from '../../../nodes/infer/interpret/classify.ts';
import { interpretReconstruction } from '../../../nodes/infer/interpret/reconstruction.ts';
import { type Manifest, parseManifest } from '../../../nodes/infer/model-file/manifest.ts';
import type { Layer } from '../../../nodes/score/learn/arithmetic/network.ts';
import { layersInGraph, runLayers } from '../../../nodes/score/learn/arithmetic/network.ts';
import { trainAutoencoder } from '../../../nodes/score/learn/methods/autoencoder.ts';
import {
  autoencoderCandidate,
  type Candidate,
  forestCandidate,
  type Material,
  pcaCandidate,
} from '../../../nodes/score/learn/methods/candidate.ts';
import { measureScaling } from '../../../nodes/score/learn/methods/scaling.ts';
import { graphDims, windowShape } from '../../../nodes/score/learn/methods/shape.ts';
import { OnnxGraph, type OnnxValue } from '../../../nodes/shared/onnx/graph.ts';
import { normal, seededRandom } from '../../../nodes/shared/random.ts';
import { float32Tensor, type Tensor } from '../../../nodes/shared/tensor.ts';
import { type Change, columns, is, learned, machineRows, off, requestFor, running } from './machine.ts';

const width = columns.length;
const rowsOf = (rows: Float32Array, size: number) =>
  Array.from({ length: rows.length / size }, (_, i) => rows.slice(i * size, (i + 1) * size));

/** Healthy windows, and some with a value far off. */
const tried = machineRows(40, {
  seed: 99,
  change: (row, index) => {
    const column = index % width;
    if (index % 3 === 0) row[column] = (row[column] as number) * (index % 2 === 0 ? 1.3 : 0.2);
  },
});

function material(inputDims: number[]): Material {
  const named = inputDims.length === 3 ? columns.map((column) => ({ ...column, feature: 'raw' })) : columns;
  const shape = windowShape(inputDims, named);
  const training = machineRows(240 * shape.samples);
  return {
    shape,
    scaling: measureScaling(training, shape),
    training,
    stopping: machineRows(60 * shape.samples, { seed: 2 }),
    random: seededRandom(3),
  };
}

const methods: Record<string, (material: Material) => Candidate> = {
  pca: pcaCandidate,
  autoencoder: (given) => autoencoderCandidate(given, () => {}),
  'isolation forest': forestCandidate,
};

describe('a learned model in a real ONNX Runtime', () => {
  for (const backend of ['cpu', 'wasm'] as const) {
    it(`${backend}: layers, made up or trained, give what their own forward pass gives, to 1e-5`, async () => {
      const random = seededRandom(5);
      const layer = (inputs: number, outputs: number, activation: Layer['activation']): Layer => ({
        inputs,
        outputs,
        weights: Float64Array.from({ length: inputs * outputs }, () => Math.fround(normal(random) / Math.sqrt(inputs))),
        bias: Float64Array.from({ length: outputs }, () => Math.fround(normal(random))),
        activation,
      });
      const range = { low: new Float64Array(7).fill(-0.5), high: new Float64Array(7).fill(0.75) };
      const made = [layer(64, 33, 'tanh'), layer(33, 7, range), layer(7, 64, 'linear')];
      const rows = Float32Array.from(
        { length: 200 * 64 },
        (_, at) => Math.sin(Math.floor(at / 64) * (1 + (at % 5))) + 0.1 * normal(random),
      );
      const values = Float64Array.from(rows);
      const { layers: trained } = trainAutoencoder(values, values.slice(-20 * 64), 64, { code: 5, random });
      for (const layers of [made, trained]) {
        const graph = new OnnxGraph({ name: 'layers' });
        graph.output('y', layersInGraph(graph, graph.input('window', 'float32', ['batch', 64]), layers), 'float32', ['batch', 64]);
        const model = await running(graph.toBytes(), backend);
        const { y } = await model.run([200, 64], rows);
        for (const [at, value] of runLayers(layers, values).entries()) {
          assert.ok(Math.abs(value - ((y as Tensor).data[at] as number)) < 1e-5, `value ${at}`);
        }
        await model.close();
      }
    });

    for (const [name, learn] of Object.entries(methods)) {
      for (const inputDims of [
        [1, width],
        [1, 4, width],
      ]) {
        it(`${backend}: ${name} on [${inputDims}] is as far off by interpret as by its own pass`, async () => {
          const given = material(inputDims);
          const candidate = learn(given);
          const { shape } = given;
          const dims = graphDims(shape);
          const graph = new OnnxGraph({ name: 'candidate', domains: { 'ai.onnx.ml': 3 } });
          const outputs = candidate.addTo(graph, graph.input('window', 'float32', dims));
          graph.output('reconstruction', outputs.reconstruction, 'float32', dims);
          if (outputs.errors !== undefined) graph.output('errors', outputs.errors, 'float32', ['batch', width]);
          const model = await running(graph.toBytes(), backend);
          const own = candidate.errors(tried);
          for (const [index, row] of rowsOf(tried, shape.width).entries()) {
            const { reconstruction, errors } = await model.run(inputDims, row);
            const trained = given.scaling.map(({ floor }, column) => ({
              scale: candidate.scales[column] as number,
              ...(floor === undefined ? {} : { floor }),
            }));
            const result = interpretReconstruction(float32Tensor(inputDims, row), reconstruction as Tensor, shape.columns, {
              trained,
              errors,
            });
            const expected = own[index] as number;
            assert.ok(
              Math.abs(result.error - expected) < 2e-3 * Math.max(1, expected),
              `window ${index}: ${result.error}, own ${expected}`,
            );
          }
          await model.close();
        });
      }
    }

    it(`${backend}: several windows share a run of each model and get their own answers`, async () => {
      for (const learn of Object.values(methods)) {
        const given = material([1, width]);
        const graph = new OnnxGraph({ name: 'batch', domains: { 'ai.onnx.ml': 3 } });
        const { reconstruction, errors } = learn(given).addTo(graph, graph.input('window', 'float32', graphDims(given.shape)));
        graph.output('reconstruction', reconstruction, 'float32', ['batch', width]);
        graph.output('errors', errors as OnnxValue, 'float32', ['batch', width]);
        const model = await running(graph.toBytes(), backend);
        const together = await model.run([8, width], tried.slice(0, 8 * width));
        for (const [index, row] of rowsOf(tried.slice(0, 8 * width), width).entries()) {
          const alone = await model.run([1, width], row);
          const total = Math.hypot(...((alone.errors as Tensor).data as Float32Array));
          for (const [output, least] of [
            ['reconstruction', 1e-4],
            // Differences of squares: half of float32's digits.
            ['errors', 1e-3 * total],
          ] as const) {
            for (let column = 0; column < width; column++) {
              const at = (tensor: Tensor | undefined, place: number) => (tensor as Tensor).data[place] as number;
              const difference = Math.abs(at(alone[output], column) - at(together[output], index * width + column));
              assert.ok(difference <= least, `${output} of window ${index}, column ${column}: ${difference}`);
            }
          }
        }
        await model.close();
      }
    });
  }

  for (const method of ['pca', 'autoencoder', 'isolation-forest'] as const) {
    it(`${method}: what does not fit together is far off, and blamed on its tag`, async () => {
      const { onnx, manifest } = learned(requestFor(machineRows(900), { method }));
      const parsed = parseManifest(manifest, 'machine.json') as Manifest;
      const model = await running(onnx, 'cpu');
      const resultOf = async (row: Float32Array) => {
        const input = float32Tensor([1, width], row);
        const { reconstruction, errors } = await model.run([1, width], row);
        return interpretReconstruction(input, reconstruction as Tensor, columns, {
          trained: parsed.inputs?.[0]?.columns ?? [],
          healthy: parsed.healthy,
          errors,
        });
      };
      const limit = parsed.healthy?.errors.at(-1) as number;
      const healthy = rowsOf(machineRows(200, { seed: 31 }), width);
      const calm = await Promise.all(healthy.map(resultOf));
      assert.ok(calm.filter(({ error }) => error > limit).length <= 10, 'at most one of twenty healthy windows is beyond the 99 % error');
      const broken = machineRows(40, { seed: 32, change: off(3, 6) });
      const found = await Promise.all(rowsOf(broken, width).map(resultOf));
      assert.ok(found.filter(({ error }) => error > limit).length >= 36, 'nine of ten broken windows are beyond it');
      const blamed = found.filter(({ byColumn }) => Object.entries(byColumn).sort((a, b) => b[1] - a[1])[0]?.[0] === 'pressure');
      assert.ok(blamed.length >= 36, `${blamed.length} of 40 blame the pressure`);
      await model.close();
    });
  }

  it('names the tag that is off, also where its plain error is smaller than that of tags which the model was misled about', async () => {
    const recorded = recordWindows({ seed: 51, hours: 1.5, hop: 4 });
    const pump = TAGS.flatMap((tag) => FEATURES.map((feature) => ({ tag, feature, unit: '' })));
    const inputDims = [1, pump.length];
    const [learnedFrom, after] = [recorded.filter(({ end }) => end <= 3600), recorded.filter(({ end }) => end > 3600)];
    const rows = Float32Array.from(learnedFrom.flatMap(({ features }) => [...features]));
    const { onnx, manifest } = learned(requestFor(rows, { columns: pump, inputDims, windowMs: 0 }));
    const trained = parseManifest(manifest, 'pump.json').inputs?.[0]?.columns ?? [];
    const scaling = measureScaling(rows, windowShape(inputDims, pump));
    const model = await running(onnx, 'cpu');
    let [tried, named, namedByPlainErrors] = [0, 0, 0];
    for (const { features } of after.filter((_, index) => index % 15 === 0)) {
      for (const [index, tag] of TAGS.entries()) {
        const row = features.slice();
        const mean = FEATURES.length * index;
        row[mean] = (row[mean] as number) + 6 * (scaling[mean] as { deviation: number }).deviation;
        const { reconstruction, errors } = await model.run(inputDims, row);
        const most = (own?: Tensor) => {
          const { byColumn } = interpretReconstruction(float32Tensor(inputDims, row), reconstruction as Tensor, pump, {
            trained,
            errors: own,
          });
          return Object.entries(byColumn).sort((a, b) => b[1] - a[1])[0]?.[0];
        };
        tried++;
        if (most(errors) === tag) named++;
        if (most() === tag) namedByPlainErrors++;
      }
    }
    assert.ok(
      named > 0.85 * tried && named > namedByPlainErrors + 0.15 * tried,
      `${named} of ${tried}, by plain errors ${namedByPlainErrors}`,
    );
    await model.close();
  });

  it('a predicted tag is compared with what the others say, and alone makes the error', async () => {
    const { onnx, manifest, report } = learned(requestFor(machineRows(900), { task: 'predict', target: 'flow' }));
    assert.ok((report.explained as number) > 0.98, `explains ${report.explained}`);
    const parsed = parseManifest(manifest, 'machine.json');
    const model = await running(onnx, 'cpu');
    const resultOf = async (row: Float32Array) => {
      const { reconstruction } = await model.run([1, width], row);
      return interpretReconstruction(float32Tensor([1, width], row), reconstruction as Tensor, columns, {
        trained: parsed.inputs?.[0]?.columns ?? [],
        healthy: parsed.healthy,
      });
    };
    const [row] = rowsOf(machineRows(1, { seed: 40 }), width) as [Float32Array];
    const calm = await resultOf(row);
    assert.deepEqual(
      calm.columns.map(({ tag }) => tag),
      ['flow'],
    );
    assert.deepEqual(calm.byColumn, { flow: 1 });
    assert.ok(calm.error < 4);
    const less = row.slice();
    less[2] = (row[2] as number) - 20;
    const strange = await resultOf(less);
    assert.ok(strange.error > 10 * calm.error && strange.error > (parsed.healthy?.errors.at(-1) as number));
    assert.ok(
      Math.abs((strange.columns[0]?.expected as number) - (calm.columns[0]?.expected as number)) < 1e-3,
      'the target is no part of its prediction',
    );
    await model.close();
  });

  it('taught labels are told apart, and what is like none of them is unknown', async () => {
    const kinds = ['blocked', 'leak', 'normal'] as const;
    const kindOf = (index: number) => kinds[Math.floor(index / 60) % 3] as (typeof kinds)[number];
    const taught: Record<string, Change> = {
      blocked: off(2, -60),
      leak: off(3, -3),
      normal: () => {},
    };
    const change: Change = (row, index) => taught[kindOf(index)]?.(row, index);
    const labels = Array.from({ length: 360 }, (_, index) => kindOf(index));
    const { onnx, manifest, report } = learned(requestFor(machineRows(360, { change }), { task: 'classes', labels }));
    assert.deepEqual(report.classes?.labels, [...kinds]);
    assert.ok((report.classes?.accuracy as number) > 0.95, `accuracy ${report.classes?.accuracy}`);
    const parsed = parseManifest(manifest, 'machine.json');
    for (const backend of ['cpu', 'wasm'] as const) {
      const model = await running(onnx, backend);
      const labelOf = async (row: Float32Array) => {
        const { probabilities } = await model.run([1, width], row);
        const sum = Array.from((probabilities as Tensor).data as Float32Array).reduce((total, value) => total + value, 0);
        assert.ok(Math.abs(sum - 1) < 1e-5);
        return interpretClasses(probabilities as Tensor, { activation: parsed.activation ?? 'auto', topK: 3, labels: parsed.labels ?? [] })
          .label;
      };
      const fresh = rowsOf(machineRows(180, { seed: 50, change }), width);
      const given = await Promise.all(fresh.map(labelOf));
      const right = given.filter((label, index) => label === kindOf(index)).length;
      assert.ok(right >= 165, `${right} of 180`);
      const strange = rowsOf(machineRows(30, { seed: 51, change: is(4, 140) }), width);
      assert.deepEqual([...new Set(await Promise.all(strange.map(labelOf)))], ['unknown']);
      await model.close();
    }
  });

  it('labels can be taught on an embedding, whose numbers have no names', () => {
    const labels = Array.from({ length: 120 }, (_, index) => (index % 40 < 20 ? 'a' : 'b'));
    const rows = machineRows(120, { change: is(0, (index) => (index % 40 < 20 ? 0 : 50)) });
    const { manifest, report } = learned(requestFor(rows, { task: 'classes', labels, columns: [], windowMs: 0 }));
    assert.ok((report.classes?.accuracy as number) > 0.9);
    assert.deepEqual(manifest.inputs, [{ name: 'window' }]);
  });
});
