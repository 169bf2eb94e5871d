import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, isAbsolute, join, sep } from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import { Fields } from '../node-red/fields.ts';
import { type Language, runtimeLanguage, wordError, wordText } from '../node-red/wording.ts';
import { asLinewatchError, describe, type ErrorCode, LinewatchError } from '../shared/errors.ts';
import { wordCause } from './detect/cause.ts';
import type { ScorerOptions } from './detect/scorer.ts';
import { findRecording } from './replay/recordings.ts';
import { type ReplayInput, replay } from './replay/replay.ts';
import type { FinishedReplay } from './replay/replay-source.ts';

type Request = IncomingMessage & { query: Record<string, unknown>; body?: unknown };
type Response = ServerResponse & { status(code: number): Response; json(body: unknown): void };

/** The largest CSV: more rows than a replay takes stand in no smaller file. */
const LIMIT_MB = 256;
const MB = 2 ** 20;
/** An upload that sends nothing for so long has broken off. */
const IDLE_MS = 60_000;
/** The fields of a dialog are a few hundred bytes, the rest are names. */
const MOST_FIELDS = 8192;

const statuses: Partial<Record<ErrorCode, number>> = {
  'replay-no-file': 404,
  'replay-no-recording': 404,
  'replay-busy': 409,
  'replay-size': 413,
  'upload-request': 415,
  'replay-failed': 500,
  internal: 500,
};

/**
 * What the dialog of `anomaly-score` asks of the gateway to try its settings on what has been. `?id=` is the node, deployed or not,
 * `?lng=zh-CN` the language of errors and causes, `?fields=` the fields of the dialog as they are now, as JSON.
 *
 * - `GET linewatch/anomaly-score/recording` → the summary of what the node has recorded, or null
 * - `POST linewatch/anomaly-score/replay` `{ source: 'recording' }`, or `{ source: 'file', path }` of a CSV in the user directory
 * - `PUT linewatch/anomaly-score/replay` with a CSV as its body
 *
 * A replay answers with lines of JSON as it goes: `{ rows, of }`, then `{ result }` or `{ error: { code, message } }`.
 * It ends when its request is given up.
 *
 * @param readOptions what the node itself makes of its fields
 */
export function registerAnomalyAdmin(RED: NodeAPI, nodeUrl: string, readOptions: (fields: Fields) => ScorerOptions): void {
  const settings = RED.settings as unknown as { userDir?: string; lang?: unknown };
  const app = RED.httpAdmin as unknown as Record<'get' | 'post' | 'put', (path: string, ...handlers: unknown[]) => void> | undefined;
  if (!app) return;
  const languageOf = ({ query }: Request) => runtimeLanguage({ lang: query.lng ?? settings.lang });
  let isRunning = false;

  const optionsOf = ({ query }: Request): ScorerOptions => {
    const text = typeof query.fields === 'string' ? query.fields : '{}';
    if (text.length > MOST_FIELDS)
      throw new LinewatchError('replay-request', { property: 'fields', expected: 'JSON', got: describe(text) });
    const node = typeof query.id === 'string' ? RED.nodes.getNode(query.id) : null;
    const { getSetting } = RED.util as unknown as { getSetting(node: Node | null, name: string): unknown };
    return readOptions(new Fields(parseObject(text), (variable) => getSetting(node, variable)));
  };

  const answer = (inputOf: (request: Request) => ReplayInput | Promise<ReplayInput>) => async (request: Request, response: Response) => {
    const language = languageOf(request);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const write = (line: object) => {
      if (!response.headersSent) response.setHeader('Content-Type', 'application/x-ndjson');
      if (!response.destroyed) response.write(`${JSON.stringify(line)}\n`);
    };
    const tell = (thrown: unknown) => {
      const error = asLinewatchError(thrown);
      const told = { code: error.code, message: wordError(error, language) };
      if (response.headersSent) {
        write({ error: told });
        response.end();
      } else if (!response.destroyed) {
        if (!request.complete) response.setHeader('Connection', 'close');
        response.status(statuses[error.code] ?? (/^(?:config|env)-/.test(error.code) ? 400 : 422)).json(told);
      }
    };
    let options: ScorerOptions;
    let input: ReplayInput;
    try {
      options = optionsOf(request);
      input = await inputOf(request);
      if (isRunning) throw new LinewatchError('replay-busy');
    } catch (thrown) {
      request.resume();
      return tell(thrown);
    }
    isRunning = true;
    try {
      const result = await replay(options, input, (rows, of) => write({ rows, of }), gone.signal).finally(() => {
        isRunning = false;
      });
      await rest(request);
      write({ result: worded(result, nodeUrl, language) });
      response.end();
    } catch (thrown) {
      await rest(request);
      tell(thrown);
    }
  };

  app.get('/linewatch/anomaly-score/recording', RED.auth.needsPermission('linewatch.read'), ({ query }: Request, response: Response) =>
    response.json((typeof query.id === 'string' && findRecording(query.id)?.summary) || null),
  );

  // It changes nothing, but takes a core for seconds.
  app.post(
    '/linewatch/anomaly-score/replay',
    RED.auth.needsPermission('linewatch.write'),
    answer(async (request) => {
      expectType(request, 'application/json');
      const { source, path } = Object(request.body) as Record<string, unknown>;
      if (source === 'file') return openFile(path, settings.userDir);
      if (source !== 'recording') {
        throw new LinewatchError('replay-request', { property: 'source', expected: 'recording, file', got: describe(source) });
      }
      const recording = typeof request.query.id === 'string' ? findRecording(request.query.id) : undefined;
      if (recording?.summary === undefined) throw new LinewatchError('replay-no-recording');
      return { recording: recording.toData() };
    }),
  );

  app.put(
    '/linewatch/anomaly-score/replay',
    RED.auth.needsPermission('linewatch.write'),
    answer(async (request) => {
      expectType(request, 'text/csv');
      const bytes = Number(request.headers['content-length'] ?? Number.NaN);
      const csv = basename(typeof request.query.name === 'string' ? request.query.name : 'CSV');
      if (!(bytes <= LIMIT_MB * MB)) throw tooLarge(csv, bytes);
      request.setTimeout(IDLE_MS, () => request.destroy());
      // Else the rows that a replay does not take any more would end the connection.
      return { csv, bytes: request.iterator({ destroyOnReturn: false }) };
    }),
  );
}

