/** What a detector saw, without words: `cause.ts` says it in the operator's language. */
export type Evidence =
  | { kind: 'residual'; tag: string; feature: string; unit: string; value: number; expected: number }
  | { kind: 'range'; tag: string; unit: string; value: number; limit: number; above: boolean }
  | { kind: 'shift'; tag: string; unit: string; value: number; expected: number }
  | { kind: 'frozen'; tag: string; unit: string; value: number; since: number; now: number }
  /** The course of the last readings is like none before; since and now in epoch ms. */
  | { kind: 'shape'; tag: string; unit: string; since: number; now: number }
  /** Root mean square of the steps from reading to reading, now and as it usually is. */
  | { kind: 'spread'; tag: string; unit: string; value: number; expected: number }
  /** Milliseconds of a gap, else between readings at a new rate; and as they usually are. */
  | { kind: 'pace'; tag: string; unit: string; value: number; expected: number; gap?: boolean }
  | { kind: 'season'; tag: string; unit: string; value: number; expected: number; over: 'day' | 'week' }
  /** What the other tags and the tag's own course let expect. */
  | { kind: 'together'; tag: string; unit: string; value: number; expected: number };

/** What a detector makes of one message. */
export interface Judgement {
  phase: 'learning' | 'watching';
  /** 0..1: how much of the learning is done. */
  progress: number;
  /** Natural logarithm of the p-value: how rarely healthy data look this odd. At most 0. */
  logP: number;
  /** Tag → its share of the oddity; the shares add up to 1, or are all 0 where nothing is odd. */
  contributions: Record<string, number>;
  /** The tags that weigh most, first the heaviest. */
  evidence: Evidence[];
  /** Tags whose lasting change has been taken for the new normal with this message. */
  adapted: string[];
  /** Tags whose change has lasted as long, and is still taken for an anomaly: said once. */
  drifted: string[];
  skipped: string[];
  /** Tags that are odd enough by themselves; empty where only all together are; missing where they are not looked at one by one. */
  alone?: string[];
}
