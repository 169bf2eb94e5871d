import { listed, type Numbers } from '../tag/numbers.ts';

/** The tail is fitted to so many of the largest block maxima. */
const LARGEST = 64;
/** A maximum is remembered for so many blocks: of 20 samples, a second each, three weeks. */
const REMEMBERED = 90_000;
/** The shape of the tail: a little heavier than exponential, because what lies far beyond all that was seen is less sure. */
const HEAVINESS = 0.05;
/** An anomaly that is over teaches, too, that such things come; but no more than one so many scales beyond the start. */
const FARTHEST = 8;
/** The chance of a block's maximum from which on a score is suspicious, and above which it is ordinary again. */
const SUSPICIOUS = Math.log(0.06);
const ORDINARY = Math.log(0.18);

export interface TailOptions {
  /** Neighbouring scores are alike: of so many in a row only the largest is an observation. */
  size: number;
  /** Blocks it takes to know the tail. */
  fewest: number;
  /** Scale of the excesses in well-behaved data, and how many excesses of our own outweigh that. */
  usualScale: number;
  prior: number;
}

/**
 * How rarely a score gets this large, learned from the scores of the stream itself, each asked before it is added (prequential: residuals of a
 * fit to the same data are too small). Peaks over threshold (Pickands 1975, shape 0) on the maxima of blocks, the threshold being the smallest
 * of the largest 64: the longer it runs, the further out is the tail that it is fitted to, and the dial's false alarms per week are counted rather
 * than extrapolated.
 */
export class BlockTail {
  readonly #options: TailOptions;
  /** The largest maxima, descending, and in which block each came. */
  readonly #values: number[] = [];
  readonly #blocks: number[] = [];
  #block = 0;
  #inBlock = 0;
  #maximum = 0;
  #count = 0;
  #scale = 0;

  constructor(options: TailOptions) {
    this.#options = options;
  }

  get ready(): boolean {
    return this.#count >= this.#options.fewest;
  }

  /** 0..1 */
  get progress(): number {
    return Math.min(1, (this.#count + this.#inBlock / this.#options.size) / this.#options.fewest);
  }

  /** Where the tail begins. */
  get start(): number {
    return this.#values[this.#excesses()] ?? 0;
  }

  /** Adds a score ≥ 0 seen in health. */
  learn(score: number): void {
    if (score > this.#maximum) this.#maximum = score;
    if (++this.#inBlock < this.#options.size) return;
    const maximum = this.#maximum;
    this.#inBlock = 0;
    this.#maximum = 0;
    this.observe(maximum);
  }

  /** Adds the maximum of a whole block. */
  observe(maximum: number): void {
    this.#block++;
    if (this.#count < REMEMBERED) this.#count++;
    this.#forgetOld();
    this.#insert(maximum);
    this.#fit();
  }

  /** Whether the score is in the tail, and far enough out that nothing is to be learned from its sample. */
  isSuspicious(score: number): boolean {
    return score > this.start && this.#logBlock(score) <= SUSPICIOUS;
  }

  /** Whether a score that was suspicious no longer is. Of many blocks the tail is the far end only: what lies well below its start is ordinary anyway. */
  isOrdinary(score: number): boolean {
    return score <= this.start / 2 || this.#logBlock(score) > ORDINARY;
  }

  /** ln of the chance that one score is this large or larger, such that blocks have the maxima they have. */
  logTail(score: number): number {
    const logBlock = this.#logBlock(score);
    if (logBlock < -20) return logBlock - Math.log(this.#options.size);
    // Of independent scores the largest is below with the power of one being below.
    return Math.log(-Math.expm1(Math.log1p(-Math.min(1 - 1e-15, Math.exp(logBlock))) / this.#options.size));
  }

  /** Adds the largest score of an anomaly that is over. */
  concede(maximum: number): void {
    this.observe(Math.min(maximum, this.start + FARTHEST * this.#scale));
  }

  save(): number[] {
    return [this.#block, this.#inBlock, this.#maximum, this.#count, ...listed(this.#values), ...listed(this.#blocks)];
  }

  load(from: Numbers): void {
    [this.#block, this.#inBlock, this.#maximum, this.#count] = [from.next(), from.next(), from.next(), from.next()];
    this.#values.push(...from.list(LARGEST));
    this.#blocks.push(...from.list(LARGEST));
    if (this.#values.length > 0) this.#fit();
  }

  /** ln of the chance that a block's maximum is this large or larger. */
  #logBlock(score: number): number {
    const beyond = (score - this.start) / this.#scale;
    const logExcess = beyond > 0 ? Math.log1p(HEAVINESS * beyond) / HEAVINESS : beyond;
    return Math.log(this.#excesses() / Math.max(1, this.#count)) - logExcess;
  }

  #insert(maximum: number): void {
    const values = this.#values;
    if (values.length === LARGEST && maximum <= (values[LARGEST - 1] as number)) return;
    let at = values.length;
    while (at > 0 && (values[at - 1] as number) < maximum) at--;
    values.splice(at, 0, maximum);
    this.#blocks.splice(at, 0, this.#block);
    if (values.length > LARGEST) {
      values.pop();
      this.#blocks.pop();
    }
  }

  /** Of few blocks the larger half is the tail. */
  #excesses(): number {
    return Math.max(1, Math.min(this.#values.length - 1, this.#count >> 1));
  }

  #fit(): void {
    const { usualScale, prior } = this.#options;
    const excesses = this.#excesses();
    const start = this.start;
    let sum = 0;
    for (let index = 0; index < excesses; index++) sum += (this.#values[index] as number) - start;
    const mean = (sum + prior * usualScale) / (excesses + prior);
    // One standard error on the safe side: a scale fitted too small cries wolf for ever.
    this.#scale = mean * (1 + 1 / Math.sqrt(excesses + prior));
  }

  #forgetOld(): void {
    for (let index = this.#blocks.length - 1; index >= 0; index--) {
      if (this.#block - (this.#blocks[index] as number) < REMEMBERED) continue;
      this.#values.splice(index, 1);
      this.#blocks.splice(index, 1);
    }
  }
}
