import { Moments } from '../../../shared/statistics.ts';
import type { Evidence } from '../judgement.ts';
import { Hold } from './hold.ts';
import type { Numbers } from './numbers.ts';
import { OwnTail } from './own-tail.ts';
import { Pace } from './pace.ts';
import { Range } from './range.ts';
import { Season } from './season.ts';
import { Shape } from './shape.ts';
import { Shift } from './shift.ts';
import { Spread } from './spread.ts';
import type { TagTuning } from './tuning.ts';

const HOUR_MS = 3_600_000;
/** Odder than this is not told apart: shares of infinity would not be numbers. */
const MOST = 1e6;

/** A day of readings every five minutes, and six hours: a course for its level and form, and one for its form. */
const LONG = { block: 12, blocks: 24, formOnly: false, by: 'largest', forget: 100, forgetMs: 100 * HOUR_MS, ordinary: 1 } as const;
const SHORT = { block: 6, blocks: 12, formOnly: true, by: 'mean', forget: 20, forgetMs: 10 * HOUR_MS, ordinary: 2 } as const;

const kinds = ['range', 'shift', 'spread', 'frozen', 'pace', 'long', 'short', 'season'] as const;
export type LookKind = (typeof kinds)[number];

/**
 * All that one tag is looked at for: is it beyond everything seen, has its mean moved, or its noise, has it frozen, does it come as usual, is its
 * course like any before, and its hour like that hour of other days? Each look measures a reading against what is remembered; what is to be
 * remembered the caller says.
 */
