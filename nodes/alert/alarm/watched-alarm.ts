import type { AlertState } from '../../shared/messages.ts';
import { Alarm, type AlarmDelays, type Transition } from './alarm.ts';
import type { Condition, Facts, Finding } from './condition.ts';
import type { Message } from './message.ts';

/** A message that is due at the end of a delay comes first: it may tell otherwise. */
const HELD_GRACE_MS = 1000;

/** A transition with all there is to say about it. */
export interface Happening {
  to: AlertState;
  /** Epoch ms at which the condition began. */
  since: number;
  /** What raised the alarm, at its latest. */
  facts: Facts;
  /** What holds now, where a message told it. */
  current: Facts | undefined;
  /** `msg.anomaly` of the message that `facts` came from. */
  anomaly: unknown;
}

/** One alarm and the condition that it watches. */
export class WatchedAlarm {
  readonly #condition: Condition;
  readonly #alarm: Alarm;
  #facts: Facts | undefined;
  #anomaly: unknown;
  #heard = false;
  /** Message time minus the caller's time, and the last finding: for what holds on without messages. */
  #ahead = 0;
  #last: Finding | undefined;

  constructor(condition: Condition, delays: AlarmDelays) {
    this.#condition = condition;
    this.#alarm = new Alarm(delays);
  }

  get state(): AlertState {
    return this.#alarm.state;
  }

  /** Whether a message has told anything yet. */
  get heard(): boolean {
    return this.#heard;
  }

  /**
   * @param now epoch ms, as the delays count it: the message's own time, or the clock's
   * @param clockNow epoch ms of the clock that `wake` goes by
   * @throws LinewatchError where the message is not what the condition judges; nothing has changed then
   */
  take(message: Message, now: number, clockNow = now): Happening | undefined {
    const finding = this.#condition.judge(message, this.#alarm.active, now);
    this.#heard ||= finding.active !== undefined;
    if (finding.active) this.#anomaly = message.anomaly;
    this.#ahead = now - clockNow;
    this.#last = finding;
    return this.#settle(finding, now);
  }

  /** The time by which the delays go when the clock shows `clockNow`; both epoch ms. */
  time(clockNow: number): number {
    return clockNow + this.#ahead;
  }

  /** The clock has come to `now` without a message. */
  wake(now: number): Happening | undefined {
    if (this.#condition.watch !== undefined) return this.#settle(this.#condition.watch(now).finding, now);
    return this.#condition.holds && this.#last !== undefined ? this.#settle(this.#last, this.time(now)) : undefined;
  }

  /** ms from `now` until `wake` may change something; undefined where only a message can. */
  waitMs(now: number): number | undefined {
    if (this.#condition.watch === undefined) {
      const found = this.#last?.active;
      if (!this.#condition.holds || found === undefined || found === this.#alarm.active) return undefined;
      // After a reset no delay runs yet: waking begins it.
      return (this.#alarm.remainingMs ?? 0) + HELD_GRACE_MS;
    }
    const { next } = this.#condition.watch(now);
    const waits = [next === undefined ? undefined : next - now, this.#alarm.remainingMs].filter((wait) => wait !== undefined);
    return waits.length === 0 ? undefined : Math.max(1, Math.min(...waits));
  }

  /** @throws LinewatchError alert-nothing */
  acknowledge(now: number): Happening | undefined {
    return this.#tell(this.#alarm.acknowledge(now), undefined);
  }

  reset(now: number): Happening | undefined {
    return this.#tell(this.#alarm.reset(now), undefined);
  }

  #settle(finding: Finding, now: number): Happening | undefined {
    if (finding.active) this.#facts = finding.facts;
    return this.#tell(this.#alarm.evaluate(finding.active, now), finding.facts);
  }

  #tell(transition: Transition | undefined, current: Facts | undefined): Happening | undefined {
    if (transition === undefined || this.#facts === undefined) return undefined;
    return { to: transition.to, since: this.#alarm.since, facts: this.#facts, current, anomaly: this.#anomaly };
  }
}
