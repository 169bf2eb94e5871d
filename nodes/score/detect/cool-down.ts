/** Without a setting an alarm cools down for this part of the messages so far, but for no fewer and no more messages than these. */
const PART = 0.0375;
const FEWEST = 30;
const MOST = 150;
const LONGEST_MS = 3 * 86_400_000;

/**
 * Early on little is known, and what begins anew is soon worth saying; later one alarm speaks for the hours around it.
 * @param intervalMs between messages
 * @param messages so far
 */
export function usualCoolDown(intervalMs: number, messages: number): number {
  return Math.min(LONGEST_MS, intervalMs * Math.min(MOST, Math.max(FEWEST, PART * messages)));
}

/** What an anomaly is announced as where no tag is odd by itself (no tag is named so). */
const JOINT = '\u0000';
/** What a model's is announced as: its results are looked at as one. */
export const WHOLE = '';
const MOST_TAGS = 2000;

export interface CoolDownState {
  /** What has been announced and is still odd. */
  announced: string[];
  /** When each was last announced, epoch ms. */
  lasts: [tag: string, time: number][];
}

/** Of one message: the tags that are odd by themselves, all that it has, and the one that weighs most. */
export interface Odd {
  isAnomaly: boolean;
  alone: readonly string[];
  seen: readonly string[];
  leading: string | undefined;
}

/**
 * Of the messages of an anomaly, the one that is to raise an alarm: its first, unless one of the same tag was raised less than the cool-down
 * before; then the first after that, if the anomaly is still there. A tag that joins an anomaly has an alarm of its own, and one that is well
 * does not end another's.
 */
export class CoolDown {
  readonly #announced: Set<string>;
  readonly #lasts: Map<string, number>;

  /** @throws Error where the state is none */
  constructor(state: CoolDownState = { announced: [], lasts: [] }) {
    const { announced, lasts } = state;
    const isTimes =
      Array.isArray(lasts) && lasts.every((one) => Array.isArray(one) && typeof one[0] === 'string' && Number.isFinite(one[1]));
    if (!isTimes || !Array.isArray(announced) || !announced.every((tag) => typeof tag === 'string')) {
      throw new Error('alarm: a part is missing or not as it must be');
    }
    this.#announced = new Set(announced.slice(0, MOST_TAGS));
    this.#lasts = new Map(lasts.slice(0, MOST_TAGS));
  }

  /** @param time epoch ms; where it jumps back behind the last alarm, that one no longer counts */
  isAlarm({ isAnomaly, alone, seen, leading }: Odd, time: number, coolDownMs: number): boolean {
    const isJoint = isAnomaly && alone.length === 0;
    if (this.#announced.size > 0) {
      // What the tags are together is over when a message of them is ordinary; a tag that was named by it stays announced as long.
      if (!isAnomaly && seen.length > 1) this.#announced.delete(JOINT);
      if (!this.#announced.has(JOINT)) for (const tag of seen) if (!alone.includes(tag)) this.#announced.delete(tag);
    }
    if (!isAnomaly) return false;
    if (isJoint) {
      if (this.#announced.size > 0 || ![...this.#lasts.keys()].every((tag) => this.#isCool(tag, time, coolDownMs))) return false;
      this.#announce([JOINT, ...(leading === undefined ? [] : [leading])], time);
      return true;
    }
    const fresh = alone.filter((tag) => !this.#announced.has(tag) && this.#isCool(tag, time, coolDownMs));
    if (fresh.length === 0) return false;
    this.#announce(alone, time);
    return true;
  }

  #isCool(tag: string, time: number, coolDownMs: number): boolean {
    const last = this.#lasts.get(tag);
    const since = last === undefined ? coolDownMs : time - last;
    return since < 0 || since >= coolDownMs;
  }

  #announce(tags: readonly string[], time: number): void {
    for (const tag of tags) {
      if (!this.#lasts.has(tag) && this.#lasts.size >= MOST_TAGS) continue;
      this.#announced.add(tag);
      this.#lasts.set(tag, time);
    }
  }

  toState(): CoolDownState {
    return { announced: [...this.#announced], lasts: [...this.#lasts] };
  }
}
