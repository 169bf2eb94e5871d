interface Unit {
  everAnswered: boolean;
  /** Failures while another unit on the link answered. */
  faults: number;
  failedAt: number;
  /** Not to be scanned before. */
  until: number;
}

/** Once in so many time-outs one unit that does not answer is asked, and the others wait for it. */
const PERIOD_TIMEOUTS = 30;
const LONGEST_PERIOD_MS = 60_000;
/** Units beyond so many share their turns: one that is repaired is noticed in so many periods. */
const MOST_PERIODS = 10;
/** After a disturbed answer a serial line is left until it is quiet: that takes as long again as the time-out did. */
const PERIODS_GARBLED = 2;
/** A peer that left so many requests in a row unanswered is taken for gone; TCP itself would wait a quarter of an hour. */
const SILENT_REQUESTS = 3;
/** … and so many where only units were asked that have not answered for long. */
const SILENT_REQUESTS_OF_DEAD = 30;

/**
 * How a request failed: nothing came; something came that was no answer; a gateway says that it does not reach the unit. What a
 * disturbed line does to a unit's answers, it does to one now and then, and another is fine again: it counts half.
 */
export type Failure = 'silent' | 'garbled' | 'unreachable';
const faultsOf: Record<Failure, number> = { silent: 1, garbled: 0.5, unreachable: 1 };

/**
 * Which units of a link are left alone because they do not answer while others do, and whether it is the link itself that is silent.
 * Times are of `clock.elapsed()`.
 *
 * A unit is at fault for a failure if another one answers next. One fault is forgiven to a unit that has answered before. Units that
 * are left alone take turns, one in a period, so that however many they are, the others wait for one of them once in a period.
 */
export class UnitHealth {
  readonly #units = new Map<number, Unit>();
  /** Units that failed since the last answer, and how much of a fault that is. */
  readonly #suspects = new Map<number, number>();
  readonly #periodMs: number;
  /** The last turn that was given to a unit that is left alone. */
  #lastTurn = Number.NEGATIVE_INFINITY;
  /** When a unit that is not left alone was asked last. */
  #othersAskedAt = Number.NEGATIVE_INFINITY;
  /** Of this link: requests without an answer in a row, and units that have answered. */
  #silentInARow = 0;
  readonly #answeredHere = new Set<number>();

  constructor(timeoutMs: number) {
    this.#periodMs = Math.min(LONGEST_PERIOD_MS, PERIOD_TIMEOUTS * timeoutMs);
  }

  /** Units that do not answer while others do. */
  get silent(): number[] {
    return [...this.#units].filter(([, unit]) => isLeftAlone(unit)).map(([id]) => id);
  }

  get silentInARow(): number {
    return this.#silentInARow;
  }

  /** Whether the link should be replaced. Units that have never answered on it are no evidence against it, if others have. */
  get isLinkSilent(): boolean {
    const isEvidence = this.#answeredHere.size === 0 || [...this.#suspects.keys()].some((id) => this.#answeredHere.has(id));
    return this.#silentInARow >= (isEvidence ? SILENT_REQUESTS : SILENT_REQUESTS_OF_DEAD);
  }

  /** When a scan may ask a unit again; 0 where it may now. Where no other unit is asked there is nobody to protect. */
  waitsUntil(id: number, now: number): number {
    const unit = this.#leftAlone(id, now);
    return unit === undefined || now >= unit.until ? 0 : unit.until;
  }

  /** The same for what a flow asks for, a write: that need not wait for the other silent units, and goes once in a period. */
  writesWaitUntil(id: number, now: number): number {
    const unit = this.#leftAlone(id, now);
    if (unit === undefined) return 0;
    const until = Math.min(unit.until, unit.failedAt + this.#periodMs);
    return now >= until ? 0 : until;
  }

  /** Any answer of its own heals a unit. */
  answered(id: number, now: number): void {
    const unit = this.#unit(id);
    const isBack = isLeftAlone(unit);
    unit.everAnswered = true;
    unit.faults = 0;
    if (isBack) this.#hasten(now);
    this.#othersAskedAt = now;
    this.#silentInARow = 0;
    this.#answeredHere.add(id);
    if (this.#suspects.size === 0) return;
    // Had this one failed too, then it was the link, and it is no evidence against the others.
    if (!this.#suspects.has(id)) for (const [suspect, faults] of this.#suspects) this.#blame(this.#unit(suspect), faults, now);
    this.#suspects.clear();
  }

  /** A request to a unit was not answered. */
  failed(id: number, now: number, failure: Failure): void {
    const unit = this.#unit(id);
    unit.failedAt = now;
    if (isLeftAlone(unit)) {
      // What was asked out of turn changes nothing.
      if (unit.until <= now) this.#giveTurn(unit, now, failure === 'garbled' ? PERIODS_GARBLED : 1);
    } else {
      this.#othersAskedAt = now;
      this.#suspects.set(id, Math.max(faultsOf[failure], this.#suspects.get(id) ?? 0));
    }
    this.#silentInARow = failure === 'silent' ? this.#silentInARow + 1 : 0;
  }

  linkChanged(): void {
    this.#silentInARow = 0;
    this.#answeredHere.clear();
  }

  #leftAlone(id: number, now: number): Unit | undefined {
    const unit = this.#units.get(id);
    return unit !== undefined && isLeftAlone(unit) && now - this.#othersAskedAt < this.#periodMs ? unit : undefined;
  }

  #blame(unit: Unit, faults: number, now: number): void {
    unit.faults += faults;
    if (isLeftAlone(unit)) this.#giveTurn(unit, now);
  }

  #giveTurn(unit: Unit, now: number, periods = 1): void {
    this.#lastTurn = Math.min(Math.max(now, this.#lastTurn) + periods * this.#periodMs, now + MOST_PERIODS * this.#periodMs);
    unit.until = this.#lastTurn;
  }

  /** One unit is back, and others may be for the same reason: the next one has its turn now, and all after it the sooner. */
  #hasten(now: number): void {
    const waiting = [...this.#units.values()].filter(isLeftAlone);
    const spareMs = Math.min(...waiting.map(({ until }) => until)) - now;
    if (waiting.length === 0 || spareMs <= 0) return;
    for (const unit of waiting) unit.until -= spareMs;
    this.#lastTurn -= spareMs;
  }

  #unit(id: number): Unit {
    let unit = this.#units.get(id);
    if (unit === undefined) {
      unit = { everAnswered: false, faults: 0, failedAt: 0, until: 0 };
      this.#units.set(id, unit);
    }
    return unit;
  }
}

const isLeftAlone = ({ everAnswered, faults }: Unit) => faults > (everAnswered ? 1 : 0);
