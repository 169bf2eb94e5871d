/** Pictures in the place of tensors: which inputs take them, and what the host is to make of them. */
import { formatOf } from '../../media/image/formats.ts';
import { isRaw, type PictureSource } from '../../media/image/picture.ts';
import type { Preparation } from '../../media/image/preparation.ts';
import { readPicture } from '../../media/image/read-picture.ts';
import { LinewatchError } from '../../shared/errors.ts';
import { typedArrayName } from '../../shared/tensor.ts';
import type { Input, Inputs, PictureInput, TensorSpec } from '../host/protocol.ts';
import type { Manifest } from '../model-file/manifest.ts';
import { inputsOf, toTensor } from './inputs.ts';

/** Enough of a base64 text to tell a picture by. */
const TOLD_BY = 96;

/**
 * What a model gets for a message's payload, as `inputsOf`; where the manifest says how a picture becomes an input, a picture may stand
 * for its tensor: a Buffer, base64 text, a data URL, raw pixels.
 * @param fixed inputs that the message need not carry, and may
 * @throws LinewatchError as `inputsOf`; picture-input, picture-format, picture-raw, model-input-picture, model-input-pictures
 */
export function inputsWithPictures(payload: unknown, specs: readonly TensorSpec[], manifest: Manifest | undefined, fixed: Inputs): Inputs {
  const images = new Map(manifest?.inputs?.map(({ name, image }) => [name, image]));
  return inputsOf<Input>(payload, specs, fixed, (value, spec) => {
    const preparation = images.get(spec.name);
    if (preparation === undefined) return tensorButNoPicture(value, spec);
    if (isTensorLike(value)) return toTensor(value, spec);
    const property = value === payload ? 'msg.payload' : `msg.payload.${spec.name}`;
    if (Array.isArray(value) && value.length > 0) throw new LinewatchError('model-input-pictures', { property, count: value.length });
    return pictureInput(readPicture(value, property), preparation, property);
  });
}

export function pictureInput(source: PictureSource, preparation: Preparation, property: string): PictureInput {
  if (!isRaw(source)) return { type: 'picture', data: source, preparation, property };
  const { data, ...raw } = source;
  return { type: 'picture', data, raw, preparation, property };
}

/** What is meant as numbers, though the input takes pictures: it was prepared by `image`. */
function isTensorLike(value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return true;
  const array = typedArrayName(value);
  if (array !== undefined) return array !== 'Uint8Array' && array !== 'Uint8ClampedArray';
  if (Array.isArray(value)) return typeof value[0] === 'number' || Array.isArray(value[0]);
  return typeof value === 'object' && value !== null && 'dims' in value;
}

/** The bytes of a JPEG would fill many an input as numbers, and the model would answer. Some models decode pictures themselves: they take bytes or texts. */
function tensorButNoPicture(value: unknown, spec: TensorSpec): Input {
  if (spec.type === 'string' || !looksLikePicture(value)) return toTensor(value, spec);
  const refused = new LinewatchError('model-input-picture', { name: spec.name });
  if (spec.type !== 'uint8') throw refused;
  try {
    return toTensor(value, spec);
  } catch {
    throw refused;
  }
}

function looksLikePicture(value: unknown): boolean {
  if (typeof value === 'string') {
    return /^\s*data:image\//.test(value) || formatOf(Buffer.from(value.slice(0, TOLD_BY), 'base64')) !== undefined;
  }
  if (typedArrayName(value) === 'Uint8Array') return formatOf(value as Uint8Array) !== undefined;
  return typeof value === 'object' && value !== null && 'data' in value && 'width' in value && 'height' in value;
}
