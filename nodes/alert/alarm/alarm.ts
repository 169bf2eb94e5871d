import { LinewatchError } from '../../shared/errors.ts';
import type { AlertState } from '../../shared/messages.ts';

export interface AlarmDelays {
  /** ms for which the condition must hold before the alarm is raised, and be gone before it is cleared. */
  onDelayMs: number;
  offDelayMs: number;
}

/** What an alarm was told or what it came to. */
export interface Transition {
  from: AlertState;
  to: AlertState;
  /** Epoch ms at which the condition began (raised) or ended (cleared), or the command came. */
  at: number;
}

/**
 * One alarm: normal → raised → (acknowledged →) cleared or normal. An alarm that cleared before anybody acknowledged it
 * stays `cleared` until that is done or it is raised again; an acknowledged one is told as cleared and is normal at once
 * (ISA-18.2: returned to normal unacknowledged, and acknowledged). Time that passes while the condition is unknown counts
 * for no delay, nor does a clock that jumps back.
 */
export class Alarm {
  readonly #delays: AlarmDelays;
  #state: AlertState = 'normal';
  #since = 0;
  #pending: { began: number; elapsedMs: number } | undefined;
  #known = false;
  #time = Number.NEGATIVE_INFINITY;

  constructor(delays: AlarmDelays) {
    this.#delays = delays;
  }

  get state(): AlertState {
    return this.#state;
  }

  /** Epoch ms at which the condition of the last raise began. */
  get since(): number {
    return this.#since;
  }

  /** Whether the alarm is raised, acknowledged or not. */
  get active(): boolean {
    return this.#state === 'raised' || this.#state === 'acknowledged';
  }

  /** ms until the state changes by itself if the condition stays as it is; undefined where it does not. */
  get remainingMs(): number | undefined {
    if (this.#pending === undefined || !this.#known) return undefined;
    return Math.max(0, this.#delayMs - this.#pending.elapsedMs);
  }

  /**
   * @param condition whether it holds; undefined where nobody can tell: the alarm stays what it is
   * @param now epoch ms
   */
  evaluate(condition: boolean | undefined, now: number): Transition | undefined {
    const passedMs = this.#known ? Math.max(0, now - this.#time) : 0;
    this.#time = now;
    this.#known = condition !== undefined;
    if (condition === undefined) return undefined;
    if (condition === this.active) {
      this.#pending = undefined;
      return undefined;
    }
    if (this.#pending === undefined) this.#pending = { began: now, elapsedMs: 0 };
    else this.#pending.elapsedMs += passedMs;
    if (this.#pending.elapsedMs < this.#delayMs) return undefined;
    const { began } = this.#pending;
    if (condition) {
      this.#since = began;
      return this.#go('raised', began);
    }
    return this.#go('cleared', began, this.#state === 'acknowledged' ? 'normal' : 'cleared');
  }

  /** @throws LinewatchError alert-nothing where nothing waits to be acknowledged */
  acknowledge(now: number): Transition {
    if (this.#state === 'raised') return this.#go('acknowledged', now);
    if (this.#state === 'cleared') return this.#go('normal', now);
    throw new LinewatchError('alert-nothing', { command: 'acknowledge', state: this.#state });
  }

  /** Back to normal, whatever it was; where the condition holds on, the on-delay begins anew. Nothing where it was normal. */
  reset(now: number): Transition | undefined {
    this.#pending = undefined;
    return this.#state === 'normal' ? undefined : this.#go('normal', now);
  }

  get #delayMs(): number {
    return this.active ? this.#delays.offDelayMs : this.#delays.onDelayMs;
  }

  #go(to: AlertState, at: number, rest: AlertState = to): Transition {
    const from = this.#state;
    this.#pending = undefined;
    this.#state = rest;
    return { from, to, at };
  }
}
