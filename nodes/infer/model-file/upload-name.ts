import { describe, LinewatchError } from '../../shared/errors.ts';

/** What models consist of: the graph, weights beside it, and the descriptions of a Hugging Face folder. */
const ENDINGS = /\.(?:onnx|onnx_data(?:_\d+)?|data|bin|json|txt)$/i;
const DEEPEST = 4;
const LONGEST = 200;
/** Windows takes these for devices, whatever their ending. */
const DEVICES = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * Checks where an uploaded file wants to stand below the model folder: `motor.onnx`, `motors/v2/motor.onnx`.
 * @returns the parts of the path
 * @throws LinewatchError upload-name for whatever leaves the folder, hides, or is no part of a model
 */
export function uploadParts(path: string): string[] {
  const wrong = (expected: string) => new LinewatchError('upload-name', { expected, got: describe(path) });
  const parts = path.split('/');
  if (path.length > LONGEST) throw wrong(`at most ${LONGEST} characters`);
  if (parts.length > DEEPEST) throw wrong(`at most ${DEEPEST - 1} folders`);
  for (const part of parts) {
    if (!/^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_ .()+@=,-]*$/u.test(part) || /[ .]$/.test(part) || DEVICES.test(part)) {
      throw wrong('letters, digits, spaces and _ . ( ) + @ = , - in each part, beginning with a letter, a digit or _');
    }
  }
  if (!ENDINGS.test(path)) throw wrong('.onnx, .onnx_data, .data, .bin, .json or .txt');
  return parts;
}
