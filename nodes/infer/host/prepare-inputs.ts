/** Inside the host: pictures become tensors. */
import type { PictureSource, RawPicture } from '../../media/image/picture.ts';
import { preparePicture } from '../../media/image/prepare-picture.ts';
import { bytesOf } from './batch.ts';
import type { PictureInput, PreparedImage, Tensors } from './protocol.ts';

export type PictureInputs = Record<string, PictureInput>;

export interface PreparedPictures {
  tensors: Tensors;
  images: Record<string, PreparedImage>;
  prepareMs: number;
}

/** What is kept of pictures that come with every run: so many tensors, none larger than that. */
const MOST_KEPT = 4;
const KEPT_BYTES = 32 * 2 ** 20;

/** Makes tensors of pictures. Decoding goes on in threads of its own: a model may run meanwhile. */
export class PicturePreparer {
  readonly #kept = new Map<string, PreparedPictures>();

  /** The first error counts, when all are done: until then they read the memory that the pictures lie in. @throws LinewatchError picture-… */
  async prepare(pictures: PictureInputs): Promise<PreparedPictures> {
    const start = performance.now();
    const all = await Promise.allSettled(Object.entries(pictures).map(([name, picture]) => this.#prepareOne(name, picture)));
    const prepared = all.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    return {
      tensors: Object.assign({}, ...prepared.map(({ tensors }) => tensors)),
      images: Object.assign({}, ...prepared.map(({ images }) => images)),
      prepareMs: performance.now() - start,
    };
  }

  async #prepareOne(name: string, { key, ...picture }: PictureInput): Promise<PreparedPictures> {
    const known = key === undefined ? undefined : `${name} ${key} ${JSON.stringify(picture.preparation)}`;
    const kept = known === undefined ? undefined : this.#kept.get(known);
    if (kept !== undefined) return kept;
    const { tensor, image } = await preparePicture(sourceOf(picture), picture.preparation, { property: picture.property });
    const { buffer: _, ...rest } = image;
    const prepared = { tensors: { [name]: tensor }, images: { [name]: rest }, prepareMs: 0 };
    if (known !== undefined && bytesOf(prepared.tensors) <= KEPT_BYTES) {
      this.#kept.set(known, prepared);
      if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value as string);
    }
    return prepared;
  }
}

function sourceOf({ data, raw }: Omit<PictureInput, 'key'>): PictureSource {
  return raw === undefined ? data : ({ ...raw, data } satisfies RawPicture);
}
