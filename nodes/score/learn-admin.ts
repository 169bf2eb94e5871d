import type { NodeAPI } from 'node-red';
import { type Language, runtimeLanguage, wordError } from '../node-red/wording.ts';
import { asLinewatchError, LinewatchError } from '../shared/errors.ts';
import type { Collector } from './learn/collect/collector.ts';

/** What the dialog shows of a node. */
export interface LearnView {
  phase: Collector['phase'];
  paused: boolean;
  progress: number;
  collected: number;
  wanted: number | undefined;
  labels: Collector['labels'];
  skipped: Collector['skipped'];
  learned: Collector['learned'];
  /** In words. */
  refusal: string | undefined;
  /** Whether what was refused may be accepted as normal. */
  isAcceptable: boolean;
  /** Absolute path of the model's file. */
  file: string;
}

/** What a running node lets its dialog do. */
export interface LearnService {
  /** @param language of the refusal */
  view(language: Language): LearnView;
  /** Learns what was refused as the new normal. @throws LinewatchError learn-busy, learn-nothing */
  accept(): Promise<void>;
}

const services = new Map<string, LearnService>();

/** @returns takes it back */
export function showToDialog(id: string, service: LearnService): () => void {
  services.set(id, service);
  return () => {
    if (services.get(id) === service) services.delete(id);
  };
}

type Request = { params: { id: string }; query: Record<string, unknown> };
type Response = { status(code: number): Response; json(body: unknown): void };

/**
 * Both in the language of `?lng=`.
 *
 * - `GET linewatch/learning/<node id>` → a `LearnView`, or null for a node that is not deployed
 * - `POST linewatch/learning/<node id>/accept` → the `LearnView` while it trains; else `{ code, message }`
 */
export function registerLearnAdmin(RED: NodeAPI): void {
  const app = RED.httpAdmin as unknown as Record<'get' | 'post', (path: string, ...handlers: unknown[]) => void> | undefined;
  if (!app) return;
  const languageOf = ({ query }: Request) => runtimeLanguage({ lang: query.lng ?? (RED.settings as { lang?: unknown }).lang });
  app.get('/linewatch/learning/:id', RED.auth.needsPermission('linewatch.read'), (request: Request, response: Response) => {
    response.json(services.get(request.params.id)?.view(languageOf(request)) ?? null);
  });
  const accept = async (request: Request, response: Response) => {
    const service = services.get(request.params.id);
    try {
      if (service === undefined) throw new LinewatchError('score-not-deployed');
      await service.accept();
      response.json(service.view(languageOf(request)));
    } catch (thrown) {
      const error = asLinewatchError(thrown);
      response.status(service === undefined ? 404 : 409).json({ code: error.code, message: wordError(error, languageOf(request)) });
    }
  };
  app.post('/linewatch/learning/:id/accept', RED.auth.needsPermission('linewatch.write'), accept);
}
