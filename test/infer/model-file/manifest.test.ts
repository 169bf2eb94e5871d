import assert from 'node:assert/strict';
import { join } from 'node:path';
import { parseManifest, readManifest } from '../../../nodes/infer/model-file/manifest.ts';
import type { LinewatchError } from '../../../nodes/shared/errors.ts';
import { temporaryFolder } from '../models.ts';

describe('model manifest', () => {
  const folder = temporaryFolder({ 'pump.json': '{ "name": "pump" }', 'broken.json': '{ "name": ' });
  after(() => folder.remove());

  it('is the JSON file beside the model', async () => {
    assert.deepEqual(await readManifest(join(folder.path, 'pump.onnx')), { name: 'pump' });
  });

  it('may be missing', async () => {
    assert.equal(await readManifest(join(folder.path, 'none.onnx')), undefined);
  });

  it('may begin with a byte order mark', async () => {
    folder.write('marked.json', '\uFEFF{ "name": "pump" }');
    assert.deepEqual(await readManifest(join(folder.path, 'marked.onnx')), { name: 'pump' });
  });

  it('has at most 4 MB', async () => {
    folder.write('large.json', ' '.repeat(2 ** 22 + 1));
    await assert.rejects(readManifest(join(folder.path, 'large.onnx')), /large\.json: file: expected at most 4194304 bytes, got 4194305/);
  });

  it('must be JSON', async () => {
    await assert.rejects(readManifest(join(folder.path, 'broken.onnx')), /manifest .*broken\.json: file: expected JSON, got/);
  });

  it('keeps what nodes use, with a unit of none, raw values and a scale of 1 where nothing is said', () => {
    const manifest = parseManifest(
      {
        name: 'pump',
        version: '1.0.0',
        task: 'reconstruction',
        inputs: [
          { name: 'x', columns: [{ tag: 'flow', feature: 'mean', unit: 'm³/h', scale: 0.5, floor: 0.1 }, { tag: 'speed' }] },
          { name: 'state' },
        ],
        healthy: { quantiles: [0.5, 0.99], errors: [0.9, 1.8], lasting: { over: 30, errors: [0.9, 1.1] } },
        sha256: 'A'.repeat(64),
        window: { size: 20 },
      },
      'pump.json',
    );
    assert.deepEqual(manifest, {
      name: 'pump',
      version: '1.0.0',
      task: 'reconstruction',
      inputs: [
        {
          name: 'x',
          columns: [
            { tag: 'flow', feature: 'mean', unit: 'm³/h', scale: 0.5, floor: 0.1 },
            { tag: 'speed', feature: 'raw', unit: '', scale: 1 },
          ],
        },
        { name: 'state' },
      ],
      healthy: { quantiles: [0.5, 0.99], errors: [0.9, 1.8], lasting: { over: 30, errors: [0.9, 1.1] } },
      sha256: 'A'.repeat(64),
    });
  });

  for (const [content, expected] of [
    [{ batching: true }, { batching: true }],
    [{ batching: false }, { batching: false }],
    [{ batching: { max: 16 } }, { batching: { max: 16 } }],
    [{ batching: { rowsIndependent: true } }, { batching: true }],
    [{ batching: { rowsIndependent: true, max: 4 } }, { batching: { max: 4 } }],
    [{ batching: { rowsIndependent: false, max: 4 } }, { batching: false }],
    [{ threshold: 0.25 }, { threshold: 0.25 }],
    [{ activation: 'sigmoid' }, { activation: 'sigmoid' }],
    [{ inputs: [{ name: 'h', state: 'hn' }] }, { inputs: [{ name: 'h', state: 'hn' }] }],
    [{ inputs: [{ name: 'sr', value: 16000 }] }, { inputs: [{ name: 'sr', value: 16000 }] }],
    [{ inputs: [{ name: 'sizes', value: [1, 2] }] }, { inputs: [{ name: 'sizes', value: [1, 2] }] }],
    [{ inputs: [{ name: 'train', value: false }] }, { inputs: [{ name: 'train', value: false }] }],
    [{ inputs: [{ name: 'language', value: '' }] }, { inputs: [{ name: 'language', value: '' }] }],
  ] as const) {
    it(`takes ${JSON.stringify(content)}`, () => {
      assert.deepEqual(parseManifest(content, 'pump.json'), expected);
    });
  }

  for (const [content, message] of [
    [{ batching: 'yes' }, 'batching: expected true, false or { max }, got "yes"'],
    [{ batching: { max: 0 } }, 'batching.max: expected a whole number from 1 on, got 0'],
    [{ batching: { rowsIndependent: 1 } }, 'batching.rowsIndependent: expected true or false, got 1'],
    [{ threshold: '0.5' }, 'threshold: expected a number, got "0.5"'],
    [{ activation: 'relu' }, 'activation: expected one of softmax, sigmoid, none, got "relu"'],
    [{ inputs: [{ name: 'h', state: 5 }] }, 'inputs[0].state: expected a text, got 5'],
    [{ inputs: [{ name: 'h', value: {} }] }, 'inputs[0].value: expected a number, numbers, true, false or a text, got an empty object'],
    [{ inputs: [{ name: 'h', value: null }] }, 'inputs[0].value: expected a number, numbers, true, false or a text, got null'],
    [{ inputs: [{ name: 'h', value: ['a'] }] }, 'inputs[0].value: expected a number, numbers, true, false or a text, got an array of 1'],
    [{ inputs: [{ name: 'h', state: 'hn', value: 0 }] }, 'inputs[0].value: expected nothing, as there is a state, got 0'],
    [[], 'file: expected an object, got an array of 0'],
    [{ name: 5 }, 'name: expected a text, got 5'],
    [{ inputs: {} }, 'inputs: expected a list, got an empty object'],
    [{ inputs: [{}] }, 'inputs[0].name: expected a text, got nothing'],
    [{ inputs: [{ name: 'x', columns: [{ tag: 'a' }, { feature: 'mean' }] }] }, 'inputs[0].columns[1].tag: expected a text, got nothing'],
    [{ inputs: [{ name: 'x', columns: [{ tag: 'a', scale: 0 }] }] }, 'inputs[0].columns[0].scale: expected a number above 0, got 0'],
    [{ inputs: [{ name: 'x', columns: [{ tag: 'a', scale: '1' }] }] }, 'inputs[0].columns[0].scale: expected numbers, got "1"'],
    [{ labels: ['a', 1] }, 'labels: expected a list of texts, got an array of 2'],
    [{ healthy: { quantiles: [0.5] } }, 'healthy.errors: expected numbers, got nothing'],
    [{ healthy: { quantiles: [0.9, 0.5], errors: [1, 2] } }, 'healthy.quantiles: expected rising numbers between 0 and 1, got 0.9, 0.5'],
    [{ healthy: { quantiles: [0.5, 0.9], errors: [1] } }, 'healthy.errors: expected 2 rising numbers, one for each quantile, got 1'],
    [
      { healthy: { quantiles: [0.5], errors: [1], lasting: { over: 1.5, errors: [1] } } },
      'healthy.lasting.over: expected a whole number from 2 to 10000, got 1.5',
    ],
    [{ inputs: [{ name: 'x', columns: [{ tag: 'a', given: 1 }] }] }, 'inputs[0].columns[0].given: expected true or false, got 1'],
    [{ inputs: [{ name: 'x', columns: [{ tag: 'a', floor: -1 }] }] }, 'inputs[0].columns[0].floor: expected a number above 0, got -1'],
    [{ sha256: 'abc' }, 'sha256: expected 64 hexadecimal digits, got abc'],
    [{ inputs: [{ name: 'x', image: 'yolo' }] }, 'inputs[0].image: expected an object, got "yolo"'],
    [{ inputs: [{ name: 'x', image: { width: -1 } }] }, 'inputs[0].image.width: expected a whole number from 0 to 8192, got -1'],
    [{ inputs: [{ name: 'x', image: {}, keep: 'yes' }] }, 'inputs[0].keep: expected true or false, got "yes"'],
    [{ inputs: [{ name: 'x', keep: true }] }, 'inputs[0].image: expected how the picture that is kept becomes the input, got nothing'],
    [{ objects: { layout: 'yolo' } }, /^objects\.layout: expected one of .*yolov8.*, got "yolo"$/],
    [{ objects: [] }, 'objects: expected an object, got an array of 0'],
  ] as const) {
    it(`refuses ${JSON.stringify(content)}`, () => {
      assert.throws(
        () => parseManifest(content, 'pump.json'),
        (thrown: LinewatchError) => {
          const text = thrown.message.replace('manifest pump.json: ', '');
          if (typeof message === 'string') assert.equal(text, message);
          else assert.match(text, message);
          return thrown.code === 'model-manifest';
        },
      );
    });
  }

  it('keeps how a detector is laid out, as interpret reads it', () => {
    const objects = { layout: 'yolov8', iouThreshold: 0.5, colour: 'red' };
    assert.deepEqual(parseManifest({ task: 'objects', objects }, 'pump.json'), {
      task: 'objects',
      objects: { layout: 'yolov8', iouThreshold: 0.5 },
    });
  });

  describe('that says how a picture is prepared', () => {
    const imageOf = (image: object, type: string, dims?: (number | string)[]) =>
      parseManifest({ inputs: [{ name: 'x', image }] }, 'pump.json', [{ name: 'x', kind: 'tensor', type, ...(dims ? { dims } : {}) }])
        .inputs?.[0]?.image;

    it('has size, layout and channels from the model where it says nothing of them', () => {
      const { width, height, layout, colour } = imageOf({}, 'float32', [1, 1, 48, 320]) ?? {};
      assert.deepEqual([width, height, layout, colour], [320, 48, 'nchw', 'grey']);
      assert.equal(imageOf({ preset: 'imagenet' }, 'float32', [1, 256, 256, 3])?.width, 256);
      assert.equal(imageOf({ preset: 'imagenet' }, 'float32', [1, 256, 256, 3])?.layout, 'nhwc');
    });

    it("has the preset's size where the model takes any", () => {
      assert.equal(imageOf({ preset: 'imagenet' }, 'float32', ['n', 3, 'h', 'w'])?.width, 224);
    });

    it('leaves the bytes as they are for a model that takes bytes', () => {
      const image = imageOf({ preset: 'imagenet' }, 'uint8', [1, 224, 224, 3]);
      assert.deepEqual([image?.type, image?.scale, image?.mean, image?.deviation], ['uint8', 1, [0, 0, 0], [1, 1, 1]]);
    });

    for (const [image, type, dims, message] of [
      [
        { width: 416 },
        'float32',
        [1, 3, 640, 640],
        'what makes float32 [1, 3, 640, 640], as the model takes it, got float32 [n, 3, 640, 416]',
      ],
      [
        { colour: 'grey' },
        'float32',
        [1, 3, 64, 64],
        'what makes float32 [1, 3, 64, 64], as the model takes it, got float32 [n, 1, 64, 64]',
      ],
      [{ type: 'uint8' }, 'float32', [1, 3, 64, 64], 'what makes float32 [1, 3, 64, 64], as the model takes it, got uint8 [n, 3, 64, 64]'],
      [{}, 'float32', [1, 14], 'what makes float32 [1, 14], as the model takes it, got float32 [n, 3, ?, ?]'],
    ] as const) {
      it(`is refused where it prepares another input than the model has: ${JSON.stringify(image)}`, () => {
        assert.throws(() => imageOf(image, type, [...dims]), { message: `manifest pump.json: inputs[0].image: expected ${message}` });
      });
    }
  });
});
