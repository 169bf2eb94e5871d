import type { Preparation } from './preparation.ts';

/** What holds where nothing else is said: the whole picture, as it is large, letterboxed, RGB, 0..1. */
export const plainPreparation: Preparation = {
  width: 0,
  height: 0,
  multipleOf: 1,
  most: 0,
  fit: 'letterbox',
  crop: 1,
  background: [114, 114, 114],
  kernel: 'linear',
  colour: 'rgb',
  layout: 'nchw',
  type: 'float32',
  scale: 1 / 255,
  mean: [0, 0, 0],
  deviation: [1, 1, 1],
};

const imagenetMean = [0.485, 0.456, 0.406];
const imagenetDeviation = [0.229, 0.224, 0.225];

const ownPresets = {
  /** torchvision's classification weights: Resize(256), CenterCrop(224), Normalize. */
  imagenet: { width: 224, height: 224, fit: 'cover', crop: 0.875, background: [0, 0, 0], mean: imagenetMean, deviation: imagenetDeviation },
  /** The same without Normalize: models that do it themselves. */
  'imagenet-unit': { width: 224, height: 224, fit: 'cover', crop: 0.875, background: [0, 0, 0] },
  /** ultralytics YOLOv5, v8, v11: LetterBox with 114, 0..1. */
  yolo: { width: 640, height: 640 },
  /** YOLOX (Megvii): at the top left, 114, BGR, 0..255. */
  yolox: { width: 640, height: 640, fit: 'contain', colour: 'bgr', scale: 1 },
  /** TensorFlow's SSD-MobileNet and MobileNet: −1..1. */
  'ssd-mobilenet': { width: 300, height: 300, fit: 'stretch', background: [0, 0, 0], scale: 1 / 127.5, mean: [1, 1, 1] },
  /** PaddleOCR, finding text: DetResizeForTest with limit 960, sides multiples of 32; ImageNet's mean on BGR, as it was trained. */
  'ocr-detect': {
    multipleOf: 32,
    most: 960,
    fit: 'stretch',
    background: [255, 255, 255],
    colour: 'bgr',
    mean: imagenetMean,
    deviation: imagenetDeviation,
  },
  /** PaddleOCR, reading a line: height 48 (RecResizeImg), as long as it is; −1..1, padded by 0. */
  'ocr-read': {
    height: 48,
    multipleOf: 32,
    most: 3200,
    fit: 'contain',
    background: [127, 127, 127],
    colour: 'bgr',
    scale: 1 / 127.5,
    mean: [1, 1, 1],
  },
} as const satisfies Record<string, Partial<Omit<Preparation, 'mean' | 'deviation' | 'background'>> & Record<string, unknown>>;

export type PresetName = keyof typeof ownPresets;
export const presetNames = Object.keys(ownPresets) as PresetName[];

/** A preset whole. */
export function preset(name: PresetName): Preparation {
  return structuredClone({ ...plainPreparation, ...(ownPresets[name] as unknown as Partial<Preparation>) });
}
