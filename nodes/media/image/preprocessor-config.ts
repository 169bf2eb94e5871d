import { PreparationFault, parsePreparation } from './parse-preparation.ts';
import type { Fit, Kernel, Preparation } from './preparation.ts';

/** Pillow's numbers of its filters. */
const kernelOfResample: Record<number, Kernel> = { 0: 'nearest', 1: 'lanczos3', 2: 'linear', 3: 'cubic' };

interface Side {
  height?: unknown;
  width?: unknown;
  shortest_edge?: unknown;
  longest_edge?: unknown;
  max_height?: unknown;
  max_width?: unknown;
}

/**
 * The preparation that a Hugging Face `preprocessor_config.json` describes (image processors of transformers).
 * `shortest_edge` with a crop becomes `cover`, `{ height, width }` `stretch`; without `do_resize` the picture keeps its size. What only
 * bounds the sides (DETR: shortest 800, longest 1333) becomes free sides with the longer bounded.
 * @throws PreparationFault; undefined where it describes no picture (an audio or a text processor)
 */
export function readPreprocessorConfig(content: unknown): Preparation | undefined {
  if (typeof content !== 'object' || content === null) throw new PreparationFault('preprocessor_config.json', 'an object', content);
  const config = content as Record<string, unknown>;
  const isOfPictures = ['image_processor_type', 'image_mean', 'do_rescale', 'do_resize', 'crop_size'].some((key) => key in config);
  if (!isOfPictures || 'sampling_rate' in config) return undefined;
  const isOn = (key: string, fallback: boolean) => (typeof config[key] === 'boolean' ? (config[key] as boolean) : fallback);
  const isNormalized = isOn('do_normalize', 'image_mean' in config);
  const isRescaled = isOn('do_rescale', true);
  const factor = config.rescale_factor ?? 1 / 255;
  return parsePreparation({
    ...sizeOf(config, isOn),
    kernel: kernelOfResample[config.resample as number] ?? 'linear',
    background: 0,
    colour: isOn('do_flip_channel_order', false) ? 'bgr' : isOn('do_grayscale', false) ? 'grey' : 'rgb',
    scale: isRescaled ? factor : 1,
    // EfficientNet's and ViViT's −1..1 by rescaling alone.
    mean: isNormalized ? config.image_mean : isOn('rescale_offset', false) ? 1 : 0,
    deviation: isNormalized ? config.image_std : 1,
  });
}

function sizeOf(config: Record<string, unknown>, isOn: (key: string, fallback: boolean) => boolean): Partial<Preparation> {
  const size = sideOf(config.size);
  const crop = isOn('do_center_crop', false) ? sideOf(config.crop_size ?? config.size) : undefined;
  if (!isOn('do_resize', 'size' in config) || size === undefined) return crop === undefined ? {} : { ...box(crop), fit: 'cover' };
  const shortest = number(size.shortest_edge);
  if (crop !== undefined) {
    const { width = 0, height = 0 } = box(crop);
    const resized = shortest ?? Math.min(number(size.height) ?? 0, number(size.width) ?? 0);
    return { width, height, fit: 'cover', crop: resized > 0 ? Math.min(1, Math.max(width, height) / resized) : 1 };
  }
  if (shortest !== undefined && number(size.longest_edge) === undefined) {
    // ConvNeXt: below 384 the shorter side becomes size / crop_pct, and the middle is taken.
    const share = number(config.crop_pct);
    return { width: shortest, height: shortest, fit: 'cover', crop: share !== undefined && shortest < 384 ? share : 1 };
  }
  const longest = number(size.longest_edge) ?? number(size.max_height);
  if (longest !== undefined) return { width: 0, height: 0, most: longest, fit: 'contain' };
  // YOLOS, RT-DETR with padding keep the shape; all others stretch.
  const fit: Fit = isOn('do_pad', false) && 'pad_size' in config ? 'contain' : 'stretch';
  return { ...box(size), fit };
}

function sideOf(value: unknown): Side | undefined {
  if (typeof value === 'number') return { shortest_edge: value, height: value, width: value };
  return typeof value === 'object' && value !== null ? (value as Side) : undefined;
}

function box({ width, height }: Side): { width?: number; height?: number } {
  return { ...(width === undefined ? {} : { width: width as number }), ...(height === undefined ? {} : { height: height as number }) };
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
