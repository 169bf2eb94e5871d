import assert from 'node:assert/strict';
import { PreparationFault, parsePreparation } from '../../nodes/media/image/parse-preparation.ts';
import { readPreprocessorConfig } from '../../nodes/media/image/preprocessor-config.ts';
import { plainPreparation, preset } from '../../nodes/media/image/presets.ts';

describe('media/image › preparation', () => {
  it('completes a description by its preset, or by what holds where nothing is said', () => {
    assert.deepEqual(parsePreparation({}), plainPreparation);
    assert.deepEqual(parsePreparation({ preset: 'yolox', width: 416, height: 416 }), { ...preset('yolox'), width: 416, height: 416 });
    assert.deepEqual(parsePreparation({ preset: 'imagenet', mean: 0.5, tiles: false }).mean, [0.5, 0.5, 0.5]);
    const grey = parsePreparation({ colour: 'grey', background: 0, type: 'int8' });
    assert.deepEqual([grey.background, grey.scale, grey.mean, grey.deviation], [[0, 0, 0], 1, [128], [1]]);
  });

  it('takes pixels as they are for a model of bytes, whatever its preset says of floats, unless it is told otherwise', () => {
    for (const base of [preset('ssd-mobilenet'), preset('imagenet'), preset('yolo')]) {
      const { scale, mean, deviation } = parsePreparation({ type: 'uint8' }, base);
      assert.deepEqual([scale, mean, deviation], [1, [0, 0, 0], [1, 1, 1]]);
      assert.deepEqual(parsePreparation({ type: 'int8' }, base).mean, [128, 128, 128]);
      assert.equal(parsePreparation({ type: 'uint8', scale: 0.5 }, base).scale, 0.5);
      assert.deepEqual(parsePreparation({ type: 'float16' }, base).mean, base.mean);
    }
    assert.equal(parsePreparation({ preset: 'yolo', type: 'uint8' }).scale, 1);
  });

  it('averages what is said for three channels where the model takes grey', () => {
    const { mean, deviation } = parsePreparation({ colour: 'grey', mean: [0.2, 0.4, 0.6], deviation: [1, 2, 3] });
    assert.deepEqual([mean.map((value) => value.toFixed(6)), deviation], [['0.400000'], [2]]);
    assert.throws(() => parsePreparation({ colour: 'grey', mean: [1, 2] }), /mean: expected a number, got an array of 2/);
  });

  it('names what is wrong, what was expected and what came', () => {
    const cases: [unknown, string, RegExp][] = [
      ['yolo', 'image', /expected an object, got "yolo"/],
      [{ preset: 'jolo' }, 'preset', /one of imagenet, .*, got "jolo"/],
      [{ width: 1.5 }, 'width', /a whole number from 0 to 8192, got 1.5/],
      [{ mean: [1, 2] }, 'mean', /a number, or 3 of them, got an array of 2/],
      [{ deviation: 0 }, 'deviation', /above 0/],
      [{ background: [0, 0, 300] }, 'background', /from 0 to 255/],
      [{ scale: 'a' }, 'scale', /a number above 0, got "a"/],
      [{ tiles: { overlap: -1 }, width: 8, height: 8 }, 'tiles', /overlap/],
      [{ tiles: {} }, 'tiles', /nothing where width or height is 0/],
    ];
    for (const [content, property, expected] of cases) {
      assert.throws(
        () => parsePreparation(content),
        (thrown: PreparationFault) => thrown instanceof PreparationFault && thrown.property === property && expected.test(thrown.message),
      );
    }
  });

  it('reads preprocessor_config.json of the usual image processors', () => {
    const mean = [0.485, 0.456, 0.406];
    const std = [0.229, 0.224, 0.225];
    // google/vit-base-patch16-224
    const vit = readPreprocessorConfig({
      ...{ do_normalize: true, do_resize: true, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] },
      ...{
        image_processor_type: 'ViTImageProcessor',
        resample: 2,
        size: { height: 224, width: 224 },
        do_rescale: true,
        rescale_factor: 1 / 255,
      },
    });
    assert.deepEqual([vit?.fit, vit?.width, vit?.kernel, vit?.mean], ['stretch', 224, 'linear', [0.5, 0.5, 0.5]]);
    // openai/clip-vit-base-patch32
    const clip = readPreprocessorConfig({
      do_center_crop: true,
      crop_size: 224,
      do_normalize: true,
      do_resize: true,
      image_mean: mean,
      image_std: std,
      resample: 3,
      size: 224,
    });
    assert.deepEqual([clip?.fit, clip?.crop, clip?.width, clip?.height, clip?.kernel], ['cover', 1, 224, 224, 'cubic']);
    // microsoft/resnet-50: ConvNeXt's processor
    const resnet = readPreprocessorConfig({
      crop_pct: 0.875,
      do_normalize: true,
      do_resize: true,
      image_mean: mean,
      image_std: std,
      resample: 3,
      size: { shortest_edge: 224 },
    });
    assert.deepEqual([resnet?.fit, resnet?.crop, resnet?.width], ['cover', 0.875, 224]);
    // google/mobilenet_v2_1.0_224
    const mobilenet = readPreprocessorConfig({
      crop_size: { height: 224, width: 224 },
      do_center_crop: true,
      do_rescale: true,
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.5, 0.5, 0.5],
      do_normalize: true,
      do_resize: true,
      size: { shortest_edge: 256 },
    });
    assert.deepEqual([mobilenet?.fit, mobilenet?.crop], ['cover', 0.875]);
    // apple/mobilevit-small
    const mobilevit = readPreprocessorConfig({
      crop_size: { height: 256, width: 256 },
      do_center_crop: true,
      do_flip_channel_order: true,
      do_resize: true,
      do_rescale: true,
      size: { shortest_edge: 288 },
    });
    assert.deepEqual([mobilevit?.colour, mobilevit?.mean, mobilevit?.deviation], ['bgr', [0, 0, 0], [1, 1, 1]]);
    // facebook/detr-resnet-50
    const detr = readPreprocessorConfig({
      do_normalize: true,
      do_resize: true,
      image_mean: mean,
      image_std: std,
      size: { shortest_edge: 800, longest_edge: 1333 },
    });
    assert.deepEqual([detr?.width, detr?.height, detr?.most], [0, 0, 1333]);
    assert.equal(readPreprocessorConfig({ feature_extractor_type: 'WhisperFeatureExtractor', sampling_rate: 16000 }), undefined);
  });
});
