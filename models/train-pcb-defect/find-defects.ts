/** One board through the model, by the very parts that the nodes use. */
import type { LoadedModel } from '../../nodes/infer/host/runtime.ts';
import { interpretObjects } from '../../nodes/infer/interpret/objects/objects.ts';
import type { Manifest } from '../../nodes/infer/model-file/manifest.ts';
import type { PictureSource, RawPicture } from '../../nodes/media/image/picture.ts';
import { preparePicture } from '../../nodes/media/image/prepare-picture.ts';
import { plainPreparation } from '../../nodes/media/image/presets.ts';
import type { DetectedObject } from '../../nodes/shared/messages.ts';

/** @param good a good board of the same size, in the same place */
export async function findDefects(
  model: LoadedModel,
  { inputs = [], labels = [], objects }: Manifest,
  picture: PictureSource,
  good: PictureSource,
  threshold = objects?.scoreThreshold ?? 0,
): Promise<DetectedObject[]> {
  const [preparation] = inputs.flatMap(({ image }) => (image === undefined ? [] : [image]));
  if (preparation === undefined || objects === undefined) throw new Error('the manifest says neither image nor objects');
  const prepared = await preparePicture(picture, preparation);
  const compared = await preparePicture(good, preparation);
  const outputs = await model.run({ picture: prepared.tensor, good: compared.tensor });
  return interpretObjects(outputs, prepared.image, {
    setup: objects,
    labels,
    only: [],
    threshold,
    iouThreshold: objects.iouThreshold ?? 0.45,
    acrossClasses: false,
    most: 300,
    zones: [],
    zonePoint: 'centre',
  }).objects;
}

/** A picture as one channel of its own size. */
export async function greyPicture(source: PictureSource): Promise<RawPicture> {
  const { tensor } = await preparePicture(source, {
    ...plainPreparation,
    width: 0,
    height: 0,
    multipleOf: 1,
    colour: 'grey',
    type: 'uint8',
    scale: 1,
    mean: [0],
    deviation: [1],
  });
  const [, , height = 0, width = 0] = tensor.dims;
  return { width, height, channels: 1, data: tensor.data as Uint8Array };
}
