import { decadeBounds, Histogram } from '../../../shared/histogram.ts';

/** What a connection has done since it began. */
export interface Figures {
  requests: number;
  /** Answers that were used, exceptions not counted. */
  answers: number;
  exceptions: number;
  timeouts: number;
  /** Answers that did not fit their request, garbage, and bytes that nobody had asked for. */
  misfits: number;
  /** Connections that came about after the first. */
  reconnects: number;
  writes: { acknowledged: number; failed: number; unknown: number };
  /** From a request to its answer. */
  latencyMs: Histogram;
}

export function newFigures(): Figures {
  return {
    requests: 0,
    answers: 0,
    exceptions: 0,
    timeouts: 0,
    misfits: 0,
    reconnects: 0,
    writes: { acknowledged: 0, failed: 0, unknown: 0 },
    latencyMs: new Histogram(decadeBounds(0.1, 10_000)),
  };
}
