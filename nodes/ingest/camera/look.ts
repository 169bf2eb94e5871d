import type { Node, NodeAPI } from 'node-red';
import { Fields } from '../../node-red/fields.ts';
import { runtimeLanguage, wordError } from '../../node-red/wording.ts';
import { realClock } from '../../shared/clock.ts';
import { asLinewatchError, describe, LinewatchError } from '../../shared/errors.ts';
import { type CameraConfig, readCamera } from './config.ts';
import { openSource, type Surroundings } from './open-source.ts';

interface Request {
  body?: unknown;
  query: Record<string, unknown>;
  headers: Record<string, string | undefined>;
}
interface Response {
  json(body: unknown): void;
  status(code: number): Response;
}

/** What the editor shows in place of a password that it has never been told. */
const STORED = '__PWRD__';

/** Host of each node that is deployed: a stored password goes to no other. */
const deployedHosts = new Map<string, string>();

/** @returns takes it back */
export function noteDeployed(nodeId: string, config: CameraConfig): () => void {
  if ('url' in config) deployedHosts.set(nodeId, config.url.host);
  return () => deployedHosts.delete(nodeId);
}

/**
 * `POST linewatch/camera-in/look` `{ id, fields, credentials: { user, password } }`, as JSON, with the fields of the dialog as they are now:
 * takes one picture → `{ type, width, height, bytes, ms, data }`, `data` in base64; or `{ error: { code, message } }` in the language of `?lng=`.
 * Nothing is moved or noted as sent. Behind the permission `linewatch.write`, as it makes the gateway open a connection.
 */
export function registerLook(RED: NodeAPI, surroundingsOf: (nodeId: string) => Omit<Surroundings, 'clock'>): void {
  const app = RED.httpAdmin as unknown as { post(path: string, ...handlers: unknown[]): void } | undefined;
  const { getSetting } = RED.util as unknown as { getSetting(node: Node | null, name: string): unknown };

  async function look(body: Record<string, unknown>): Promise<object> {
    const id = typeof body.id === 'string' ? body.id : '';
    const node = RED.nodes.getNode(id);
    const fields = new Fields(Object(body.fields), (variable) => getSetting(node, variable));
    const given = Object(body.credentials) as Record<string, unknown>;
    const credentials = { user: String(given.user ?? ''), password: given.password === STORED ? '' : String(given.password ?? '') };
    let config = readCamera(fields, credentials);
    if ('url' in config && given.password === STORED) {
      if (deployedHosts.get(id) !== config.url.host) throw new LinewatchError('camera-look-password');
      const stored = (node as unknown as { credentials?: { password?: string } } | null)?.credentials?.password ?? '';
      config = readCamera(fields, { ...credentials, password: stored });
    }
    if (config.source === 'folder') config = { source: 'repeat', path: config.path, intervalMs: undefined, limitMb: config.limitMb };
    const source = openSource(config, { ...surroundingsOf(id), clock: realClock });
    const start = performance.now();
    try {
      const picture = await source.next(true);
      if (picture === undefined) throw new LinewatchError('camera-none-new');
      const { type, width, height } = picture.kind;
      const ms = Math.round(performance.now() - start);
      return { type, width, height, bytes: picture.bytes.length, ms, data: picture.bytes.toString('base64') };
    } finally {
      await source.close();
    }
  }

  const answer = (request: Request, response: Response) => {
    const language = runtimeLanguage({ lang: request.query.lng ?? (RED.settings as unknown as { lang?: unknown }).lang });
    const refuse = (error: LinewatchError) => ({ error: { code: error.code, message: wordError(error, language) } });
    // A page of another origin can not send JSON without being asked for.
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      const got = describe(request.headers['content-type']);
      return response.status(415).json(refuse(new LinewatchError('upload-request', { expected: 'application/json', got })));
    }
    look(Object(request.body) as Record<string, unknown>).then(
      (found) => response.json(found),
      (thrown) => response.json(refuse(asLinewatchError(thrown))),
    );
  };
  app?.post('/linewatch/camera-in/look', RED.auth.needsPermission('linewatch.write'), answer);
}
