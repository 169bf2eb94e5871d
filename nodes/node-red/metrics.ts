import type { NodeAPI } from 'node-red';
import { asLinewatchError, describe, LinewatchError } from '../shared/errors.ts';
import { type Family, METRICS_TYPE, prometheusText } from '../shared/metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { runtimeLanguage, wordError } from './wording.ts';

const sources = new Map<string, () => Family[]>([['node-red', processMetrics()]]);

/** Adds metrics to what the endpoints show. @param name of the source: adding one of the same name again replaces it */
export function addMetrics(name: string, source: () => Family[]): void {
  sources.set(name, source);
}

/** All metrics of the pack, in Prometheus' text format. */
export function metricsText(): string {
  return prometheusText([...sources.values()].flatMap((source) => source()));
}

type Handler = (request: unknown, response: Response) => void;
interface Response {
  status(code: number): Response;
  type(mime: string): Response;
  send(body: string): void;
}
interface Application {
  get(path: string, ...handlers: unknown[]): void;
}

/**
 * Metrics at the admin address `linewatch/metrics`, behind Node-RED's permission `linewatch.read`; and where settings.js has
 * `linewatch: { metricsPath: '/metrics' }`, at that path of Node-RED's HTTP nodes as well, without the editor's login: a scraper has none.
 */
export function metricsEndpoints(RED: NodeAPI): void {
  const { httpAdmin, httpNode, auth, settings, log } = RED as unknown as {
    httpAdmin?: Application;
    httpNode?: Application;
    auth: { needsPermission(permission: string): unknown };
    settings: { lang?: unknown; linewatch?: { metricsPath?: unknown } };
    log: { error(text: string): void };
  };
  const answer: Handler = (_request, response) => {
    try {
      response.type(METRICS_TYPE).send(metricsText());
    } catch (thrown) {
      response.status(500).type('text/plain').send(asLinewatchError(thrown).message);
    }
  };
  httpAdmin?.get('/linewatch/metrics', auth.needsPermission('linewatch.read'), answer);
  try {
    const path = plainPath(settings.linewatch?.metricsPath);
    if (path !== undefined) httpNode?.get(path, answer);
  } catch (thrown) {
    log.error(`linewatch: ${wordError(asLinewatchError(thrown), runtimeLanguage(settings))}`);
  }
}

/**
 * The plain path that settings.js asks for; undefined where it asks for none.
 * @throws LinewatchError metrics-path: Express takes `*`, `:` and the like for patterns, and `/` would hide the user's own pages
 */
export function plainPath(given: unknown): string | undefined {
  if (given === undefined || given === null || given === '' || given === false) return undefined;
  const isPlain = typeof given === 'string' && given.length <= 200 && /^(\/[\w~-][\w.~-]*)+$/.test(given);
  if (!isPlain) throw new LinewatchError('metrics-path', { got: describe(given) });
  return given;
}
