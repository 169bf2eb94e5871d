import { backoffMs } from '../../shared/backoff.ts';
import type { ErrorCode, LinewatchError } from '../../shared/errors.ts';
import type { Random } from '../../shared/random.ts';

const USUAL = { firstMs: 1000, mostMs: 30_000 };
/** Cameras lock a user out after a few wrong passwords. */
const LOGIN = { firstMs: 60_000, mostMs: 900_000 };

/** A trouble that comes again sooner, with pictures between, is no news: a camera that dies with each picture would fill the log. */
const AGAIN_MS = 60_000;

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
  /** When each trouble was told. */
  readonly #told = new Map<ErrorCode, number>();
  /** On the clock's `elapsed`: not before. */
  #nextAt = Number.NEGATIVE_INFINITY;
  last: LinewatchError | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  /** @returns whether it is a trouble not told of this outage yet, and how long to wait */
  failed(error: LinewatchError, now: number): { isNews: boolean; waitMs: number; passes: boolean } {
    const toldAt = this.#told.get(error.code);
    const isNews = toldAt === undefined || (this.last === undefined && now - toldAt >= AGAIN_MS);
    if (isNews) this.#told.set(error.code, now);
    const isLogin = loginCodes.includes(error.code);
    // A new trouble is tried anew soon: it moved.
    this.#failures = isNews ? 1 : this.#failures + 1;
    this.last = error;
    const waitMs = backoffMs(this.#failures, isLogin ? LOGIN : USUAL, this.#random);
    this.#nextAt = now + waitMs;
    return { isNews, waitMs, passes: passing.includes(error.code) };
  }

  worked(): void {
    this.#failures = 0;
    this.last = undefined;
    this.#nextAt = Number.NEGATIVE_INFINITY;
  }

  /** @param isAsked somebody waits for the picture: then only a login that was refused is not tried again at once */
  isOver(now: number, isAsked: boolean): boolean {
    return now >= this.#nextAt || (isAsked && !loginCodes.includes(this.last?.code as ErrorCode));
  }
}
