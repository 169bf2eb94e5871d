import type { Node, NodeAPI } from 'node-red';
import { serviceOf } from '../../../node-red/define-node.ts';
import { Fields, type LookUp } from '../../../node-red/fields.ts';
import { type Language, runtimeLanguage, wordError } from '../../../node-red/wording.ts';
import { asLinewatchError, describe, LinewatchError } from '../../../shared/errors.ts';
import type { UnitSettings } from '../link/unit-settings.ts';
import type { Reader } from '../protocol/request.ts';
import { readNow } from './read-now.ts';
import { readTag } from './table.ts';
import { type ImportOptions, importTags } from './tag-csv.ts';

interface Request {
  body?: unknown;
  query: Record<string, unknown>;
  headers: Record<string, string | undefined>;
}
interface Response {
  json(body: unknown): void;
  status(code: number): Response;
}

type Connection = Reader & { settingsOf(unit: number): UnitSettings };

/** Nobody reads more of them at once. */
const SHOWN_PROBLEMS = 20;

/**
 * What the tag table of a dialog asks of the gateway. Both take JSON only, which a page of another origin can not send without being asked for.
 * `id` is the node whose environment variables stand in for `${NAME}`, `?lng=zh-CN` the language of errors.
 *
 * - `POST linewatch/modbus-in/import-tags` `{ text, oneBased, heading, id }` (as `ImportOptions`) → `{ rows }`, or `{ problems: [{ row, column, message }], more }`
 * - `POST linewatch/modbus-in/read-now` `{ connection, unit, row, id }` → a `Reading`, or `{ error }`
 */
export function tagEndpoints(RED: NodeAPI): void {
  const app = RED.httpAdmin as unknown as { post(path: string, ...handlers: unknown[]): void } | undefined;
  if (!app) return;
  const lookUpOf = (id: unknown): LookUp => {
    const node = typeof id === 'string' ? RED.nodes.getNode(id) : null;
    const { getSetting } = RED.util as unknown as { getSetting(node: Node | null, name: string): unknown };
    return (variable) => getSetting(node, variable);
  };
  const answer =
    (handler: (body: Record<string, unknown>, language: Language) => Promise<object>) => (request: Request, response: Response) => {
      const language = runtimeLanguage({ lang: request.query.lng ?? (RED.settings as unknown as { lang?: unknown }).lang });
      if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
        const got = describe(request.headers['content-type']);
        const error = new LinewatchError('upload-request', { expected: 'application/json', got });
        return response.status(415).json({ error: wordError(error, language) });
      }
      handler(Object(request.body) as Record<string, unknown>, language).then(
        (body) => response.json(body),
        (thrown) => response.json({ error: wordError(asLinewatchError(thrown), language) }),
      );
    };

  app.post(
    '/linewatch/modbus-in/import-tags',
    // A misfit is quoted, and may be the value of an environment variable.
    RED.auth.needsPermission('linewatch.write'),
    answer(async ({ text, oneBased, heading, id }, language) => {
      const options: ImportOptions = {
        oneBased: typeof oneBased === 'boolean' ? oneBased : undefined,
        heading: heading === 'optional' ? 'optional' : 'needed',
        lookUp: lookUpOf(id),
      };
      const { rows, problems } = await importTags(typeof text === 'string' ? text : '', options);
      if (problems.length === 0) return { rows };
      const shown = problems.slice(0, SHOWN_PROBLEMS).map(({ code, context }) => {
        // The row stands beside the message.
        const { row, ...rest } = context;
        return { row, column: context.column ?? '', message: wordError(new LinewatchError(code, rest), language) };
      });
      return { problems: shown, more: problems.length - shown.length };
    }),
  );

  app.post(
    '/linewatch/modbus-in/read-now',
    RED.auth.needsPermission('linewatch.write'),
    answer(async ({ connection: name, unit: given, row, id }) => {
      const fields = new Fields({ connection: name, unit: given }, lookUpOf(id));
      const unit = fields.number('unit', { default: 1, min: 0, max: 255, integer: true });
      const connection = deployed(RED, fields.text('connection', { optional: true }));
      const tagFields = new Fields(Object(row), lookUpOf(id));
      return readNow(
        connection,
        unit,
        readTag(tagFields, tagFields.text('name', { default: '?' }), undefined, connection.settingsOf(unit)),
      );
    }),
  );
}

function deployed(RED: NodeAPI, id: string): Connection {
  try {
    return serviceOf<Connection>(RED, 'connection', id, 'modbus-connection');
  } catch (thrown) {
    throw new LinewatchError('modbus-not-deployed', {}, thrown);
  }
}
