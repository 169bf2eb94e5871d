import type { Doubt } from './answer-ledger.ts';

/** What is known of a serial line. */
export interface LineTrust {
  /** Too few answers to know how long one takes. */
  isNew: boolean;
  /** Bytes came lately that nobody had asked for. */
  isWary: boolean;
  /** Answers come in the order of their requests. */
  isOrdered: boolean;
}

export interface Precautions {
  /** Send a request of another shape before: behind its answer, none from before it will come where order is kept. */
  fence: boolean;
  /** Wait after the answer until the true one would have come, should this one not have been it. */
  settle: boolean;
  /** Believe it only when it comes twice, with a fence between. */
  twice: boolean;
}

/** What it takes to believe an answer: each doubt costs time, so only where it is due. Pure. */
export function precautionsFor(doubt: Doubt, { isNew, isWary, isOrdered }: LineTrust): Precautions {
  const isAlarmed = isNew || isWary || !isOrdered;
  return { fence: doubt === 3 || (doubt > 0 && isAlarmed), settle: doubt > 0 || isWary, twice: doubt >= 2 && !isOrdered };
}
