/** Reads without end through a fault proxy, and tells what came of it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { RawValues } from '../../../../nodes/ingest/modbus/protocol/request.ts';
import type { Random } from '../../../../nodes/shared/random.ts';

export interface Outcome {
  /** Values that came as good and were right … */
  good: number;
  /** … and that were of another address, or read before they were asked for. */
  wrong: number;
  /** Reads that ended in an error. */
  failed: number;
  /** Reads that did not end within `STUCK_MS`. */
  stuck: number;
  longestMs: number;
  /** What the first wrong ones were. */
  examples: string[];
  /** Error codes, and how often. */
  errors: Map<string, number>;
}

/** A read (a scan) that goes on longer than this never ends: time-outs are 50 ms, and a connection is made anew within a second. */
export const STUCK_MS = 15_000;
/** Addresses that are read, by two registers each: few, so that many requests look alike. */
export const PAIRS = 40;
const AFTER_FAILURE_MS = 2;

export function noOutcome(): Outcome {
  return { good: 0, failed: 0, wrong: 0, stuck: 0, longestMs: 0, examples: [], errors: new Map() };
}

/**
 * Why registers of a stamping server can not be what a read just asked for; '' where they can.
 * @param servedBefore what had been served when the read began (16 bits)
 */
export function problemOf(raw: RawValues, address: number, length: number, servedBefore: number): string {
  if (raw.length !== length) return `${raw.length} registers instead of ${length}`;
  for (let at = 0; at < length; at += 2) {
    if (raw[at + 1] !== address + at) return `the registers of ${raw[at + 1]} at ${address + at}`;
    const ahead = ((raw[at] as number) - servedBefore) & 0xffff;
    if (ahead === 0 || ahead > 0x7fff) return `read ${(1 - ahead) & 0xffff} requests before it was asked for, at ${address}`;
  }
  return '';
}

/** One more value that came as good. @param problem as `problemOf` gives it */
export function judge(outcome: Outcome, problem: string): void {
  if (problem === '') {
    outcome.good++;
    return;
  }
  outcome.wrong++;
  if (outcome.examples.length < 10) outcome.examples.push(problem);
}

/** A read (a scan) that failed, since `start`. While the unit is left alone or the connection made anew, the next would fail at once. */
export async function countFailure(outcome: Outcome, code: string, start: number): Promise<void> {
  outcome.failed++;
  outcome.errors.set(code, (outcome.errors.get(code) ?? 0) + 1);
  if (performance.now() - start < AFTER_FAILURE_MS) await delay(AFTER_FAILURE_MS);
}

/**
 * Reads until `going` says no: pairs of registers at few addresses, one read at a time.
 * @param read of holding registers
 * @param served how many reads the server has served
 */
export async function hammer(
  outcome: Outcome,
  random: Random,
  going: () => boolean,
  served: () => number,
  read: (address: number, length: number) => Promise<RawValues>,
): Promise<void> {
  while (going()) {
    const address = 2 * Math.floor(random() * PAIRS);
    const length = 2 * (1 + Math.floor(random() * random() * 8));
    const before = served();
    const start = performance.now();
    const end = await within(STUCK_MS, read(address, length));
    outcome.longestMs = Math.max(outcome.longestMs, performance.now() - start);
    if (end === 'stuck') outcome.stuck++;
    else if ('error' in end) await countFailure(outcome, String((end.error as { code?: unknown }).code ?? end.error), start);
    else judge(outcome, problemOf(end.result, address, length, before));
  }
}

export async function within<Result>(ms: number, work: Promise<Result>): Promise<{ result: Result } | { error: unknown } | 'stuck'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'stuck'>((resolve) => {
    timer = setTimeout(() => resolve('stuck'), ms);
  });
  const end = work.then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  try {
    return await Promise.race([end, late]);
  } finally {
    clearTimeout(timer);
  }
}
