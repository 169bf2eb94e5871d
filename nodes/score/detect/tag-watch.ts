import { packNumbers, unpackFloat64 } from '../../shared/pack-numbers.ts';
import { Moments } from '../../shared/statistics.ts';
import type { Evidence } from './judgement.ts';
import { Hold } from './tag/hold.ts';
import { Numbers } from './tag/numbers.ts';
import { OwnTail } from './tag/own-tail.ts';
import { Pace } from './tag/pace.ts';
import { Range } from './tag/range.ts';
import { Season } from './tag/season.ts';
import { Shape } from './tag/shape.ts';
import { BLOCK, Shift } from './tag/shift.ts';
import { Spread } from './tag/spread.ts';
import { type TagTuning, usualTuning } from './tag/tuning.ts';

const HOUR_MS = 3_600_000;
/** A tag that has hardly moved has not shown what is normal. */
const CHANGES = 10;
/** From here on old samples are forgotten exponentially, so that seasons are followed. */
const MEMORY = 60_000;
/** Older readings in a row after which the source's clock counts as set back. */
const LATE_RUN = 20;
/** An anomaly of so many readings was no passing one. */
const LASTING = 300;
/** So many strange readings in a row does an ordinary one make up for. */
const LEAK = 4;
/** Odder than this is not told apart: shares of infinity would not be numbers. */
const LEAST = -1e6;

/** A day of readings every five minutes, and six hours: a course for its level and form, and one for its form. */
const LONG = { block: 12, blocks: 24, formOnly: false, by: 'largest', forget: 100, forgetMs: 100 * HOUR_MS, ordinary: 1 } as const;
const SHORT = { block: 6, blocks: 12, formOnly: true, by: 'mean', forget: 20, forgetMs: 10 * HOUR_MS, ordinary: 2 } as const;

const kinds = ['range', 'shift', 'spread', 'frozen', 'pace', 'long', 'short', 'season'] as const;
type Kind = (typeof kinds)[number];

export interface TagOptions {
  /** Readings before it is judged, and milliseconds that they must span at least. */
  warmUp: number;
  warmUpMs?: number | undefined;
  /** Whether a change that lasts is taken for the new normal. */
  follow: boolean;
  tuning?: TagTuning | undefined;
}

/** Packed numbers: see `packNumbers`. */
export type TagWatchState = string;

/**
 * Watches one number of one tag in bounded memory: is it beyond everything seen, has its mean moved, or its noise, has it frozen, does it come as
 * usual, is its course like any before, and its hour like that hour of other days? What looks strange is not learned, until it is over, or has
 * lasted for as many readings as were learned before: then it is known.
 */
export class TagWatch {
  readonly #options: TagOptions;
  readonly #tuning: TagTuning;
  #moments = new Moments(MEMORY);
  readonly #range = new Range();
  readonly #shift = new Shift(MEMORY);
  readonly #spread = new Spread(MEMORY);
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
  #count = 0;
  #learnedMs = 0;
  #value = 0;
  #time: number | undefined;
  #lateRun = 0;
  #strangeRun = 0;
  /** Mean and standard deviation before the anomaly that is going on. */
  #before = { mean: 0, deviation: 0 };
  #logP = 0;
  /** The surprise of the last reading's distance from the range: not kept, each reading has its own. */
  #excess = 0;
  #kind: Kind | undefined;
  /** How many readings could not be used. */
  skipped = 0;

  /** @throws Error where the state is none */
  constructor(options: TagOptions, state?: TagWatchState) {
    this.#options = options;
    this.#tuning = options.tuning ?? usualTuning;
    if (state !== undefined) this.#load(new Numbers(unpackFloat64(state)));
  }

  /** ln p of the last reading, at most 0. */
  get logP(): number {
    return this.#logP;
  }

  get ready(): boolean {
    return this.progress === 1 && this.#hold.changes >= CHANGES;
  }

