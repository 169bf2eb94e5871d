import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeAPI } from 'node-red';
import { drawOnPicture } from '../../media/image/draw.ts';
import { Colours } from '../../media/image/draw-colours.ts';
import { serviceOf } from '../../node-red/define-node.ts';
import { runtimeLanguage, wordError } from '../../node-red/wording.ts';
import { asLinewatchError } from '../../shared/errors.ts';

/** What the dialog asks of a running node. */
export interface PictureService {
  /** The last picture that came through, encoded. */
  picture(): Uint8Array | undefined;
}

type Request = IncomingMessage & { query: Record<string, unknown> };
type Response = ServerResponse & { status(code: number): Response; json(body: unknown): void };

/** As large as a dialog shows it on a sharp screen, pixels. */
const LONGEST = 1600;

/**
 * `GET linewatch/interpret/picture?id=` → the last picture that the node saw, upright, as a small JPEG, for zones to be drawn on; 204 where none
 * came. `?lng=zh-CN` chooses the language of errors, `{ code, message }`.
 */
export function registerPictureAdmin(RED: NodeAPI): void {
  const app = RED.httpAdmin as unknown as { get(path: string, ...handlers: unknown[]): void } | undefined;
  if (!app) return;
  let isDrawing = false;

  const jpeg = async (picture: Uint8Array): Promise<Buffer> => {
    const style = { labels: 'none', colours: new Colours(), thickness: 0, textSize: 0 } as const;
    const options = { style, longest: LONGEST, format: 'jpeg', quality: 80, property: 'msg.image.buffer' } as const;
    return (await drawOnPicture(picture, { objects: [], zones: [] }, options)).data;
  };

  app.get('/linewatch/interpret/picture', RED.auth.needsPermission('linewatch.read'), async (request: Request, response: Response) => {
    const picture = lastPicture(RED, request.query.id);
    // One at a time: it takes a core for a moment.
    if (picture === undefined || isDrawing) return response.status(204).end();
    isDrawing = true;
    try {
      const data = await jpeg(picture);
      response.setHeader('Content-Type', 'image/jpeg');
      response.setHeader('Cache-Control', 'no-store');
      response.end(data);
    } catch (thrown) {
      const error = asLinewatchError(thrown);
      const language = runtimeLanguage({ lang: request.query.lng ?? (RED.settings as { lang?: unknown }).lang });
      response.status(422).json({ code: error.code, message: wordError(error, language) });
    } finally {
      isDrawing = false;
    }
  });
}

/** Of a node that is not deployed there is none. */
function lastPicture(RED: NodeAPI, id: unknown): Uint8Array | undefined {
  try {
    return serviceOf<PictureService>(RED, 'id', typeof id === 'string' ? id : '', 'interpret').picture();
  } catch {
    return undefined;
  }
}