export class Looks {
  readonly #tuning: TagTuning;
  /** Readings after which older ones are forgotten exponentially. */
  readonly #memory: number;
  #moments: Moments;
  readonly #range = new Range();
  readonly #shift: Shift;
  readonly #spread: Spread;
  readonly #hold = new Hold();
  readonly #pace = new Pace();
  readonly #long = new Shape(LONG);
  readonly #short = new Shape(SHORT);
  readonly #season = new Season();
  /** What this signal itself has shown of each look whose model may not fit it; a new extreme has its chance by its rank already. */
  readonly #tails = {
    range: new OwnTail({ rate: 30, height: 30 }),
    shift: new OwnTail(),
    spread: new OwnTail(),
    long: new OwnTail(),
    short: new OwnTail(),
    season: new OwnTail(),
  };
  #value = 0;
  #surprise = 0;
  #excess = 0;
  #kind: LookKind | undefined;

  constructor(memory: number, tuning: TagTuning) {
    this.#memory = memory;
    this.#tuning = tuning;
    this.#moments = new Moments(memory);
    this.#shift = new Shift(memory);
    this.#spread = new Spread(memory);
  }

  /** −ln p of the last reading, by the look that is most surprised. */
  get surprise(): number {
    return this.#surprise;
  }

  /** That look; undefined where none is surprised. */
  get kind(): LookKind | undefined {
    return this.#kind;
  }

  /** The surprise of the last reading's distance from the range alone. */
  get excess(): number {
    return this.#excess;
  }

  /** How often the value has changed. */
  get changes(): number {
    return this.#hold.changes;
  }

  /** ms from one reading to the next, usually; 0 where it is not known. */
  get interval(): number {
    return this.#pace.usual;
  }

  /** Mean and standard deviation of what is remembered. */
  get usual(): { mean: number; deviation: number } {
    return { mean: this.#moments.mean, deviation: this.#moments.standardDeviation };
  }

  /** Whether the last readings lie at another level than the one given. */
  isApart({ mean, deviation }: { mean: number; deviation: number }): boolean {
    const now = this.#shift.mean;
    return now !== undefined && Math.abs(now - mean) > this.#tuning.shiftSd * deviation;
  }

  /** The next reading. @param isReady whether enough has been learned to know the range */
  push(value: number, time: number, isReady: boolean): void {
    // A single wild value must not pull a whole block along: the range has it already.
    const clipped = isReady ? this.#range.clip(value) : value;
    this.#value = value;
    this.#hold.push(value, time, this.#kind === 'frozen');
    this.#pace.push(time);
    this.#shift.push(clipped);
    this.#spread.push(clipped);
    this.#long.push(clipped, this.#pace.usual);
    this.#short.push(clipped, this.#pace.usual);
    this.#season.push(value, time);
  }

  /** Measures the last reading. */
  judge(): void {
    this.forget();
    const tuning = this.#tuning;
    const tails = this.#tails;
    const moments = this.#moments;
    this.#excess = tails.range.weigh(this.#range.surprise(this.#value, moments.standardDeviation, tuning.range));
    this.#weigh('range', this.#excess);
    this.#weigh('shift', tails.shift.weigh(this.#shift.surprise(moments, tuning.shiftSd, tuning.shift)));
    // What stands still varies less, too: then that is what is to be said.
    if (!this.#hold.isLong) this.#weigh('spread', tails.spread.weigh(this.#spread.surprise(tuning.spread)));
    this.#weigh('frozen', this.#hold.surprise());
    this.#weigh('pace', this.#pace.surprise);
    this.#weigh('long', tails.long.weigh(this.#long.surprise(tuning.longSlope, tuning.long)));
    this.#weigh('short', tails.short.weigh(this.#short.surprise(tuning.shortSlope, tuning.short)));
    this.#weigh('season', tails.season.weigh(this.#season.surprise));
  }

  /** Takes back what the last look has found. */
  forget(): void {
    this.#surprise = 0;
    this.#kind = undefined;
  }

  /** What the last reading had against it, if anything. @param time epoch ms of it; undefined where it is not known */
  evidence(tag: string, unit: string, time: number | undefined): Evidence | undefined {
    const value = this.#value;
    const now = time ?? this.#hold.since;
    switch (this.#kind) {
      case undefined:
        return undefined;
      case 'range':
        return { kind: 'range', tag, unit, value, ...this.#range.limit(value) };
      case 'shift':
        return { kind: 'shift', tag, unit, value: this.#shift.mean ?? value, expected: this.#moments.mean };
      case 'spread':
        return { kind: 'spread', tag, unit, value: this.#spread.now, expected: this.#spread.usual };
      case 'frozen':
        return { kind: 'frozen', tag, unit, value, since: this.#hold.since, now };
      case 'pace':
        return { kind: 'pace', tag, unit, value: this.#pace.now, expected: this.#pace.usual, gap: this.#pace.isGap };
      case 'long':
      case 'short': {
        const { length } = this.#kind === 'long' ? this.#long : this.#short;
        return { kind: 'shape', tag, unit, since: now - length * this.#pace.usual, now };
      }
      case 'season':
        return { kind: 'season', tag, unit, ...this.#season.last };
    }
  }

  /** The last reading is remembered. @param isKept whether an excursion that is over is known from then on */
  learn(isKept: boolean): void {
    this.#range.learn(this.#value, isKept);
    this.#moments.push(this.#value);
    this.#shift.learn(this.#value);
    this.#spread.learn();
  }

  /** The last reading is too strange to be remembered. */
  note(): void {
    this.#range.note(this.#value);
  }

  /** What is strange now, or was last, is ordinary. */
  accept(): void {
    for (const look of [this.#range, this.#hold, this.#pace, this.#long, this.#short, this.#season]) look.accept();
    this.#shift.resume();
    this.#spread.resume();
    this.forget();
  }

  /** Level and noise are learned afresh; extremes, holds and courses seen before stay known. */
  startAnew(): void {
    this.#moments = new Moments(this.#memory);
    for (const look of [this.#range, this.#shift, this.#spread, this.#long, this.#short]) look.startAnew();
    this.#hold.accept();
    this.#pace.accept();
    this.forget();
  }

  /** After a pause nothing reaches back to before it. */
  resume(): void {
    for (const look of [this.#shift, this.#spread, this.#hold, this.#pace, this.#long, this.#short, this.#season]) look.resume();
    this.forget();
  }

  /** The source's clock has been set back: intervals are measured from here on. */
  restartPace(): void {
    this.#pace.resume();
  }

  save(): number[] {
    const kind = this.#kind === undefined ? -1 : kinds.indexOf(this.#kind);
    const own = [this.#value, this.#surprise, kind];
    return [...own, ...this.#moments.toState(), ...this.#parts.flatMap((part) => part.save())];
  }

  /** @throws Error where the numbers are no such state */
  load(from: Numbers): void {
    [this.#value, this.#surprise] = [from.next(), from.next()];
    const kind = from.next();
    if (this.#surprise < 0 || !(kind === -1 || kind in kinds)) throw new Error('the state of a tag holds what can not be');
    this.#kind = kinds[kind];
    this.#moments = new Moments(this.#memory, from.moments());
    for (const part of this.#parts) part.load(from);
  }

  get #parts() {
    const looks = [this.#range, this.#shift, this.#spread, this.#hold, this.#pace, this.#long, this.#short, this.#season];
    return [...looks, ...Object.values(this.#tails)];
  }

  #weigh(kind: LookKind, surprise: number): void {
    if (surprise <= this.#surprise) return;
    this.#surprise = Math.min(MOST, surprise);
    this.#kind = kind;
  }
}
