import type { LinewatchError } from '../../shared/errors.ts';
import type { Picture } from './source.ts';

/** The newest picture of a stream: one is kept, and who waits gets the next. */
export class Latest {
  #picture: Picture | undefined;
  #waiting: { resolve(picture: Picture): void; reject(error: LinewatchError): void } | undefined;

  put(picture: Picture): void {
    if (this.#waiting === undefined) {
      this.#picture = picture;
    } else {
      this.#waiting.resolve(picture);
      this.#waiting = undefined;
    }
  }

  fail(error: LinewatchError): void {
    this.#picture = undefined;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  /** @param isFresh what has come already is too old */
  take(isFresh: boolean): Promise<Picture> {
    const known = this.#picture;
    this.#picture = undefined;
    if (known !== undefined && !isFresh) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }
}
