import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { isWhole, readOnnxFile } from '../../../nodes/infer/model-file/onnx-file.ts';
import { LinewatchError } from '../../../nodes/shared/errors.ts';
import { OnnxGraph } from '../../../nodes/shared/onnx/graph.ts';
import { ProtoMessage } from '../../../nodes/shared/onnx/protobuf.ts';
import { float32Tensor } from '../../../nodes/shared/tensor.ts';
import { autoencoder, loopModel, scaleModel, temporaryFolder } from '../models.ts';
import { modelOf, nodeOf, outsideModel, outsideTensor } from './odd-models.ts';

const folder = temporaryFolder();
after(() => folder.remove());

const read = (bytes: Uint8Array | string, name = 'model.onnx') => readOnnxFile(folder.write(name, bytes));

/** What reading fails with; undefined where it does not fail. */
async function failure(bytes: Uint8Array | string): Promise<LinewatchError | undefined> {
  return read(bytes).then(
    () => undefined,
    (thrown) => {
      assert.ok(thrown instanceof LinewatchError, String(thrown?.stack));
      return thrown;
    },
  );
}

describe('a model file, read', () => {
  it('tells inputs, outputs, operators, versions and metadata', async () => {
    const graph = new OnnxGraph({
      name: 'mix',
      opset: 15,
      domains: { 'com.microsoft': 1 },
      producer: 'trainer',
      metadata: { names: "{0: 'good'}", stride: '32' },
    });
    const x = graph.input('x', 'float16', ['batch', 3, 0]);
    const count = graph.input('count', 'int64', []);
    const scaled = graph.node('Mul', [x, graph.constant(float32Tensor([], Float32Array.of(2)))]);
    graph.output('y', graph.node('Gelu', [scaled], {}, 'com.microsoft'), 'float64', ['batch', 3]);
    graph.output('n', graph.node('Identity', [graph.node('Identity', [count])]), 'int64', []);
    const bytes = graph.toBytes();
    const { modifiedAt, ...contents } = await read(bytes);
    assert.ok(Math.abs(modifiedAt - Date.now()) < 60_000);
    assert.deepEqual(contents, {
      irVersion: 8,
      producer: 'trainer',
      opsets: { 'ai.onnx': 15, 'com.microsoft': 1 },
      metadata: { names: "{0: 'good'}", stride: '32' },
      graphName: 'mix',
      description: '',
      inputs: [
        { name: 'x', kind: 'tensor', type: 'float16', dims: ['batch', 3, 0] },
        { name: 'count', kind: 'tensor', type: 'int64', dims: [] },
      ],
      outputs: [
        { name: 'y', kind: 'tensor', type: 'float64', dims: ['batch', 3] },
        { name: 'n', kind: 'tensor', type: 'int64', dims: [] },
      ],
      operators: { Mul: 1, 'com.microsoft.Gelu': 1, Identity: 2 },
      externalData: [],
      bytes: bytes.length,
    });
  });

  it('counts the operators of inner graphs', async () => {
    assert.deepEqual((await read(loopModel())).operators, { Reshape: 1, Loop: 1, Add: 1, Identity: 1 });
  });

  it('does not call an input what the file itself gives a value', async () => {
    const tensor = (name: string) => new ProtoMessage().integer(2, 1).text(8, name);
    const graph = new ProtoMessage().text(2, 'g').message(5, tensor('w'));
    graph.message(15, new ProtoMessage().message(1, tensor('s')).message(2, tensor('')));
    for (const name of ['x', 'w', 's']) graph.message(11, new ProtoMessage().text(1, name));
    assert.deepEqual((await read(modelOf(graph))).inputs, [{ name: 'x', kind: 'unknown', type: 'unknown' }]);
  });

  const tensorType = (type: number, shape?: ProtoMessage) => {
    const proto = new ProtoMessage().integer(1, type);
    return new ProtoMessage().message(1, shape === undefined ? proto : proto.message(2, shape));
  };
  const dim = (size: ProtoMessage) => new ProtoMessage().message(1, size);
  for (const [what, type, expected] of [
    ['a tensor of open rank', tensorType(1), { kind: 'tensor', type: 'float32' }],
    ['a type that we have not', tensorType(16), { kind: 'tensor', type: 'bfloat16' }],
    ['a type that nobody has', tensorType(99), { kind: 'tensor', type: 'type 99' }],
    ['a dimension without name', tensorType(7, dim(new ProtoMessage())), { kind: 'tensor', type: 'int64', dims: ['?'] }],
    ['a dimension of -1', tensorType(7, dim(new ProtoMessage().integer(1, -1))), { kind: 'tensor', type: 'int64', dims: ['?'] }],
    [
      "scikit-learn's ZipMap",
      new ProtoMessage().message(
        4,
        new ProtoMessage().message(1, new ProtoMessage().message(5, new ProtoMessage().integer(1, 7).message(2, tensorType(1)))),
      ),
      { kind: 'sequence', type: 'sequence<map<int64, float32>>' },
    ],
    [
      'an optional',
      new ProtoMessage().message(9, new ProtoMessage().message(1, tensorType(8))),
      { kind: 'optional', type: 'optional<string>' },
    ],
    [
      'a sparse tensor',
      new ProtoMessage().message(8, new ProtoMessage().integer(1, 1).message(2, dim(new ProtoMessage().integer(1, 5)))),
      { kind: 'sparse-tensor', type: 'sparse-tensor<float32>', dims: [5] },
    ],
  ] as const) {
    it(`tells ${what}`, async () => {
      const graph = new ProtoMessage().message(12, new ProtoMessage().text(1, 'y').message(2, type));
      assert.deepEqual((await read(modelOf(graph))).outputs, [{ name: 'y', ...expected }]);
    });
  }

  it('finds weights in other files wherever a tensor can stand', async () => {
    const at = (location: string, offset: number) => outsideTensor('', { location, offset, length: 12 });
    const graph = new ProtoMessage().text(2, 'g').message(5, at('a', 0)).message(5, at('a', 100)).message(5, at('a', 50));
    graph.message(1, nodeOf('Constant', new ProtoMessage().text(1, 'value').message(5, at('constant', 0))));
    graph.message(1, nodeOf('Odd', new ProtoMessage().message(10, at('listed', 1))));
    const inner = new ProtoMessage().message(5, at('inner', 2)).message(15, new ProtoMessage().message(1, at('sparse', 3)));
    graph.message(1, nodeOf('If', new ProtoMessage().text(1, 'then_branch').message(6, inner)));
    graph.message(5, new ProtoMessage().text(8, 'not external').message(13, new ProtoMessage().text(1, 'location').text(2, 'unused')));
    assert.deepEqual((await read(modelOf(graph))).externalData, [
      { location: 'a', bytes: 112 },
      { location: 'constant', bytes: 12 },
      { location: 'listed', bytes: 13 },
      { location: 'inner', bytes: 14 },
      { location: 'sparse', bytes: 15 },
    ]);
  });

  it('steps over 1.9 GB of weights', async () => {
    // Sparse: the bytes of the weights are not on the disk. raw_data is the last field of the tensor, the tensor the last of the graph.
    const weights = 1_900_000_000;
    const varint = (value: number) => new ProtoMessage().integer(1, value).toBytes().subarray(1);
    const opsets = new ProtoMessage().message(8, new ProtoMessage().integer(2, 17)).toBytes();
    const tensorHead = Buffer.concat([new ProtoMessage().integer(2, 1).text(8, 'w').toBytes(), Uint8Array.of(0x4a), varint(weights)]);
    const graphHead = Buffer.concat([Uint8Array.of(0x2a), varint(tensorHead.length + weights), tensorHead]);
    const head = Buffer.concat([Uint8Array.of(0x08, 8, 0x3a), varint(graphHead.length + weights), graphHead]);
    const path = folder.write('large.onnx', head);
    truncateSync(path, head.length + weights);
    writeFileSync(path, opsets, { flag: 'a' });
    const before = process.memoryUsage();
    const start = performance.now();
    const { bytes, opsets: found } = await readOnnxFile(path);
    assert.ok(performance.now() - start < 500, `${performance.now() - start} ms`);
    assert.ok(process.memoryUsage().rss - before.rss < 100e6);
    assert.deepEqual([bytes, found], [head.length + weights + opsets.length, { 'ai.onnx': 17 }]);
  });

  it('steps over long lists of numbers at once, as decision trees have', async () => {
    // What comes after the first number makes no sense, and nobody looks at it.
    const attribute = Buffer.concat([new ProtoMessage().text(1, 'nodes_values').float(7, 1).toBytes(), Buffer.alloc(1000)]);
    const node = new ProtoMessage().text(4, 'TreeEnsembleRegressor').bytes(5, attribute);
    assert.deepEqual((await read(modelOf(new ProtoMessage().message(1, node)))).operators, { TreeEnsembleRegressor: 1 });
  });

  it('reads the models of the pack', async () => {
    const { inputs, outputs } = await readOnnxFile('models/pump-autoencoder.onnx');
    assert.deepEqual([inputs.map(({ name }) => name), outputs.map(({ name }) => name)], [['features'], ['reconstruction']]);
  });

  it('reads models of several exporters', async function () {
    const data = process.env.LINEWATCH_DATA;
    if (data === undefined || !existsSync(join(data, 'models'))) return this.skip();
    const files = ['yolox_nano.onnx', 'ultra-light-face-rfb-320.onnx', 'mobilenetv2-random-weights.onnx', 'endless-loop.onnx'];
    const found = await Promise.all(files.map((file) => readOnnxFile(join(data, 'models', file))));
    assert.deepEqual(
      found.map(({ inputs, outputs, operators }) => [inputs[0]?.dims, outputs[0]?.dims, operators.Conv ?? 0]),
      [
        [[1, 3, 416, 416], [1, 3549, 85], 113],
        [[1, 3, 240, 320], [1, 4420, 2], 52],
        [['batch', 3, 224, 224], ['batch', 1000], 52],
        [[1], [1], 0],
      ],
    );
  });
});