/** What is still on its way is read and thrown away: before that, a browser does not listen. */
async function rest(request: Request): Promise<void> {
  if (request.complete || request.destroyed || request.readableEnded) return;
  await new Promise<void>((resolve) => {
    request.once('end', resolve).once('close', resolve).resume();
  });
}

function parseObject(text: string): object {
  try {
    return Object(JSON.parse(text)) as object;
  } catch (thrown) {
    throw new LinewatchError('replay-request', { property: 'fields', expected: 'JSON', got: describe(text) }, thrown);
  }
}

function expectType({ headers }: Request, expected: string): void {
  const got = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (got !== expected) throw new LinewatchError('upload-request', { expected, got: describe(headers['content-type']) });
}

const tooLarge = (name: string, bytes: number) =>
  new LinewatchError('replay-size', { name, limitMb: LIMIT_MB, gotMb: Number.isFinite(bytes) ? Math.ceil(bytes / MB) : '?' });

/** A CSV in the user directory: what lies elsewhere is nobody's business in the editor. @throws LinewatchError */
async function openFile(path: unknown, userDir: string | undefined): Promise<ReplayInput> {
  if (typeof path !== 'string' || path.trim() === '') throw new LinewatchError('config-missing', { property: 'path' });
  if (userDir === undefined || userDir === '') throw new LinewatchError('csv-no-folder', { property: 'path', path });
  // One answer for all: whether a file exists elsewhere is nobody's business either.
  const none = (cause?: unknown) => new LinewatchError('replay-no-file', { path, folder: userDir }, cause);
  const [file, folder] = await Promise.all([realpath(isAbsolute(path) ? path : join(userDir, path)), realpath(userDir)]).catch((thrown) => {
    throw none(thrown);
  });
  // Names of columns stand in errors: of a file with secrets, not even the first line may be read.
  if (!file.startsWith(folder + sep) || !/\.(csv|tsv|txt)$/i.test(file)) throw none();
  const found = await stat(file).catch((thrown) => {
    throw none(thrown);
  });
  if (!found.isFile()) throw none();
  if (found.size > LIMIT_MB * MB) throw tooLarge(path, found.size);
  return { csv: path, bytes: read(file) };
}

/** The file is opened only when its first bytes are asked for. */
async function* read(file: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(file);
}

/** The result with its causes as sentences. */
function worded(result: FinishedReplay, nodeUrl: string, language: Language): object {
  const text = (key: string, values?: Parameters<typeof wordText>[3]) => wordText(nodeUrl, language, key, values);
  const dials = Object.entries(result.dials).map(([dial, { alarms, ...rest }]) => [
    dial,
    { ...rest, alarms: alarms.map(({ evidence, ...alarm }) => ({ ...alarm, cause: wordCause(evidence, text) })) },
  ]);
  return { ...result, dials: Object.fromEntries(dials) };
}
