import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeAPI } from 'node-red';
import { serviceOf } from '../node-red/define-node.ts';
import { runtimeLanguage, wordError } from '../node-red/wording.ts';
import { asLinewatchError, describe, type ErrorCode, LinewatchError } from '../shared/errors.ts';
import { MOST_STATE_MB, PartCount, tooLarge } from './detect/state-text.ts';

/** What a running anomaly score lets its dialog do. */
export interface StateService {
  /** What was learned, as JSON text made piece by piece. */
  pieces(): Iterable<string>;
  /** Takes over what was learned elsewhere, as JSON text. @throws LinewatchError score-state…; then all is as before */
  takeOver(state: string): void;
}

type Request = IncomingMessage & { query: Record<string, unknown> };
type Response = ServerResponse & { status(code: number): Response; json(body: unknown): void };

/** An upload that sends nothing for so long has broken off. */
const IDLE_MS = 60_000;

const statuses: Partial<Record<ErrorCode, number>> = {
  'score-not-deployed': 404,
  'score-state-busy': 409,
  'score-state-size': 413,
  'upload-request': 415,
  internal: 500,
};

/**
 * What the dialog of `anomaly-score` moves in and out. `?id=` is the node, which must run; `?lng=zh-CN` the language of errors,
 * `{ code, message }`.
 *
 * - `GET linewatch/anomaly-score/state` → what was learned, as JSON
 * - `PUT linewatch/anomaly-score/state` with such JSON as `application/octet-stream` (Node-RED itself reads and bounds other JSON)
 */
export function registerStateAdmin(RED: NodeAPI): void {
  const app = RED.httpAdmin as unknown as Record<'get' | 'put', (path: string, ...handlers: unknown[]) => void> | undefined;
  if (!app) return;
  let isReceiving = false;
  const serviceFor = ({ query }: Request): StateService => {
    try {
      return serviceOf<StateService>(RED, 'id', typeof query.id === 'string' ? query.id : '', 'anomaly-score');
    } catch (thrown) {
      throw new LinewatchError('score-not-deployed', {}, thrown);
    }
  };
  const answer = (handle: (request: Request, response: Response) => Promise<void>) => (request: Request, response: Response) => {
    handle(request, response).catch((thrown) => {
      const error = asLinewatchError(thrown);
      const language = runtimeLanguage({ lang: request.query.lng ?? (RED.settings as { lang?: unknown }).lang });
      request.resume();
      // Else a browser would go on sending what nobody wants.
      if (!request.complete && !response.headersSent) response.setHeader('Connection', 'close');
      if (response.headersSent) response.destroy();
      else response.status(statuses[error.code] ?? 422).json({ code: error.code, message: wordError(error, language) });
    });
  };

  app.get(
    '/linewatch/anomaly-score/state',
    RED.auth.needsPermission('linewatch.read'),
    answer(async (request, response) => {
      const service = serviceFor(request);
      response.setHeader('Content-Type', 'application/json');
      for (const piece of service.pieces()) {
        if (response.destroyed) return;
        if (!response.write(piece)) await new Promise<void>((resolve) => response.once('drain', resolve).once('close', resolve));
      }
      response.end();
    }),
  );

  app.put(
    '/linewatch/anomaly-score/state',
    RED.auth.needsPermission('linewatch.write'),
    answer(async (request, response) => {
      const service = serviceFor(request);
      const type = request.headers['content-type'];
      if (type !== 'application/octet-stream') {
        throw new LinewatchError('upload-request', { expected: 'application/octet-stream', got: describe(type) });
      }
      // Each takes several times its size in memory.
      if (isReceiving) throw new LinewatchError('score-state-busy');
      isReceiving = true;
      try {
        service.takeOver(await read(request));
      } finally {
        isReceiving = false;
      }
      response.json({ done: true });
    }),
  );
}

/** What is no state is refused while it comes in. @throws LinewatchError score-state-size, score-state */
async function read(request: Request): Promise<string> {
  const announced = Number(request.headers['content-length'] ?? 0);
  const most = MOST_STATE_MB * 2 ** 20;
  if (announced > most) throw tooLarge(announced);
  request.setTimeout(IDLE_MS, () => request.destroy());
  const count = new PartCount();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > most) throw tooLarge(bytes);
    count.push(chunk.toString('latin1'));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
