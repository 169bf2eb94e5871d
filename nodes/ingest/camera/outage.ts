import { backoffMs } from '../../shared/backoff.ts';
import type { ErrorCode, LinewatchError } from '../../shared/errors.ts';
import type { Random } from '../../shared/random.ts';

const USUAL = { firstMs: 1000, mostMs: 30_000 };
/** Cameras lock a user out after a few wrong passwords. */
const LOGIN = { firstMs: 60_000, mostMs: 900_000 };

const loginCodes: readonly ErrorCode[] = ['camera-login', 'camera-login-needed', 'camera-login-method'];
/** What passes by itself; all else needs somebody. */
const passing: readonly ErrorCode[] = [
  'camera-refused',
  'camera-unreachable',
  'camera-timeout',
  'camera-ended',
  'camera-cut',
  'camera-ffmpeg',
  'camera-status',
  'camera-folder',
];

/** When to try again after pictures have failed, and what is news of it. */
export class Outage {
  readonly #random: Random;
  #failures = 0;
  #code: ErrorCode | undefined;
  /** On the clock's `elapsed`: not before. */
  #nextAt = Number.NEGATIVE_INFINITY;
  last: LinewatchError | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  /** @returns whether it is another trouble than before, and how long to wait */
  failed(error: LinewatchError, now: number): { isNews: boolean; waitMs: number; passes: boolean } {
    const isNews = error.code !== this.#code;
    const isLogin = loginCodes.includes(error.code);
    // A new trouble is tried anew soon: it moved.
    this.#failures = isNews ? 1 : this.#failures + 1;
    this.#code = error.code;
    this.last = error;
    const waitMs = backoffMs(this.#failures, isLogin ? LOGIN : USUAL, this.#random);
    this.#nextAt = now + waitMs;
    return { isNews, waitMs, passes: passing.includes(error.code) };
  }

  worked(): void {
    this.#failures = 0;
    this.#code = undefined;
    this.last = undefined;
    this.#nextAt = Number.NEGATIVE_INFINITY;
  }

  /** @param isAsked somebody waits for the picture: then only a login that was refused is not tried again at once */
  isOver(now: number, isAsked: boolean): boolean {
    return now >= this.#nextAt || (isAsked && !loginCodes.includes(this.#code as ErrorCode));
  }
}
