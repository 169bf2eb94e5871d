/** What collecting is asked for, how far it is and what is kept of it. */
import type { Anchor, LearningTask, TrainingReport } from '../contract.ts';
import type { RowShape, Skipped } from './read-row.ts';
import type { RowStoreState } from './row-store.ts';

export interface CollectOptions {
  task: LearningTask;
  /** How much is collected before training: windows (task classes: of each label), or the time that they cover. */
  amount: { windows: number } | { ms: number };
  /** After so long a learned model is trained again by itself; 0: never. Not for classes. */
  everyMs: number;
  /** What else the model depends on (its name, method, target), as text: where it is another after a restart, learning is done again. */
  recipe?: string;
}

/** What a training is to be: kept until it has ended, over a restart too. */
export interface TrainingOrder {
  /** Also from what looks anomalous. */
  accept?: boolean;
  /** Nobody asked for it: the model must not be worse. */
  isOwn?: boolean;
}

/**
 * - idle: collects nothing (classes: no label is being taught)
 * - collecting, training
 * - learned: there is a model; with `everyMs` windows are collected for the next
 * - refused: training gave no model; what was collected is kept
 */
export type LearningPhase = 'idle' | 'collecting' | 'training' | 'learned' | 'refused';

export interface Learned {
  /** Epoch ms. */
  at: number;
  report: TrainingReport;
}

/** Why the last training gave no model: code and context of a LinewatchError. */
export interface Refusal {
  code: string;
  context: Record<string, unknown>;
}

/** An anchor as JSON: `rows` float32, little-endian, base64. */
export type AnchorState = Omit<Anchor, 'rows'> & { rows: string };

/** What is kept over a restart, as JSON. */
export interface CollectorState {
  version: 1;
  task: LearningTask;
  amount: CollectOptions['amount'];
  recipe: string | null;
  phase: LearningPhase;
  paused: boolean;
  shape: RowShape | null;
  seen: number;
  coveredMs: number;
  needed: number | null;
  rows: RowStoreState | null;
  fresh: RowStoreState | null;
  doubted: RowStoreState | null;
  labels: { label: string; rows: RowStoreState }[];
  label: string | null;
  skipped: Partial<Record<Skipped, number>>;
  learned: Learned | null;
  before: Learned | null;
  anchor?: AnchorState | null;
  anchorBefore?: AnchorState | 'same' | null;
  order: TrainingOrder;
  checkedAt: number;
  refusal: Refusal | null;
}

/** What came of a window. `complete`: it was the last that was wanted; `other`: it made a fresh beginning, as all windows look so now. */
export type Added = { kind: 'collected' | 'complete' | 'idle' | 'other' } | { kind: 'skipped'; reason: Skipped };

/** JSON text in pieces, between which others get their turn. */
export function* piecesOf(state: CollectorState): Generator<string> {
  let separator = '{';
  for (const [key, value] of Object.entries(state)) {
    yield `${separator}${JSON.stringify(key)}:${JSON.stringify(value)}`;
    separator = ',';
  }
  yield '}';
}
