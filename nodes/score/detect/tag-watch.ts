import { packNumbers, unpackFloat64 } from '../../shared/pack-numbers.ts';
import { readableDuration } from '../../shared/readable.ts';
import type { Evidence } from './judgement.ts';
import { Counter } from './tag/counter.ts';
import { Looks } from './tag/looks.ts';
import { Numbers } from './tag/numbers.ts';
import { BLOCK } from './tag/shift.ts';
import { type TagTuning, usualTuning } from './tag/tuning.ts';

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

export interface TagOptions {
  /** Readings before it is judged. */
  warmUp: number;
  /** Whether a change that lasts is taken for the new normal. */
  follow: boolean;
  tuning?: TagTuning | undefined;
}

/** Packed numbers: see `packNumbers`. */
export type TagWatchState = string;

/**
 * Watches one number of one tag in bounded memory. It decides what is learned: nothing of an excursion while it lasts, nor of anything strange
 * where the tag is not to follow; until it is over, or has lasted for as many readings as were learned before: then it is known.
 */
export class TagWatch {
  readonly #options: TagOptions;
  #looks: Looks;
  readonly #counter = new Counter();
  /** What was watched of the last reading: the reading, or what a counter has risen by. */
  #watched: number | undefined;
  /** Readings learned, and strange ones in a row. */
  #count = 0;
  #strangeRun = 0;
  /** What was usual before the anomaly that is going on. */
  #before = { mean: 0, deviation: 0 };
  #time: number | undefined;
  #lateRun = 0;
  /** How many readings could not be used. */
  skipped = 0;

  /** @throws Error where the state is none */
  constructor(options: TagOptions, state?: TagWatchState) {
    this.#options = options;
    this.#looks = this.#newLooks();
    if (state !== undefined) this.#load(new Numbers(unpackFloat64(state)));
  }

  /** ln p of the last reading, at most 0. */
  get logP(): number {
    return 0 - this.#looks.surprise;
  }

  get ready(): boolean {
    return this.#count >= this.#options.warmUp && this.#looks.changes >= CHANGES;
  }

  /** The last reading, or what a counter has risen by; undefined where that is not known. */
  get watched(): number | undefined {
    return this.#watched;
  }

  /** 0..1; a constant tag is done too: it can only stay silent. */
  get progress(): number {
    return Math.min(1, this.#count / this.#options.warmUp);
  }

  /**
   * Whether the reading is new. The same time again, or an older one, is not; but after 20 older ones in a row the
   * source's clock has been set back, and its time starts anew.
   */
  isNews(time: number): boolean {
    if (this.#time !== undefined && time <= this.#time) {
      if (time === this.#time || ++this.#lateRun < LATE_RUN) return false;
      this.#looks.restartPace();
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
   * @returns 'adapted' when a lasting change has been taken for the new normal; 'drifted', once, when it has lasted as long but is not to be; 'turned'
   * when it has shown to be a counter, or to be none, and is learned anew as such
   */
  judge(value: number, time: number, logThreshold: number): 'adapted' | 'drifted' | 'turned' | undefined {
    const wasCounter = this.#counter.isCounter;
    this.#watched = this.#counter.read(value, time, this.#looks.interval);
    if (this.#counter.isCounter !== wasCounter) return this.#turn();
    if (this.#watched === undefined) {
      this.#looks.forget();
      return undefined;
    }
    const change = this.#judge(this.#watched, time, logThreshold);
    return this.ready && this.#counter.decide() ? this.#turn() : change;
  }

  /** What the last reading had against it, if anything. */
  evidence(tag: string, unit: string): Evidence | undefined {
    const usual = this.#counter.isCounter ? `${unit}/${readableDuration(this.#looks.interval)}` : unit;
    return this.#looks.evidence(tag, usual, this.#time);
  }

  /** "That was normal": what is strange now, or was last, is known from here on; a level that has lasted becomes the normal one. */
  accept(): void {
    const { kind } = this.#looks;
    const isLevel = this.#strangeRun >= BLOCK || kind === 'shift' || kind === 'spread';
    this.#looks.accept();
    this.#strangeRun = 0;
    if (isLevel) this.relearn();
  }

  /** Learns this tag afresh; extremes, holds and courses seen before stay known. */
  relearn(): void {
    this.#looks.startAnew();
    this.#count = 0;
    this.#strangeRun = 0;
  }

  /** After a pause nothing reaches back to before it. */
  resume(): void {
    this.#counter.resume();
    this.#looks.resume();
  }

  toState(): TagWatchState {
    const time = [this.#time === undefined ? 0 : 1, this.#time ?? 0, this.#lateRun];
    const before = [this.#before.mean, this.#before.deviation];
    return packNumbers(
      Float64Array.from([this.#count, this.#strangeRun, ...before, ...time, this.skipped, ...this.#counter.save(), ...this.#looks.save()]),
    );
  }

  #judge(value: number, time: number, logThreshold: number): 'adapted' | 'drifted' | undefined {
    const looks = this.#looks;
    looks.push(value, time, this.ready);
    if (this.ready) looks.judge();
    else looks.forget();
    // How the readings come says nothing about their values.
    if (this.logP > logThreshold || looks.kind === 'pace') {
      const hasFollowed = this.#strangeRun >= LASTING && looks.isApart(this.#before);
      // A single ordinary reading does not end what lasts.
      this.#strangeRun = hasFollowed ? 0 : Math.max(0, this.#strangeRun - LEAK);
      if (this.#count < MEMORY) this.#count++;
      looks.learn(this.#options.follow);
      return hasFollowed ? 'adapted' : undefined;
    }
    if (this.#strangeRun === 0) this.#before = looks.usual;
    // What is no excursion is followed slowly, where that is wanted; an excursion is not learned while it lasts.
    if (this.#options.follow && looks.kind !== 'frozen' && looks.excess < -logThreshold) looks.learn(true);
    else looks.note();
    if (++this.#strangeRun !== this.#count) return undefined;
    if (!this.#options.follow) return 'drifted';
    this.relearn();
    return 'adapted';
  }

  /** What is watched of it from here on is another quantity. */
  #turn(): 'turned' {
    this.#looks = this.#newLooks();
    this.#count = 0;
    this.#strangeRun = 0;
    this.#watched = undefined;
    return 'turned';
  }

  #newLooks(): Looks {
    return new Looks(MEMORY, this.#options.tuning ?? usualTuning);
  }

  #load(from: Numbers): void {
    [this.#count, this.#strangeRun] = [from.next(), from.next()];
    if (!(this.#count >= 0 && this.#count <= MEMORY && this.#strangeRun >= 0)) throw new Error('the state of a tag holds what can not be');
    this.#before = { mean: from.next(), deviation: from.next() };
    const isKnown = from.next() === 1;
    const time = from.next();
    this.#time = isKnown ? time : undefined;
    [this.#lateRun, this.skipped] = [from.next(), from.next()];
    this.#counter.load(from);
    this.#looks.load(from);
    from.end();
  }
}
