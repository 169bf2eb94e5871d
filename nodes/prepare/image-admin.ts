import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Node, NodeAPI } from 'node-red';
import type { PictureSource } from '../media/image/picture.ts';
import { preset, presetNames } from '../media/image/presets.ts';
import { readPicture } from '../media/image/read-picture.ts';
import { previewPicture } from '../media/image/thumbnail.ts';
import { serviceOf } from '../node-red/define-node.ts';
import { Fields } from '../node-red/fields.ts';
import { runtimeLanguage, wordError } from '../node-red/wording.ts';
import { asLinewatchError, describe, type ErrorCode, LinewatchError } from '../shared/errors.ts';
import { preparationOf, readImageConfig } from './image-config.ts';
import { modelPreparations } from './image-model.ts';

/** What a running `image` lends its dialog. */
export interface ImageService {
  /** The last picture that came; undefined where none has, or it was too large to keep. */
  lastPicture(): PictureSource | undefined;
}

type Request = IncomingMessage & { query: Record<string, unknown> };
type Response = ServerResponse & { status(code: number): Response; json(body: unknown): void };

const MOST_UPLOAD_BYTES = 50 * 2 ** 20;
/** An upload that sends nothing for so long has broken off. */
const IDLE_MS = 60_000;

const statuses: Partial<Record<ErrorCode, number>> = { 'image-busy': 409, 'picture-bytes': 413, internal: 500 };

/**
 * What the dialog of `image` asks for. `?lng=zh-CN` is the language of errors, `{ code, message }`.
 *
 * - `GET linewatch/image/presets` → preset → preparation
 * - `POST linewatch/image/preview?id=…&settings=…` with a picture as `application/octet-stream`, or nothing for the last that the node
 *   saw → what it looks like and what the model sees, or `none` with why not. `settings` are the dialog's fields, as JSON.
 */
export function registerImageAdmin(RED: NodeAPI): void {
  const app = RED.httpAdmin as unknown as Record<'get' | 'post', (path: string, ...handlers: unknown[]) => void> | undefined;
  if (!app) return;
  let isBusy = false;
  const answer = (handle: (request: Request) => Promise<unknown>) => (request: Request, response: Response) => {
    handle(request).then(
      (body) => response.json(body),
      (thrown) => {
        const error = asLinewatchError(thrown);
        const language = runtimeLanguage({ lang: request.query.lng ?? (RED.settings as { lang?: unknown }).lang });
        request.resume();
        // Else a browser would go on sending what nobody wants.
        if (!request.complete) response.setHeader('Connection', 'close');
        response.status(statuses[error.code] ?? 422).json({ code: error.code, message: wordError(error, language) });
      },
    );
  };
  app.get(
    '/linewatch/image/presets',
    RED.auth.needsPermission('linewatch.read'),
    answer(async () => Object.fromEntries(presetNames.map((name) => [name, preset(name)]))),
  );
  app.post(
    '/linewatch/image/preview',
    RED.auth.needsPermission('linewatch.read'),
    answer(async (request) => {
      // Each takes the memory of a picture.
      if (isBusy) throw new LinewatchError('image-busy');
      isBusy = true;
      try {
        return await preview(RED, request);
      } finally {
        isBusy = false;
      }
    }),
  );
}

async function preview(RED: NodeAPI, request: Request) {
  const language = runtimeLanguage({ lang: request.query.lng ?? (RED.settings as { lang?: unknown }).lang });
  const id = typeof request.query.id === 'string' ? request.query.id : '';
  const node = RED.nodes.getNode(id) as Node | null;
  const lookUp = (variable: string) =>
    node === null
      ? process.env[variable]
      : (RED.util as unknown as { getSetting(node: Node, name: string): unknown }).getSetting(node, variable);
  const config = readImageConfig(new Fields(settingsOf(request.query.settings), lookUp));
  const service = node === null ? undefined : trying(() => serviceOf<ImageService>(RED, 'id', id, 'image'));
  const uploaded = await read(request, Math.min(config.limits.bytes, MOST_UPLOAD_BYTES));
  const source = uploaded.length > 0 ? readPicture(uploaded, 'picture') : service?.lastPicture();
  // No error: a dialog that is opened asks of itself.
  if (source === undefined) return { none: wordError(new LinewatchError('image-no-picture'), language) };
  const base = config.preset === 'model' ? await modelPreparations(RED, config.model)() : preset(config.preset);
  const region = config.region.from === 'fixed' ? config.region.region : undefined;
  const { original, rows, ...rest } = await previewPicture(source, preparationOf(config, base), { region, limits: config.limits });
  return { ...rest, original: dataUrl('jpeg', original), rows: rows.map((row) => dataUrl('png', row)) };
}

function settingsOf(text: unknown): object {
  try {
    const settings = JSON.parse(String(text)) as unknown;
    if (typeof settings === 'object' && settings !== null) return settings;
  } catch {
    // Said below.
  }
  throw new LinewatchError('image-setting', { property: 'settings', expected: 'JSON', got: describe(text) });
}

/** @throws LinewatchError picture-bytes while it comes in */
async function read(request: Request, most: number): Promise<Buffer> {
  const tooLarge = (bytes: number) =>
    new LinewatchError('picture-bytes', { property: 'picture', most: Math.round(most / 2 ** 20), got: Math.round(bytes / 2 ** 20) });
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > most) throw tooLarge(announced);
  request.setTimeout(IDLE_MS, () => request.destroy());
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > most) throw tooLarge(bytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function dataUrl(format: 'jpeg' | 'png', bytes: Buffer): string {
  return `data:image/${format};base64,${bytes.toString('base64')}`;
}

function trying<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
