import type { Node, NodeAPI } from 'node-red';
import { serviceOf } from '../../node-red/define-node.ts';
import { Fields } from '../../node-red/fields.ts';
import { runtimeLanguage, wordError } from '../../node-red/wording.ts';
import { asLinewatchError, describe, LinewatchError } from '../../shared/errors.ts';
import { annotate, type Scene } from './annotate-message.ts';
import { sampleScene } from './sample-scene.ts';
import { readSettings, styleOf } from './settings.ts';

/** What the dialog's preview asks of a running node. */
export interface AnnotateService {
  /** The last scene drawn. */
  scene(): Scene | undefined;
}

interface Request {
  body?: unknown;
  query: Record<string, unknown>;
  headers: Record<string, string | undefined>;
}
interface Response {
  json(body: unknown): void;
  status(code: number): Response;
}

/**
 * `POST linewatch/annotate/preview` `{ id, fields, labels }` → `{ url, width, height, bytes, isSample }`, or `{ error }`: the last picture that
 * the node `id` saw, or a made-up one with `labels`, drawn as the open dialog says. It takes JSON only, which a page of another origin can
 * not send without being asked for. `?lng=zh-CN` chooses the language of errors.
 */
export function previewEndpoint(RED: NodeAPI): void {
  const app = RED.httpAdmin as unknown as { post(path: string, ...handlers: unknown[]): void } | undefined;
  if (!app) return;
  let isDrawing = false;

  const preview = async ({ id, fields, labels }: Record<string, unknown>) => {
    const node = typeof id === 'string' ? RED.nodes.getNode(id) : null;
    const { getSetting } = RED.util as unknown as { getSetting(node: Node | null, name: string): unknown };
    const settings = readSettings(new Fields(Object(fields) as object, (variable) => getSetting(node, variable)));
    const last = lastScene(RED, id);
    const scene = last ?? sampleScene(Array.isArray(labels) ? labels.map(String) : []);
    const { data, width, height } = await annotate(scene, settings, styleOf(settings));
    const url = `data:image/${settings.format};base64,${data.toString('base64')}`;
    return { url, width, height, bytes: data.length, isSample: last === undefined };
  };

  // A misfit is quoted, and may be the value of an environment variable.
  app.post('/linewatch/annotate/preview', RED.auth.needsPermission('linewatch.write'), async (request: Request, response: Response) => {
    const language = runtimeLanguage({ lang: request.query.lng ?? (RED.settings as unknown as { lang?: unknown }).lang });
    try {
      const type = request.headers['content-type'] ?? '';
      if (!/^application\/json\b/i.test(type)) {
        throw new LinewatchError('upload-request', { expected: 'application/json', got: describe(type) });
      }
      if (isDrawing) throw new LinewatchError('annotate-busy', { waiting: 1 });
      isDrawing = true;
      try {
        response.json(await preview(Object(request.body) as Record<string, unknown>));
      } finally {
        isDrawing = false;
      }
    } catch (thrown) {
      const error = asLinewatchError(thrown);
      response.status(error.code === 'upload-request' ? 415 : 200).json({ error: wordError(error, language) });
    }
  });
}

function lastScene(RED: NodeAPI, id: unknown): Scene | undefined {
  try {
    return serviceOf<AnnotateService>(RED, 'id', String(id ?? ''), 'annotate').scene();
  } catch {
    // Not deployed yet.
    return undefined;
  }
}
