import type { NodeAPI } from 'node-red';
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
  /** Absolute path of the model's file. */
  file: string;
}

const views = new Map<string, () => LearnView>();

/** @returns takes it back */
export function showToDialog(id: string, view: () => LearnView): () => void {
  views.set(id, view);
  return () => {
    if (views.get(id) === view) views.delete(id);
  };
}

type Handler = (request: { params: { id: string } }, response: { json(body: unknown): void }) => void;

/** `GET linewatch/learning/<node id>` behind Node-RED's permission `linewatch.read`: a `LearnView`, or null for a node that is not deployed. */
export function registerLearnAdmin(RED: NodeAPI): void {
  const app = RED.httpAdmin as unknown as { get(path: string, ...handlers: unknown[]): void } | undefined;
  const answer: Handler = ({ params }, response) => {
    response.json(views.get(params.id)?.() ?? null);
  };
  app?.get('/linewatch/learning/:id', RED.auth.needsPermission('linewatch.read'), answer);
}
