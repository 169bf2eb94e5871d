import type { NodeAPI } from 'node-red';
import { addMetrics, metricsEndpoints } from '../node-red/metrics.ts';
import { runtimeLanguage, wordError } from '../node-red/wording.ts';
import { type HandleView, hostReports, modelFamilies } from './model-metrics.ts';

interface Request {
  query: { language?: unknown };
}
interface Response {
  json(body: unknown): void;
}

/**
 * What can be seen of the models: Prometheus text (see `metricsEndpoints`), and for the editor's sidebar `linewatch/hosts`:
 * `{ at, models }`, where `at` is this process' own time in ms, for rates; `?language=zh-CN` chooses that of the errors.
 */
export function registerMetrics(RED: NodeAPI, handles: () => Iterable<HandleView>): void {
  addMetrics('models', () => modelFamilies(handles()));
  metricsEndpoints(RED);
  const { httpAdmin, auth, settings } = RED as unknown as {
    httpAdmin?: { get(path: string, ...handlers: unknown[]): void };
    auth: { needsPermission(permission: string): unknown };
    settings: { lang?: unknown };
  };
  httpAdmin?.get('/linewatch/hosts', auth.needsPermission('linewatch.read'), ({ query }: Request, response: Response) => {
    const language = runtimeLanguage({ lang: query.language ?? settings.lang });
    response.json({ at: performance.now(), models: hostReports(handles(), (error) => wordError(error, language)) });
  });
}
