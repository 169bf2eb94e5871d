interface Unit {
  everAnswered: boolean;
  /** Times that it was silent while another unit on the link answered. */
  faults: number;
  silentAt: number;
  /** Not to be asked before. */
  until: number;
}

/** A silent unit is left alone for so many time-outs, and two of them are probed at least so many apart. */
const ALONE_TIMEOUTS = 30;
const APART_TIMEOUTS = 10;
/** Others count as alive for so many time-outs after the last answer of one of them. */
const ALIVE_TIMEOUTS = 3;
const LONGEST_MS = 60_000;

/**
 * Which units of a link are left alone because they do not answer while others do: each time-out keeps the others waiting.
 * A unit that has answered before gets one more try. Where no unit answers at all there is nobody to protect: then all are asked.
 */
export class UnitHealth {
  readonly #units = new Map<number, Unit>();
  /** Units that were silent since the last answer. */
  readonly #pending = new Set<number>();
  readonly #timeoutMs: number;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #probedAt = Number.NEGATIVE_INFINITY;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Units that do not answer while others do. */
  get silent(): number[] {
    return [...this.#units].filter(([, unit]) => isLeftAlone(unit)).map(([id]) => id);
  }

  /** When a unit may be asked again, in the time of `now`; 0 where it may be asked now. */
  waitsUntil(id: number, now: number): number {
    const unit = this.#units.get(id);
    if (unit === undefined || !isLeftAlone(unit)) return 0;
    const isAnyAlive = this.#answeredAt >= unit.silentAt || now - this.#answeredAt < ALIVE_TIMEOUTS * this.#timeoutMs;
    if (!isAnyAlive) return 0;
    const until = Math.max(unit.until, this.#probedAt + APART_TIMEOUTS * this.#timeoutMs);
    return now < until ? until : 0;
  }

  /** Any answer of its own heals a unit. */
  answered(id: number, now: number): void {
    this.#answeredAt = now;
    const unit = this.#units.get(id);
    if (unit === undefined) this.#units.set(id, { everAnswered: true, faults: 0, silentAt: 0, until: 0 });
    else {
      unit.everAnswered = true;
      unit.faults = 0;
    }
    if (this.#pending.size === 0) return;
    // Was this one silent too, then it was the link, and it is no evidence against the others.
    if (!this.#pending.has(id)) for (const other of this.#pending) this.#fault(other);
    this.#pending.clear();
  }

  /** A unit left a request unanswered, or its gateway says so. */
  wasSilent(id: number, now: number): void {
    let unit = this.#units.get(id);
    if (unit === undefined) {
      unit = { everAnswered: false, faults: 0, silentAt: now, until: 0 };
      this.#units.set(id, unit);
    }
    unit.silentAt = now;
    unit.until = now + Math.min(LONGEST_MS, ALONE_TIMEOUTS * this.#timeoutMs);
    this.#pending.add(id);
    if (isLeftAlone(unit)) this.#probedAt = now;
  }

  /** The link is another one: a unit that was silent may have been so because of the link. */
  linkChanged(): void {
    this.#pending.clear();
    for (const unit of this.#units.values()) if (unit.everAnswered) unit.faults = 0;
  }

  #fault(id: number): void {
    const unit = this.#units.get(id);
    if (unit !== undefined) unit.faults++;
  }
}

/** One fault is forgiven to a unit that has answered before. */
const isLeftAlone = ({ everAnswered, faults }: Unit) => faults > (everAnswered ? 1 : 0);
