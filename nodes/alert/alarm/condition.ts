import type { Message } from './message.ts';

/** What there is to say about a condition, without words: `words.ts` says it in the operator's language. */
export type Facts =
  | { kind: 'anomaly'; score: number; threshold: number; cause: string }
  | { kind: 'limit'; tag: string; value: number; limit: number; above: boolean; unit: string }
  | { kind: 'missing'; timeoutMs: number; missing: MissingTag[] }
  | { kind: 'label'; label: string; score: number | undefined };

export interface MissingTag {
  /** '' stands for the whole message. */
  tag: string;
  /** Epoch ms. */
  since: number;
  /** A quality's name, or `silence`, `noValue`. */
  reason: string;
}

export interface Finding {
  /** undefined: nobody can tell, the alarm stays what it is. */
  active: boolean | undefined;
  /** Where there is something to say. */
  facts?: Facts;
}

/** Decides from messages whether something is the matter. */
export interface Condition {
  /**
   * @param active whether the alarm is raised, for deadband and hysteresis
   * @param now epoch ms of the clock
   * @throws LinewatchError where the message is not what this condition judges; the alarm then stays what it is
   */
  judge(message: Message, active: boolean, now: number): Finding;
  /** What was found holds on until a message tells otherwise: many sources send a value only when it changes. */
  holds?: boolean;
  /** For conditions that change without a message: what holds at `now`, and when it may change next (epoch ms). */
  watch?(now: number): { finding: Finding; next: number | undefined };
}
