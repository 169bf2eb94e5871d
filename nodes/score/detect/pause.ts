import { isDate } from '../../shared/dates.ts';
import type { TagValue } from '../../shared/messages.ts';

/** When the machine runs: only then is it watched. */
export type RunningRule = { tag: string; settleMs: number } & (
  | { is: 'on' }
  | { is: 'above' | 'below'; limit: number }
  | { is: 'equal'; text: string }
);

/** Why nothing is judged. `unknown`: it can not be told whether the machine runs. */
export type PauseReason = 'command' | 'off' | 'settling' | 'unknown';

/** In English, German and Chinese, as programs of controllers and gateways write it. */
const yes = ['true', 'on', 'yes', 'run', 'running', 'ein', 'ja', '开', '是', '运行', '运行中'];

/**
 * Whether the machine runs by this value of the rule's tag; undefined where the value can not tell.
 * "On" is true, a number other than 0 (also as a text), or a text that says yes, however it is written. "Equal" compares numbers as numbers,
 * true as 1 and false as 0, other texts exactly.
 */
export function runs(rule: RunningRule, value: TagValue): boolean | undefined {
  if (value === null || (typeof value === 'number' && !Number.isFinite(value))) return undefined;
  const text = String(value).trim();
  const number = numberOf(text);
  if (rule.is === 'on') return number === undefined ? yes.includes(text.toLowerCase()) : number !== 0;
  if (rule.is === 'equal') return text === rule.text || (number !== undefined && number === numberOf(rule.text));
  if (number === undefined) return undefined;
  return rule.is === 'above' ? number > rule.limit : number < rule.limit;
}

/** What a text says as a number: true is 1, false is 0. */
function numberOf(text: string): number | undefined {
  if (/^true$/i.test(text)) return 1;
  if (/^false$/i.test(text)) return 0;
  const number = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}

export interface PauseState {
  byCommand: boolean;
  until: number | null;
  on: boolean | null;
  onSince: number | null;
  badSince: number | null;
}

/**
 * Whether to watch: not while paused by command, and, with a rule, only while the machine runs and has settled. A value that
 * can not be used counts as the last one for as long as settling takes, then as not running. Without any value it is not known.
 */
export class Pause {
  readonly #rule: RunningRule | undefined;
  #byCommand: boolean;
  #until: number | undefined;
  #on: boolean | undefined;
  #onSince: number | undefined;
  #badSince: number | undefined;

  /** @throws Error where the state is none */
  constructor(rule?: RunningRule, state?: PauseState) {
    if (state !== undefined) check(state);
    this.#rule = rule;
    this.#byCommand = state?.byCommand ?? false;
    this.#until = state?.until ?? undefined;
    this.#on = state?.on ?? undefined;
    this.#onSince = state?.onSince ?? undefined;
    this.#badSince = state?.badSince ?? undefined;
  }

  /** Paused by command, until `resume` or the first message from `until` (epoch ms) on. */
  pause(until?: number): void {
    this.#byCommand = true;
    this.#until = until;
  }

  resume(): void {
    this.#byCommand = false;
    this.#until = undefined;
  }

  /** When a pause by command ends by itself. */
  get until(): number | undefined {
    return this.#until;
  }

  /** A value of the rule's tag has come; null where it can not be used. */
  observe(value: TagValue, time: number): void {
    if (this.#rule === undefined) return;
    const on = runs(this.#rule, value);
    if (on === undefined) {
      this.#badSince ??= time;
      return;
    }
    this.#stale(time);
    this.#badSince = undefined;
    if (on && this.#on !== true) this.#onSince = time;
    this.#on = on;
  }

  /** Why nothing is judged at this time (epoch ms); undefined while watching. */
  reason(time: number): PauseReason | undefined {
    if (this.#until !== undefined && time >= this.#until) this.resume();
    if (this.#byCommand) return 'command';
    if (this.#rule === undefined) return undefined;
    this.#stale(time);
    if (this.#on === undefined) return 'unknown';
    if (!this.#on) return 'off';
    // A clock that was set back would make settling last for ever.
    if (this.#onSince !== undefined && time < this.#onSince) this.#onSince = time;
    if (time - (this.#onSince ?? time) < this.#rule.settleMs) return 'settling';
    return undefined;
  }

  toState(): PauseState {
    return {
      ...{ byCommand: this.#byCommand, until: this.#until ?? null },
      ...{ on: this.#on ?? null, onSince: this.#onSince ?? null, badSince: this.#badSince ?? null },
    };
  }

  #stale(time: number): void {
    if (this.#badSince === undefined || this.#rule === undefined) return;
    if (time < this.#badSince) this.#badSince = time;
    else if (time - this.#badSince >= this.#rule.settleMs) this.#on = undefined;
  }
}

function check(state: PauseState): void {
  const times = [state.until, state.onSince, state.badSince].every((time) => time === null || isDate(time));
  const flags = typeof state.byCommand === 'boolean' && [null, true, false].includes(state.on);
  if (!times || !flags) throw new Error('pause: a part is missing or not as it must be');
}