describe('a file that is no model', () => {
  const zip = (name: string) => Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(26), Buffer.from(name)]);
  const tar = Buffer.alloc(1024);
  tar.write('model.onnx');
  tar.write('ustar', 257);
  for (const [content, code, message] of [
    ['', 'model-file-empty', 'the file is empty'],
    ['<!DOCTYPE html><html><title>Sign in</title>', 'model-file-pointer', 'got HTML: the download did not bring the file'],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1', 'model-file-pointer', 'got Git LFS pointer'],
    ['<?xml version="1.0"?><net name="openvino"/>', 'model-file-not-onnx', 'got XML'],
    ['{"name":"pump"}', 'model-file-not-onnx', 'got JSON'],
    ['épaisseur;1,5\n'.repeat(200), 'model-file-not-onnx', 'got text'],
    [zip('archive/data.pkl'), 'model-file-not-onnx', 'got PyTorch; export the model to ONNX'],
    [zip('metadata.json'), 'model-file-not-onnx', 'got Keras'],
    [zip('pump.onnx'), 'model-file-packed', 'got a zip archive; unpack it'],
    [Buffer.from([0x1f, 0x8b, 8, 0, 0]), 'model-file-packed', 'got a gzip archive'],
    [tar, 'model-file-packed', 'got a tar archive'],
    [Buffer.from([0x80, 4, 0x95, 1, 2]), 'model-file-not-onnx', 'got Python pickle'],
    [Buffer.from('\x1c\0\0\0TFL3\0\0', 'latin1'), 'model-file-not-onnx', 'got TensorFlow Lite'],
    [Buffer.from('\x30\0\0\0\0\0\0\0{"w":{}}', 'latin1'), 'model-file-not-onnx', 'got safetensors'],
    [Buffer.from('\xff\xd8\xff\xe0\0\x10JFIF', 'latin1'), 'model-file-not-onnx', 'got JPEG'],
    [Buffer.from('\x89HDF\r\n\x1a\n\0', 'latin1'), 'model-file-not-onnx', 'got HDF5'],
    [Buffer.alloc(5000), 'model-file-zeros', 'begins with zeros'],
    // Protocol Buffers too, but of other messages.
    [Buffer.from([0x0a, 3, 1, 2, 3, 0x20, 4]), 'model-file-not-onnx', 'got 0a 03 01 02 03 20 04'],
  ] as const) {
    it(`is called what it is: ${message}`, async () => {
      const error = await failure(content);
      assert.equal(error?.code, code);
      assert.ok(error?.message.includes(message), error?.message);
    });
  }

  it('may be too large', async () => {
    const path = folder.write('huge.onnx', scaleModel(2));
    truncateSync(path, 3_000_000_000);
    const start = performance.now();
    await assert.rejects(readOnnxFile(path), {
      code: 'model-file-too-large',
      message: /at most 2147483647 bytes.* got 3000000000; export it with its weights as external data/,
    });
    assert.ok(performance.now() - start < 500);
  });

  it('may be missing, or a folder', async () => {
    await assert.rejects(readOnnxFile(join(folder.path, 'none.onnx')), { code: 'file-missing' });
    mkdirSync(join(folder.path, 'folder.onnx'));
    await assert.rejects(readOnnxFile(join(folder.path, 'folder.onnx')), { code: 'file-unreadable' });
  });

  it('may nest without end', async () => {
    let graph = new ProtoMessage().text(2, 'innermost');
    for (let depth = 0; depth < 1000; depth++) graph = new ProtoMessage().message(1, nodeOf('If', new ProtoMessage().message(6, graph)));
    assert.match((await failure(modelOf(graph)))?.message ?? '', /nesting: expected at most 100/);
  });
});

