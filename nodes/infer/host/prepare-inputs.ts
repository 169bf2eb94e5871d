/** Inside the host: pictures become tensors. */
import type { PictureSource, RawPicture } from '../../media/image/picture.ts';
import { preparePicture } from '../../media/image/prepare-picture.ts';
import { bytesOf } from './batch.ts';
import type { PictureInput, PreparedImage, Tensors } from './protocol.ts';
import { checkSameTiles } from './same-tiles.ts';

export type PictureInputs = Record<string, PictureInput>;

export interface PreparedPictures {
  tensors: Tensors;
  images: Record<string, PreparedImage>;
  prepareMs: number;
}

/** What is kept of pictures that come with every run, all together: those of several nodes may share this process. */
const KEPT_BYTES = 64 * 2 ** 20;

/** Makes tensors of pictures. Decoding goes on in threads of its own: a model may run meanwhile. */
export class PicturePreparer {
  /** The longest unused first. */
  readonly #kept = new Map<string, PreparedPictures>();

  /** The first error counts, when all are done: until then they read the memory that the pictures lie in. @throws LinewatchError picture-…, model-tiles */
  async prepare(pictures: PictureInputs): Promise<PreparedPictures> {
    const start = performance.now();
    const all = await Promise.allSettled(Object.entries(pictures).map(([name, picture]) => this.#prepareOne(name, picture)));
    const prepared = all.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    const images: PreparedPictures['images'] = Object.assign({}, ...prepared.map((one) => one.images));
    checkSameTiles(Object.fromEntries(Object.entries(images).filter(([name]) => pictures[name]?.preparation.tiles !== undefined)));
    return {
      tensors: Object.assign({}, ...prepared.map(({ tensors }) => tensors)),
      images,
      prepareMs: performance.now() - start,
    };
  }

  async #prepareOne(name: string, { key, ...picture }: PictureInput): Promise<PreparedPictures> {
    const known = key === undefined ? undefined : `${name} ${key} ${JSON.stringify(picture.preparation)}`;
    const kept = known === undefined ? undefined : this.#kept.get(known);
    if (kept !== undefined) return this.#keep(known as string, kept);
    const { tensor, image } = await preparePicture(sourceOf(picture), picture.preparation, { property: picture.property });
    const { buffer: _, ...rest } = image;
    const prepared = { tensors: { [name]: tensor }, images: { [name]: rest }, prepareMs: 0 };
    return known === undefined ? prepared : this.#keep(known, prepared);
  }

  #keep(known: string, prepared: PreparedPictures): PreparedPictures {
    this.#kept.delete(known);
    this.#kept.set(known, prepared);
    let bytes = [...this.#kept.values()].reduce((sum, { tensors }) => sum + bytesOf(tensors), 0);
    for (const [oldest, { tensors }] of this.#kept) {
      if (bytes <= KEPT_BYTES) break;
      this.#kept.delete(oldest);
      bytes -= bytesOf(tensors);
    }
    return prepared;
  }
}

function sourceOf({ data, raw }: Omit<PictureInput, 'key'>): PictureSource {
  return raw === undefined ? data : ({ ...raw, data } satisfies RawPicture);
}
