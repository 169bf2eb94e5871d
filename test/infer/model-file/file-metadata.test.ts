import assert from 'node:assert/strict';
import { metadataImage, metadataManifest, parseNames } from '../../../nodes/infer/model-file/file-metadata.ts';

describe('metadata of a model file', () => {
  for (const [text, names] of [
    ["{0: 'person', 1: 'bicycle'}", ['person', 'bicycle']],
    ["{1: 'b', 0: 'a'}", ['a', 'b']],
    [`{0: "driver's seat", 1: 'a "b"', 2: 'it\\'s, {x: 1}'}`, ["driver's seat", 'a "b"', "it's, {x: 1}"]],
    [
      "{0: 'caf\\xe9', 1: '\\u7f3a\\u9677', 2: '\\U0001F600', 3: 'C:\\\\n', 4: 'a\\nb', 5: '缺陷'}",
      ['café', '缺陷', '😀', 'C:\\n', 'a\nb', '缺陷'],
    ],
    ["{0: '', }", ['']],
    ['[\'good\', "bad"]', ['good', 'bad']],
    ['{"0": "a", "1": "b"}', ['a', 'b']],
    ['["a","b"]', ['a', 'b']],
    [" {\n 0 : 'a' ,\n 1 : 'b'\n} ", ['a', 'b']],
    ['{}', undefined],
    ['[]', undefined],
    ['', undefined],
    ['good, bad', undefined],
    ["{0: 'a'", undefined],
    ["{0: 'a' 1: 'b'}", undefined],
    ["{0: 'a}", undefined],
    ["{0: __import__('os').system('x')}", undefined],
    ["{99999999999: 'a'}", undefined],
    ["{'__proto__': 'a'}", undefined],
  ] as const) {
    it(`gives the classes ${JSON.stringify(names)} from ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parseNames(text), names);
    });
  }

  it('is read quickly, whatever it is', () => {
    const start = performance.now();
    for (const text of [
      `{0: '${'\\'.repeat(1_000_000)}`,
      `{${"0: 'a', ".repeat(90_000)}`,
      `{${' '.repeat(1_000_000)}}`,
      `['${"a', ".repeat(200_000)}]`,
    ]) {
      parseNames(text);
    }
    assert.ok(performance.now() - start < 1000, `${performance.now() - start} ms`);
  });

  for (const [metadata, manifest] of [
    [
      { names: "{0: 'a'}", task: 'detect', version: '8.3.0' },
      { labels: ['a'], task: 'objects' },
    ],
    [
      { names: "{0: 'a'}", task: 'classify' },
      { labels: ['a'], task: 'classify' },
    ],
    [
      { names: "{0: 'a'}", task: 'pose' },
      { labels: ['a'], task: 'pose' },
    ],
    [{ task: 'detect' }, {}],
    [{ names: 'nobody' }, {}],
    [{ license: 'MIT' }, { licence: 'MIT' }],
  ] as const) {
    it(`${JSON.stringify(metadata)} says ${JSON.stringify(manifest)}`, () => {
      assert.deepEqual(metadataManifest(metadata), manifest);
    });
  }
});

describe('how Ultralytics prepares pictures', () => {
  const names = "{0: 'good', 1: 'scratch'}";
  for (const [metadata, expected] of [
    [
      { names, task: 'detect', imgsz: '[480, 640]' },
      { width: 640, height: 480, fit: 'letterbox', crop: 1 },
    ],
    [
      { names, task: 'detect' },
      { width: 640, height: 640, fit: 'letterbox', crop: 1 },
    ],
    [
      { names, task: 'segment', imgsz: '[0, 99999]' },
      { width: 640, height: 640, fit: 'letterbox', crop: 1 },
    ],
    [
      { names, task: 'classify', imgsz: '[224, 224]' },
      { width: 224, height: 224, fit: 'cover', crop: 1 },
    ],
  ] as const) {
    it(`is told by ${JSON.stringify(metadata)}`, () => {
      const { width, height, fit, crop } = metadataImage(metadata) ?? {};
      assert.deepEqual({ width, height, fit, crop }, expected);
    });
  }

  it('is not told by a file that somebody else wrote', () => {
    assert.equal(metadataImage({ task: 'detect', imgsz: '[640, 640]' }), undefined);
    assert.equal(metadataImage({ names, imgsz: '[640, 640]' }), undefined);
  });
});
