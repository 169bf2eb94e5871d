import assert from 'node:assert/strict';
import { inputsOf } from '../../nodes/infer/input/inputs.ts';
import { float32Tensor, type Tensor, type TensorData, type TensorType, tensorArrays } from '../../nodes/shared/tensor.ts';
import { type InferFlow, startInfer } from './infer-flow.ts';
import { anyRankModel, listModel, zipMapModel } from './map-models.ts';
import { outsideModel } from './model-file/odd-models.ts';
import { echoModel, temporaryFolder } from './models.ts';

/** One value that only this type holds, and one more. */
const samples: Record<TensorType, (number | bigint | string)[]> = {
  float32: [Math.fround(1.1), Number.NaN],
  float64: [1.1, -1e300],
  float16: [0x3c01, 0xfbff],
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint8: [0, 255],
  uint16: [0, 65_535],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0n, 2n ** 64n - 1n],
  bool: [0, 1],
  string: ['', 'Ventil 3 öffnen 阀门'],
};
const types = Object.keys(samples) as TensorType[];

function tensor(type: TensorType, dims: number[], values: readonly unknown[]): Tensor {
  return {
    type,
    dims,
    data:
      type === 'string' ? (values as string[]) : ((tensorArrays[type] as Float32ArrayConstructor).from(values as number[]) as TensorData),
  };
}

describe('onnx infer, with any ordinary model', () => {
  const shapes = { one: [], row: ['n'], table: ['rows', 2] };
  const declared = types.flatMap((type) => Object.entries(shapes).map(([shape, dims]) => [`${type}_${shape}`, { type, dims }] as const));
  const folder = temporaryFolder({
    'types.onnx': echoModel(Object.fromEntries(declared)),
    'outside.onnx': outsideModel({ location: 'outside.onnx.data' }),
    'outside.onnx.data': new Uint8Array(Float32Array.of(2, 3, 4).buffer),
    'zipmap.onnx': zipMapModel(true),
    'mapsOnly.onnx': zipMapModel(false),
    'list.onnx': listModel(),
    'anyRank.onnx': anyRankModel(),
  });
  let flow: InferFlow;
  let stop = async () => {};
  const open = async (path: string, changes: Parameters<typeof startInfer>[2] = {}) => {
    await stop();
    flow = await startInfer(folder.path, path, changes);
    stop = flow.stop;
    return flow;
  };
  const ask = async (payload: unknown, more: object = {}) => {
    flow.send('infer', { payload, ...more });
    return flow.next('out', 10_000);
  };
  const values = ({ payload }: { payload: Tensor }) => Array.from(payload.data as Float32Array);
  afterEach(async () => {
    await stop();
    stop = async () => {};
  });
  after(() => folder.remove());

  for (const backend of ['cpu', 'wasm']) {
    it(`passes every tensor type through, as scalar, row and table (${backend})`, async () => {
      await open('types.onnx', { model: { backend } });
      const payload = Object.fromEntries(
        types.flatMap((type) => [
          [`${type}_one`, tensor(type, [], samples[type].slice(1))],
          [`${type}_row`, tensor(type, [2], samples[type])],
          [`${type}_table`, tensor(type, [2, 2], [...samples[type], ...samples[type]])],
        ]),
      );
      const expected = Object.fromEntries(Object.entries(payload).map(([name, value]) => [`${name}_out`, value]));
      assert.deepEqual((await ask(payload)).payload, expected);
      // No row at all is an ordinary table, too: a filter that let nothing through.
      for (const type of types) {
        payload[`${type}_row`] = tensor(type, [0], []);
        payload[`${type}_table`] = tensor(type, [0, 2], []);
      }
      const { payload: answer } = await ask(payload);
      for (const type of types) {
        assert.deepEqual(answer[`${type}_table_out`], tensor(type, [0, 2], []));
        assert.deepEqual(answer[`${type}_one_out`], payload[`${type}_one`]);
      }
    });
  }

  it('makes tensors of numbers, booleans, texts, lists, nested lists and other typed arrays', async () => {
    await open('types.onnx');
    const number = (type: TensorType): unknown => (type === 'string' ? 'a' : type === 'bool' ? true : 1);
    const friendly = (type: TensorType) => ({
      [`${type}_one`]: number(type),
      [`${type}_row`]: type === 'string' ? ['a', 'a'] : Uint16Array.of(1, 1),
      [`${type}_table`]: [
        [number(type), number(type)],
        [number(type), number(type)],
      ],
    });
    const { payload } = await ask(Object.assign({}, ...types.map(friendly)));
    for (const type of types) {
      const stored = type === 'string' ? 'a' : type === 'float16' ? 0x3c00 : type.endsWith('int64') ? 1n : 1;
      assert.deepEqual(payload[`${type}_one_out`], tensor(type, [], [stored]));
      assert.deepEqual(payload[`${type}_row_out`], tensor(type, [2], [stored, stored]));
      assert.deepEqual(payload[`${type}_table_out`], tensor(type, [2, 2], [stored, stored, stored, stored]));
    }
  });

  it('does not copy a tensor, or a typed array of the declared type, on its way to the host', () => {
    for (const type of types.filter((each) => each !== 'string')) {
      const spec = { name: 'x', type, dims: ['n'] };
      const given = tensor(type, [2], samples[type]);
      assert.equal(inputsOf(given, [spec]).x?.data, given.data);
      if (type !== 'bool' && type !== 'float16') assert.equal(inputsOf(given.data, [spec]).x?.data, given.data);
    }
    const picture = Buffer.alloc(12);
    assert.equal(inputsOf(picture, [{ name: 'x', type: 'uint8', dims: ['n'] }]).x?.data, picture);
  });

  for (const backend of ['cpu', 'wasm']) {
    it(`reads weights from a file beside the model (${backend})`, async () => {
      await open('outside.onnx', { model: { backend } });
      assert.deepEqual(values(await ask([1, 10, 100])), [2, 30, 400]);
    });
  }

  it('takes an input of any number of dimensions where the model names none', async () => {
    await open('anyRank.onnx');
    for (const dims of [[], [2], [1, 2, 3]]) {
      const payload = float32Tensor(dims, new Float32Array(dims.reduce((product, dim) => product * dim, 1)));
      assert.deepEqual((await ask(payload)).payload, payload);
    }
  });

  describe('whose values are not all tensors', () => {
    it('gives the tensors, and says once which output it left out and how to export without it', async () => {
      const { logged } = await open('zipmap.onnx');
      for (let count = 0; count < 3; count++) assert.deepEqual(values(await ask([0.25, 0.5, 0.25])), [0.25, 0.5, 0.25]);
      assert.equal(logged('infer').length, 1);
      assert.match(logged('infer')[0] ?? '', /output_probability.*zipmap=False/);
    });

    for (const [what, path, message] of [
      [
        'a model without an output that is one',
        'mapsOnly.onnx',
        /mapsOnly\.onnx: its only output output_probability is no tensor.*zipmap=False/,
      ],
      ['an input that is none', 'list.onnx', /list\.onnx: its input readings is no tensor/],
    ] as const) {
      for (const backend of ['cpu', 'wasm']) {
        it(`refuses ${what}, by name (${backend})`, async () => {
          const { next, send, status, logged } = await open(path, { model: { backend } });
          assert.match((await next('caught')).error.message, message);
          await status('infer', ({ fill }) => fill === 'red');
          send('infer', { payload: [1, 2, 3] });
          assert.match((await next('caught')).error.message, message);
          assert.equal(logged('infer').length, 1);
        });
      }
    }
  });
});
