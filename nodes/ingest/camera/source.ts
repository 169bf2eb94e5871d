import type { PictureKind } from './picture-kind.ts';

/** A picture as it came: encoded. */
export interface Picture {
  bytes: Buffer;
  kind: PictureKind;
  /** Absolute path of its file, where it came out of a folder: where it stands once `sent` is done. */
  filename?: string;
  /** Called after the picture was sent: it is moved, deleted or noted as sent. */
  sent?(): Promise<void>;
}

/** Where pictures come from. */
export interface PictureSource {
  /**
   * The next picture: fetched now, or the newest of a stream that has not been taken yet, for which it waits. Undefined: there is none new.
   * Only one call at a time. A stream that has failed is opened again by the next call.
   * @param isFresh of a stream: only a picture that arrives after this call
   * @throws LinewatchError camera-…
   */
  next(isFresh: boolean): Promise<Picture | undefined>;
  /** Ends connections, processes and a call of `next` that waits. */
  close(): Promise<void>;
}
