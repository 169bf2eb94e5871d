import { packNumbers, unpackFloat64 } from '../../../shared/pack-numbers.ts';
import type { Evidence } from '../judgement.ts';
import { Numbers } from '../tag/numbers.ts';
import { Components } from './components.ts';
import { Explained } from './explained.ts';
import type { Method } from './method.ts';
import { Roster, type RosterState, type Value } from './roster.ts';
import { ScoreTails } from './score-tails.ts';

/** Behind the learning phase a sample teaches so much of what one taught in it: a fault that creeps in must not be learned while it does. */
const AFTERWARDS = 0.3;
/** A gap of so many usual intervals: the sample behind it follows no other. */
const GAP = 5;
/** A tag that is missing for so many samples is taken as what the others make of it; for longer, nothing can be said without it. */
const FILLED = 5;
/** A change has lasted when it has for as long as was learned, at most for so many samples: two hours at one a second. */
const LONGEST = 7200;
/** After so many samples it is known which tags follow from the others exactly. */
const DEPENDENCE_KNOWN = 100;
const LEAST = -1e6;

export interface TogetherOptions {
  /** Samples before the tags are judged together. */
  warmUp: number;
  method: 'residual' | 'pca';
  /** Whether a change that lasts is taken for the new normal. */
  follow: boolean;
}

export interface JointState {
  roster: RosterState;
  /** Packed numbers: see `packNumbers`. */
  numbers: string;
}

/**
 * Watches the same tags as one for good: whether they still hang together, and go on, as they did. How odd is odd it learns from its own
 * scores. An anomaly lasts until the scores are ordinary again, and meanwhile nothing is learned.
 */
export class JointWatch {
  readonly #options: TogetherOptions;
  readonly #roster: Roster;
  readonly #method: Method;
  readonly #tails: ScoreTails;
  #isAnomaly = false;
  #oddRun = 0;
  #seen = 0;
  #logP = 0;
  #lastTime = Number.NaN;
  #interval = 0;
  #weights = new Float64Array(0);

  /**
   * @param leftOut tags not to be looked at
   * @throws Error where the state is none
   */
  constructor(options: TogetherOptions, leftOut: ReadonlySet<string>, state?: JointState) {
    this.#options = options;
    this.#roster = new Roster(leftOut, state?.roster);
    this.#method = options.method === 'pca' ? new Components() : new Explained();
    this.#tails = new ScoreTails(this.#method.scores.length);
    if (state !== undefined) this.#load(new Numbers(unpackFloat64(state.numbers)));
  }

  /** ln p of the last sample, at most 0; while an anomaly lasts never above the threshold with which it began. */
  get logP(): number {
    return this.#logP;
  }

  get ready(): boolean {
    return this.#seen >= this.#options.warmUp && this.#tails.ready;
  }