describe('a model file that is cut off', () => {
  for (const [name, model] of Object.entries({
    scale: scaleModel(2),
    loop: loopModel(),
    outside: outsideModel({ location: 'w', length: 12 }),
  })) {
    it(`is not whole, wherever it was cut: ${name}`, async () => {
      for (let length = 0; length < model.length; length++) {
        const path = folder.write('cut.onnx', model.subarray(0, length));
        assert.equal(await isWhole(path), false, `${length} of ${model.length} bytes`);
      }
      assert.equal(await isWhole(folder.write('cut.onnx', model)), true);
    });
  }

  it('says how long it should be', async () => {
    const model = autoencoder(64, 8);
    const error = await failure(model.subarray(0, model.length - 100));
    assert.equal(error?.code, 'model-file-truncated');
    // What follows the graph, the operator sets, can not be known.
    assert.match(error?.message ?? '', new RegExp(`expected ${model.length - 6} bytes, it has ${model.length - 100};`));
  });

  it('is not whole either where its room was set aside and its end is still zeros', async () => {
    const model = autoencoder(64, 8);
    for (const written of [model.length >> 1, model.length - 40, model.length - 3]) {
      const error = await failure(Buffer.concat([model.subarray(0, written), Buffer.alloc(model.length - written)]));
      assert.equal(error?.code, 'model-file-damaged', String(written));
    }
  });
});

describe('a damaged model file', () => {
  it('of any bytes is an error of ours, and quickly', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (bytes, beginsWell) => {
        const error = await failure(beginsWell ? Uint8Array.of(8, 8, 0x3a, ...bytes) : bytes);
        return error === undefined || error.code.startsWith('model-file-');
      }),
      { numRuns: 500, interruptAfterTimeLimit: 5000, markInterruptAsFailure: true },
    );
  });

  it('with some bytes changed is read or an error of ours', async () => {
    const models = [loopModel(), outsideModel({ location: 'w' }), readFileSync('models/pump-autoencoder.onnx').subarray(0, 3000)];
    const changes = fc.array(fc.tuple(fc.nat(3000), fc.nat(255)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...models), changes, async (model, changed) => {
        const bytes = Uint8Array.from(model);
        for (const [at, value] of changed) bytes[at % bytes.length] = value;
        const error = await failure(bytes);
        return error === undefined || error.code.startsWith('model-file-');
      }),
      { numRuns: 500, interruptAfterTimeLimit: 5000, markInterruptAsFailure: true },
    );
  });
});
