import type { NodeAPI } from 'node-red';
import type { Preparation } from '../media/image/preparation.ts';
import { serviceOf } from '../node-red/define-node.ts';
import { LinewatchError } from '../shared/errors.ts';

/** What of a model this node needs: how its inputs want their pictures. */
interface PictureModel {
  manifest(): Promise<{ inputs?: { name: string; image?: Preparation }[] } | undefined>;
}

/**
 * How a model wants its pictures, by its manifest: those of one input, or without a name those of the first that wants any.
 * @throws LinewatchError config-node; from the function also image-no-preparation
 */
export function modelPreparations(RED: NodeAPI, id: string): (name?: string) => Promise<Preparation> {
  const model = serviceOf<PictureModel>(RED, 'model', id, 'onnx-model');
  return async (name) => {
    const inputs = (await model.manifest())?.inputs ?? [];
    const wanted = inputs.find((input) => (name === undefined ? input.image !== undefined : input.name === name));
    if (wanted?.image !== undefined) return wanted.image;
    throw new LinewatchError('image-no-preparation', name === undefined ? {} : { input: name });
  };
}