  /** 0..1; fewer than two tags that move are nothing to learn. */
  get progress(): number {
    if (this.#roster.size < 2) return 1;
    return Math.min(1, this.#seen / this.#options.warmUp, 0.5 + this.#tails.progress / 2);
  }

  /** For how many samples a tag has been missing, the longest. */
  get absence(): number {
    return this.#roster.absence;
  }

  /** Whether a tag has come that is not among those that are watched. */
  get hasNewcomer(): boolean {
    return this.ready && this.#roster.hasNewcomer;
  }

  /**
   * Judges a sample, then learns from it unless it is odd.
   * @param time epoch ms
   * @param logThreshold ln p from which on it is an anomaly
   * @returns whether this is the sample with which an anomaly has lasted for as long as was learned
   */
  judge(sample: readonly Value[], time: number, logThreshold: number): boolean {
    const roster = this.#roster;
    if (roster.read(sample, !this.ready) !== this.#method.counts.length) this.#grow();
    if (roster.present < 2 || roster.absence > FILLED) {
      this.resume();
      return false;
    }
    this.#tick(time);
    roster.admit(this.#method.counts, this.#options.warmUp);
    this.#method.look(roster.values, roster.isPresent, roster.isScored);
    const { scores } = this.#method;
    const isReady = this.ready;
    const least = this.#tails.weigh(scores);
    if (isReady) this.#assess(least, logThreshold);
    const isOdd = isReady && (this.#isAnomaly || this.#tails.isSuspicious);
    this.#oddRun = isOdd ? this.#oddRun + 1 : 0;
    if (this.#seen >= this.#options.warmUp / 2) this.#tails.learn(this.#isAnomaly);
    this.#learnSample(isOdd, isReady);
    return isOdd && this.#hasLasted();
  }

  /** Tags that follow from those before them exactly, once that is known; then once only. */
  dependent(): string[] {
    if (this.#seen !== DEPENDENCE_KNOWN) return [];
    return this.#method.dependent().map((index) => this.#roster.nameOf(index));
  }

  /** How much each tag weighs in what is odd, by name. The map is the same one each time. */
  contributions(): Map<string, number> {
    this.#method.weigh(this.#tails.leading, this.#weights);
    return this.#roster.named(this.#weights);
  }

  /** What the tag reads, and what the other tags and its own course let expect. */
  evidence(tag: string, unit: string): Evidence | undefined {
    const index = this.#roster.indexOf(tag);
    if (index === undefined) return undefined;
    const value = this.#roster.readingOf(index);
    const off = this.#method.deviation(this.#tails.leading, index) * this.#roster.scaleOf(index);
    return { kind: 'together', tag, unit, value, expected: value - off };
  }

  /** "That was normal." */
  accept(): void {
    this.#tails.accept();
    this.#calm();
  }

  /** After a pause nothing reaches back to before it. */
  resume(): void {
    this.#method.restart();
    this.#lastTime = Number.NaN;
    this.#calm();
  }

  toState(): JointState {
    const hasTime = Number.isNaN(this.#lastTime) ? 0 : 1;
    const own = [Number(this.#isAnomaly), this.#oddRun, this.#seen, this.#logP, hasTime, hasTime && this.#lastTime, this.#interval];
    const parts = [...this.#tails.save(), this.#method.counts.length, ...this.#method.save()];
    return { roster: this.#roster.toState(), numbers: packNumbers(Float64Array.from([...own, ...parts])) };
  }

  #load(from: Numbers): void {
    this.#isAnomaly = from.next() === 1;
    [this.#oddRun, this.#seen, this.#logP] = [from.next(), from.next(), from.next()];
    const hasTime = from.next() === 1;
    const time = from.next();
    this.#lastTime = hasTime ? time : Number.NaN;
    this.#interval = from.next();
    this.#tails.load(from);
    const tags = from.next();
    if (tags > this.#roster.size) throw new Error(`together: ${tags} tags, but ${this.#roster.size} names`);
    this.#method.load(tags, from);
    this.#weights = new Float64Array(tags);
    from.end();
  }

  #grow(): void {
    this.#method.grow(this.#roster.size);
    this.#weights = new Float64Array(this.#roster.size);
  }

  /** Behind a gap the course of before says nothing. */
  #tick(time: number): void {
    const gap = time - this.#lastTime;
    this.#lastTime = time;
    if (!(gap > 0)) return;
    if (this.#interval > 0 && gap > GAP * this.#interval) this.#method.restart();
    else this.#interval += this.#interval === 0 ? gap : (gap - this.#interval) / 50;
  }

  #assess(least: number, logThreshold: number): void {
    const logP = Math.max(LEAST, Math.min(0, least));
    if (logP <= logThreshold) this.#isAnomaly = true;
    else if (this.#tails.isOrdinary) this.#isAnomaly = false;
    this.#logP = this.#isAnomaly ? Math.min(logP, logThreshold) : logP;
  }

  #learnSample(isOdd: boolean, isReady: boolean): void {
    if (isOdd) {
      this.#method.step();
      return;
    }
    this.#seen++;
    this.#method.learn(isReady ? AFTERWARDS * this.#tails.rarity(this.#method.scores[0] as number) : 1);
  }

  /** What was merely suspicious for so long is usual. */
  #hasLasted(): boolean {
    if (this.#oddRun !== Math.max(this.#options.warmUp, Math.min(LONGEST, this.#seen))) return false;
    if (this.#isAnomaly) return true;
    this.accept();
    return false;
  }

  #calm(): void {
    this.#isAnomaly = false;
    this.#tails.calm();
    this.#oddRun = 0;
    this.#logP = 0;
  }
}
