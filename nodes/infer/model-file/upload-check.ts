import { LinewatchError } from '../../shared/errors.ts';
import { readOnnxFile } from './onnx-file.ts';
import { checkJson } from './upload.ts';

/**
 * Whether an uploaded file is what its name says: a whole ONNX model, or JSON. Weights and texts can be anything.
 * @param file where it stands while it is checked; `name` stands in errors
 * @throws LinewatchError upload-json, and those of `readOnnxFile`
 */
export async function checkModelFile(file: string, name: string): Promise<void> {
  if (/\.json$/i.test(name)) return checkJson(file, name);
  if (!/\.onnx$/i.test(name)) return;
  try {
    await readOnnxFile(file);
  } catch (thrown) {
    if (!(thrown instanceof LinewatchError) || !('path' in thrown.context)) throw thrown;
    throw new LinewatchError(thrown.code, { ...thrown.context, path: name }, thrown);
  }
}
