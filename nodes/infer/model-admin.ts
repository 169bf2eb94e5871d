import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Node, NodeAPI } from 'node-red';
import { Fields } from '../node-red/fields.ts';
import { dataFolder } from '../node-red/files.ts';
import { runtimeLanguage, wordError } from '../node-red/wording.ts';
import { asLinewatchError, describe, type ErrorCode, LinewatchError } from '../shared/errors.ts';
import { nativeLibrary } from './host/list-backends.ts';
import { readModelSettings } from './model/model-settings.ts';
import { trialSubject, tryModel } from './model/trial.ts';
import { describeModel } from './model-file/describe.ts';
import { listModels, modelFolders } from './model-file/locate.ts';
import { checkUpload, receiveUpload, type Upload } from './model-file/upload.ts';
import { checkModelFile } from './model-file/upload-check.ts';

interface Settings {
  userDir?: string;
  lang?: unknown;
  linewatch?: { folder?: string; modelFolders?: unknown; uploadLimitMb?: unknown };
}

type Request = IncomingMessage & { query: Record<string, unknown>; body?: unknown };
type Response = ServerResponse & { status(code: number): Response; json(body: unknown): void };
type Handler = (request: Request, response: Response) => Promise<unknown>;

/** A file of the largest size ONNX allows in one piece. */
const UPLOAD_LIMIT_MB = 2048;
/** An upload that sends nothing for so long has broken off. */
const IDLE_MS = 60_000;

/** HTTP statuses of what is not simply wrong with the model (422). */
const statuses: Partial<Record<ErrorCode, number>> = {
  'model-missing': 404,
  'model-outside': 403,
  'upload-request': 415,
  'upload-name': 400,
  'upload-exists': 409,
  'trial-busy': 409,
  'upload-size': 413,
  'upload-disk': 507,
  'upload-folder': 500,
  'upload-unwritten': 500,
  internal: 500,
};

/** Where models are looked for, by settings.js. */
export const foldersOf = (settings: unknown): string[] =>
  modelFolders(dataFolder(settings as Settings), (settings as Settings).linewatch?.modelFolders);

/**
 * What the dialog of `onnx-model` asks of the gateway. All behind Node-RED's permissions; what changes something takes only requests
 * that a page of another origin can not send without being asked for (no form, no plain text).
 * `?lng=zh-CN` chooses the language of errors, `{ code, message }`; `?id=` the node whose environment variables stand in for `${NAME}`.
 */
export function registerModelAdmin(RED: NodeAPI): void {
  const settings = RED.settings as unknown as Settings;
  const app = RED.httpAdmin as unknown as Record<'get' | 'post' | 'put', (path: string, ...handlers: unknown[]) => void> | undefined;
  if (!app) return;
  const mayRead = RED.auth.needsPermission('linewatch.read');
  const mayWrite = RED.auth.needsPermission('linewatch.write');
  const answer = (handler: Handler) => (request: Request, response: Response) => {
    handler(request, response).then(
      (body) => response.json(body),
      (thrown) => refuse(request, response, thrown, settings),
    );
  };
  const fieldsOf = (values: object, { query }: Request) => {
    const node = typeof query.id === 'string' ? RED.nodes.getNode(query.id) : null;
    const { getSetting } = RED.util as unknown as { getSetting(node: Node | null, name: string): unknown };
    return new Fields(values, (variable) => getSetting(node, variable));
  };
  let isTrying = false;

  app.get(
    '/linewatch/models',
    mayRead,
    answer(() => listModels(foldersOf(settings))),
  );

  app.get(
    '/linewatch/models/describe',
    mayRead,
    answer(async (request) => {
      const { problems, ...model } = await describeModel(fieldsOf(request.query, request).text('path'), foldersOf(settings));
      return { ...model, problems: problems.map((problem) => wordError(problem, languageOf(request, settings))) };
    }),
  );

  app.get(
    '/linewatch/backends',
    mayRead,
    answer(async () => {
      const library = await nativeLibrary();
      return library.loads ? library.backends : [];
    }),
  );

  app.post(
    '/linewatch/models/try',
    mayWrite,
    answer(async (request, response) => {
      expectType(request, 'application/json');
      const subject = await trialSubject(readModelSettings(fieldsOf(Object(request.body), request)), foldersOf(settings));
      if (isTrying) throw new LinewatchError('trial-busy');
      isTrying = true;
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      try {
        return await tryModel(subject, gone.signal);
      } finally {
        isTrying = false;
      }
    }),
  );

  app.get(
    '/linewatch/models/upload',
    mayWrite,
    answer(async ({ query }) => {
      const { exists } = await checkUpload(uploadOf(query, Number(query.bytes), settings));
      return { exists };
    }),
  );

  app.put(
    '/linewatch/models/upload',
    mayWrite,
    answer(async (request) => {
      expectType(request, 'application/octet-stream');
      const upload = uploadOf(request.query, Number(request.headers['content-length'] ?? Number.NaN), settings);
      request.setTimeout(IDLE_MS, () => request.destroy());
      const end = allowTime(request);
      try {
        // Else the first refused byte would end the connection, and the browser would never hear why.
        const bytes = await receiveUpload(request.iterator({ destroyOnReturn: false }), upload, checkModelFile);
        return { path: upload.path, bytes };
      } finally {
        end();
      }
    }),
  );
}

const languageOf = ({ query }: Request, settings: Settings) => runtimeLanguage({ lang: query.lng ?? settings.lang });

function refuse(request: Request, response: Response, thrown: unknown, settings: Settings): void {
  const error = asLinewatchError(thrown);
  // What is still on its way is read and thrown away, and the connection ends.
  request.resume();
  if (response.destroyed || response.headersSent) return;
  if (!request.complete) response.setHeader('Connection', 'close');
  const status = statuses[error.code] ?? (/^(?:config|env)-/.test(error.code) ? 400 : 422);
  response.status(status).json({ code: error.code, message: wordError(error, languageOf(request, settings)) });
}

function expectType({ headers }: Request, expected: string): void {
  const got = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (got !== expected) throw new LinewatchError('upload-request', { expected, got: describe(headers['content-type']) });
}

function uploadOf({ path, replace }: Record<string, unknown>, bytes: number, settings: Settings): Upload {
  const folder = dataFolder(settings);
  if (folder === undefined) throw new LinewatchError('upload-folder');
  const limit = Number(settings.linewatch?.uploadLimitMb ?? UPLOAD_LIMIT_MB);
  return {
    folder: modelFolders(folder, [])[0] as string,
    path: typeof path === 'string' ? path : '',
    bytes: Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined,
    limitMb: Number.isFinite(limit) && limit > 0 ? limit : UPLOAD_LIMIT_MB,
    replace: replace === 'true',
  };
}

interface Times {
  requestTimeout: number;
}
const longer = new Map<Times, { uploads: number; usual: number }>();

/** Node.js ends a request that takes over 5 minutes to come, which a large model over a slow line does: not while one is uploaded. */
function allowTime({ socket }: IncomingMessage): () => void {
  const { server } = socket as unknown as { server?: Times };
  if (server === undefined) return () => {};
  const now = longer.get(server) ?? { uploads: 0, usual: server.requestTimeout };
  longer.set(server, now);
  now.uploads++;
  server.requestTimeout = 0;
  return () => {
    if (--now.uploads > 0) return;
    server.requestTimeout = now.usual;
    longer.delete(server);
  };
}
