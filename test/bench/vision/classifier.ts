import { mobilenetv2 } from '../graphs/mobilenetv2.ts';

const CLASSES = 1000;
export const labels = Array.from({ length: CLASSES }, (_, index) => `class ${index}`);

/** MobileNetV2 and what `onnx infer` and `interpret` need to know of it: a picture goes in, a label comes out. */
export function classifier(): Record<string, Uint8Array> {
  const image = { preset: 'imagenet', fit: 'stretch', kernel: 'linear' };
  const manifest = { name: 'MobileNetV2', task: 'classify', labels, inputs: [{ name: 'image', image }] };
  return { 'mobilenetv2.onnx': mobilenetv2(), 'mobilenetv2.json': Buffer.from(JSON.stringify(manifest)) };
}
