import { AnswerLedger } from './answer-ledger.ts';

const ledgers = new Map<string, AnswerLedger>();

/**
 * The ledger of a serial line. It outlives connections: what was under way when a deploy closed one may come to the next.
 * @param label of the endpoint, see `labelOf`
 */
export function ledgerFor(label: string, timeoutMs: number): AnswerLedger {
  const ledger = ledgers.get(label) ?? new AnswerLedger(timeoutMs);
  ledgers.set(label, ledger);
  ledger.timeoutMs = timeoutMs;
  return ledger;
}