  /** 0..1; a constant tag is done too: it can only stay silent. */
  get progress(): number {
    const { warmUp, warmUpMs = 0 } = this.#options;
    const learned = Math.min(1, this.#count / warmUp);
    return this.#learnedMs >= warmUpMs ? learned : Math.min(learned, this.#learnedMs / warmUpMs);
  }

  /**
   * Whether the reading is new. The same time again, or an older one, is not; but after 20 older ones in a row the
   * source's clock has been set back, and its time starts anew.
   */
  isNews(time: number): boolean {
    if (this.#time !== undefined && time <= this.#time) {
      if (time === this.#time || ++this.#lateRun < LATE_RUN) return false;
      this.#pace.resume();
    }
    this.#lateRun = 0;
    this.#time = time;
    return true;
  }

  /**
   * Judges a reading, then learns from it unless it is strange.
   * @param value finite
   * @param time epoch ms
   * @param logThreshold ln p from which on this tag alone would be an anomaly
   * @returns 'adapted' when a lasting change has been taken for the new normal; 'drifted', once, when it has lasted as long but is not to be
   */
  judge(value: number, time: number, logThreshold: number): 'adapted' | 'drifted' | undefined {
    this.#follow(value, time);
    this.#assess();
    // How the readings come says nothing about their values.
    if (this.#logP > logThreshold || this.#kind === 'pace') {
      const change = this.#hasFollowed() ? 'adapted' : undefined;
      // A single ordinary reading does not end what lasts.
      this.#strangeRun = change === undefined ? Math.max(0, this.#strangeRun - LEAK) : 0;
      this.#learn(value);
      return change;
    }
    if (this.#strangeRun === 0) this.#before = { mean: this.#moments.mean, deviation: this.#moments.standardDeviation };
    // What is no excursion is followed slowly, where that is wanted; an excursion is not learned while it lasts.
    if (this.#options.follow && this.#kind !== 'frozen' && this.#excess < -logThreshold) this.#absorb(value);
    else this.#range.note(value);
    if (++this.#strangeRun !== this.#count) return undefined;
    if (!this.#options.follow) return 'drifted';
    this.relearn();
    return 'adapted';
  }

  /** What the last reading had against it, if anything. */
  evidence(tag: string, unit: string): Evidence | undefined {
    const value = this.#value;
    const now = this.#time ?? this.#hold.since;
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

  /** "That was normal": what is strange now, or was last, is known from here on; a level that has lasted becomes the normal one. */
  accept(): void {
    const isLevel = this.#strangeRun >= BLOCK || this.#kind === 'shift' || this.#kind === 'spread';
    this.#range.accept();
    this.#hold.accept();
    this.#pace.accept();
    this.#long.accept();
    this.#short.accept();
    this.#season.accept();
    this.#shift.resume();
    this.#spread.resume();
    this.#strangeRun = 0;
    if (isLevel) this.relearn();
    this.#forgetLook();
  }

  /** Learns this tag afresh; extremes, holds and courses seen before stay known. */
  relearn(): void {
    this.#moments = new Moments(MEMORY);
    this.#range.startAnew();
    this.#shift.startAnew();
    this.#spread.startAnew();
    this.#hold.accept();
    this.#pace.accept();
    this.#long.startAnew();
    this.#short.startAnew();
    this.#count = 0;
    this.#learnedMs = 0;
    this.#strangeRun = 0;
    this.#forgetLook();
  }

  /** After a pause nothing reaches back to before it. */
  resume(): void {
    this.#shift.resume();
    this.#spread.resume();
    this.#hold.resume();
    this.#pace.resume();
    this.#long.resume();
    this.#short.resume();
    this.#season.resume();
    this.#forgetLook();
  }

  toState(): TagWatchState {
    const known = this.#time === undefined ? 0 : 1;
    const kind = this.#kind === undefined ? -1 : kinds.indexOf(this.#kind);
    const own = [
      this.#count,
      this.#learnedMs,
      this.#value,
      known,
      this.#time ?? 0,
      this.#lateRun,
      this.#strangeRun,
      this.#logP,
      kind,
      this.skipped,
    ];
    const before = [this.#before.mean, this.#before.deviation];
    return packNumbers(Float64Array.from([...own, ...before, ...this.#moments.toState(), ...this.#parts.flatMap((part) => part.save())]));
  }

  #load(from: Numbers): void {
    [this.#count, this.#learnedMs, this.#value] = [from.next(), from.next(), from.next()];
    const isKnown = from.next() === 1;
    const time = from.next();
    this.#time = isKnown ? time : undefined;
    [this.#lateRun, this.#strangeRun, this.#logP] = [from.next(), from.next(), from.next()];
    const kind = from.next();
    this.#kind = kinds[kind];
    const isPossible =
      this.#count >= 0 &&
      this.#count <= MEMORY &&
      this.#learnedMs >= 0 &&
      this.#strangeRun >= 0 &&
      this.#logP <= 0 &&
      (kind === -1 || kind in kinds);
    if (!isPossible) throw new Error('the state of a tag holds what can not be');
    this.skipped = from.next();
    this.#before = { mean: from.next(), deviation: from.next() };
    this.#moments = new Moments(MEMORY, from.moments());
    for (const part of this.#parts) part.load(from);
    from.end();
  }

  /** Whether an anomaly has just ended only because another level has been followed until it was usual. */
  #hasFollowed(): boolean {
    const mean = this.#shift.mean;
    if (this.#strangeRun < LASTING || mean === undefined) return false;
    return Math.abs(mean - this.#before.mean) > this.#tuning.shiftSd * this.#before.deviation;
  }

  get #parts() {
    const looks = [this.#range, this.#shift, this.#spread, this.#hold, this.#pace, this.#long, this.#short, this.#season];
    return [...looks, ...Object.values(this.#tails)];
  }

  #follow(value: number, time: number): void {
    // A single wild value must not pull a whole block along: the range has it already.
    const clipped = this.ready ? this.#range.clip(value) : value;
    this.#value = value;
    this.#hold.push(value, time, this.#kind === 'frozen');
    this.#pace.push(time);
    this.#shift.push(clipped);
    this.#spread.push(clipped);
    this.#long.push(clipped, this.#pace.usual);
    this.#short.push(clipped, this.#pace.usual);
    this.#season.push(value, time);
  }

  /** The look that is most surprised decides. */
  #assess(): void {
    this.#forgetLook();
    if (!this.ready) return;
    const tuning = this.#tuning;
    const moments = this.#moments;
    this.#excess = this.#range.surprise(this.#value, moments.standardDeviation, tuning.range);
    this.#excess = this.#tails.range.weigh(this.#excess);
    this.#weigh('range', this.#excess);
    this.#weigh('shift', this.#tails.shift.weigh(this.#shift.surprise(moments, tuning.shiftSd, tuning.shift)));
    // What stands still varies less, too: then that is what is to be said.
    if (!this.#hold.isLong) this.#weigh('spread', this.#tails.spread.weigh(this.#spread.surprise(tuning.spread)));
    this.#weigh('frozen', this.#hold.surprise());
    this.#weigh('pace', this.#pace.surprise);
    this.#weigh('long', this.#tails.long.weigh(this.#long.surprise(tuning.longSlope, tuning.long)));
    this.#weigh('short', this.#tails.short.weigh(this.#short.surprise(tuning.shortSlope, tuning.short)));
    this.#weigh('season', this.#tails.season.weigh(this.#season.surprise));
  }

  #weigh(kind: Kind, surprise: number): void {
    if (-surprise >= this.#logP) return;
    this.#logP = Math.max(LEAST, -surprise);
    this.#kind = kind;
  }

  #learn(value: number): void {
    if (this.#count < MEMORY) this.#count++;
    // A gap teaches nothing.
    this.#learnedMs += Math.min(this.#pace.interval, (this.#options.warmUpMs ?? 0) / 10);
    this.#absorb(value);
  }

  #absorb(value: number): void {
    this.#range.learn(value, this.#options.follow);
    this.#moments.push(value);
    this.#shift.learn(value);
    this.#spread.learn();
  }

  #forgetLook(): void {
    this.#logP = 0;
    this.#kind = undefined;
  }
}
