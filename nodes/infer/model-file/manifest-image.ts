/** How a picture becomes a model's input: what stands beside the model says so, and the model's own declaration completes it. */
import { parsePreparation } from '../../media/image/parse-preparation.ts';
import { type PixelType, type Preparation, pixelTypes } from '../../media/image/preparation.ts';
import type { ValueInfo } from '../../shared/onnx/value-info.ts';

/** An input as the model's file declares it. */
export type Declared = Pick<ValueInfo, 'name' | 'kind' | 'type' | 'dims'>;

/**
 * A manifest's `image`. What it does not say of size, layout, type and channels is as the model declares them, before the preset's.
 * @throws PreparationFault
 */
export function manifestImage(content: unknown, declared: Declared | undefined): Preparation {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return parsePreparation(content);
  const said = content as Record<string, unknown>;
  const model = declared === undefined ? {} : declaredImage(declared);
  const isScaled = ['scale', 'mean', 'deviation', 'type'].some((key) => key in said);
  return parsePreparation({ ...model, ...(isScaled ? {} : bytesAsTheyAre(model.type)), ...said });
}

/**
 * A preparation that was not written for this very file (Hugging Face's, Ultralytics'): the model's own size and layout count for more.
 * @returns undefined where it can not be meant for this input
 */
export function fittedImage(preparation: Preparation, declared: Declared): Preparation | undefined {
  const { colour: _, ...model } = declaredImage(declared);
  if (model.layout === undefined || !isFloat(model.type)) return undefined;
  const fitted = { ...preparation, ...model };
  return misfit(fitted, declared) === undefined ? fitted : undefined;
}

/** The input that takes the picture: the first with four dimensions of which one is 1 or 3 channels. */
export function pictureInput(inputs: readonly Declared[]): Declared | undefined {
  return inputs.find((input) => declaredImage(input).layout !== undefined);
}

/** In which way a preparation makes another tensor than the model takes; undefined where it fits, as far as the model says what it takes. */
export function misfit(preparation: Preparation, { kind, type, dims }: Declared): { expected: string; got: string } | undefined {
  const { layout, width, height, colour } = preparation;
  const [channels, sides] = [colour === 'grey' ? 1 : 3, [height, width].map((side) => (side === 0 ? '?' : side))];
  const made = layout === 'nchw' ? ['n', channels, ...sides] : ['n', ...sides, channels];
  const fits =
    kind === 'tensor' &&
    type === preparation.type &&
    (dims === undefined ||
      (dims.length === 4 && dims.every((dim, axis) => axis === 0 || typeof dim === 'string' || dim === made[axis] || made[axis] === '?')));
  if (fits) return undefined;
  return {
    expected: `what makes ${type} [${dims?.join(', ') ?? '…'}], as the model takes it`,
    got: `${preparation.type} [${made.join(', ')}]`,
  };
}

/** Size, layout, type and channels, as far as the model says them. */
function declaredImage({ kind, type, dims = [] }: Declared): Partial<Preparation> {
  if (kind !== 'tensor' || dims.length !== 4 || !pixelTypes.includes(type as PixelType)) return {};
  const [, second, third, last] = dims;
  const layout = isChannels(second) ? 'nchw' : isChannels(last) ? 'nhwc' : undefined;
  if (layout === undefined) return {};
  const [channels, height, width] = layout === 'nchw' ? [second, third, last] : [last, second, third];
  return {
    type: type as PixelType,
    layout,
    ...(channels === 1 ? { colour: 'grey' as const } : {}),
    ...(typeof width === 'number' ? { width } : {}),
    ...(typeof height === 'number' ? { height } : {}),
  };
}

const isChannels = (dim: number | string | undefined) => dim === 1 || dim === 3;
const isFloat = (type: PixelType | undefined) => type === 'float32' || type === 'float16';

/** Models that take bytes do their scaling themselves. */
function bytesAsTheyAre(type: PixelType | undefined): Partial<Record<keyof Preparation, number>> {
  if (type === undefined || isFloat(type)) return {};
  return { scale: 1, mean: type === 'int8' ? 128 : 0, deviation: 1 };
}
