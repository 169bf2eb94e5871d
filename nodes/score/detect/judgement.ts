/** What a detector saw, without words: `cause.ts` says it in the operator's language. */
export type Evidence =
  | { kind: 'residual'; tag: string; feature: string; unit: string; value: number; expected: number }
  | { kind: 'range'; tag: string; unit: string; value: number; limit: number; above: boolean }
  | { kind: 'shift'; tag: string; unit: string; value: number; expected: number }
  | { kind: 'frozen'; tag: string; unit: string; value: number; since: number; now: number };

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
  skipped: string[];
}
