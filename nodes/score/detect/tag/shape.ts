import { listed, type Numbers } from './numbers.ts';

/** How many earlier courses are compared with. */
const REMEMBERED = 500;
/** Courses it takes to know how alike they usually are. */
const FEWEST = 10;

export interface ShapeOptions {
  /** Readings a block, blocks a course. */
  block: number;
  blocks: number;
  /** Whether only the form counts, or its level too. */
  formOnly: boolean;
  /** What a distance is measured by: the largest of recent ones, or their mean; and over how many courses it is forgotten. */
  by: 'largest' | 'mean';
  forget: number;
  /** … and not faster than within so many milliseconds: what is rare must be known for its rarity at any rate. */
  forgetMs: number;
  /** Up to this many times that, a course is ordinary. */
  ordinary: number;
}

/**
 * Whether the course of the last readings resembles any before: the nearest neighbour among the last 500 courses of block means, one a block.
 * The distance is measured by recent ones, always before it is counted among them. Memory: the block means.
 */
export class Shape {
  readonly #options: ShapeOptions;
  /** The block means in one piece, the newest last: twice as long as needed, so that they are moved seldom. */
  readonly #means: Float64Array;
  #end = 0;
  #length = 0;
  /** Blocks since the last pause: a course does not reach over it. */
  #fresh = 0;
  #sum = 0;
  #filled = 0;
  /** Distances measured, the recent mean or largest one, and the last as a multiple of that. */
  #distances = 0;
  #usual = 0;
  #ratio = 0;

  constructor(options: ShapeOptions) {
    this.#options = options;
    this.#means = new Float64Array(2 * (REMEMBERED + options.blocks));
  }

  /**
   * −ln p: distances fall off exponentially.
   * @param slope nats per usual distance
   * @param offset nats that are added
   * @returns 0 of an ordinary course, and until enough have been seen
   */
  surprise(slope: number, offset: number): number {
    return this.#ratio > this.#options.ordinary ? Math.max(0, offset + slope * this.#ratio) : 0;
  }

  /** Readings that a course spans. */
  get length(): number {
    return this.#options.block * this.#options.blocks;
  }

  /** Readings since the end of the last course. */
  get since(): number {
    return this.#filled;
  }

  /** @param interval milliseconds between readings; 0 where it is not known */
  push(value: number, interval = 0): void {
    this.#sum += value;
    if (++this.#filled < this.#options.block) return;
    this.#add(this.#sum / this.#filled);
    this.#sum = 0;
    this.#filled = 0;
    this.#fresh = Math.min(this.#fresh + 1, this.#options.blocks);
    if (this.#fresh === this.#options.blocks && this.#length > this.#options.blocks) this.#measure(this.#nearest(), interval);
  }

  /** After a pause a course begins anew; those before stay known. */
  resume(): void {
    this.#sum = 0;
    this.#filled = 0;
    this.#fresh = 0;
    this.#ratio = 0;
  }

  /** What is under way is ordinary: courses that hold it become known, and are not judged. */
  accept(): void {
    this.#fresh = 0;
    this.#ratio = 0;
  }

  /** How far apart courses usually lie is learned anew; those of before stay known. */
  startAnew(): void {
    this.accept();
    this.#distances = 0;
    this.#usual = 0;
  }

  #measure(distance: number, interval: number): void {
    const { by, block, forget, forgetMs } = this.#options;
    this.#ratio = this.#distances >= FEWEST && this.#usual > 0 ? distance / this.#usual : 0;
    const over = interval > 0 ? Math.max(forget, forgetMs / (block * interval)) : forget;
    this.#distances = Math.min(this.#distances + 1, over);
    if (by === 'mean') this.#usual += (distance - this.#usual) / this.#distances;
    else this.#usual = Math.max(this.#usual * (1 - 1 / over), distance);
  }

  #add(mean: number): void {
    const capacity = this.#means.length / 2;
    if (this.#end === this.#means.length) {
      this.#means.copyWithin(0, this.#end - this.#length);
      this.#end = this.#length;
    }
    this.#means[this.#end++] = mean;
    this.#length = Math.min(this.#length + 1, capacity);
  }

  /** Root of the summed squares between the last course and the one of those before that is nearest to it. */
  #nearest(): number {
    const { blocks, formOnly } = this.#options;
    const means = this.#means;
    const last = this.#end - blocks;
    let least = Number.POSITIVE_INFINITY;
    // The newest first: they are often the nearest, and what is already further off need not be summed to its end.
    for (let start = last - 1; start >= this.#end - this.#length; start--) {
      let squares = 0;
      let sum = 0;
      for (let block = 0; block < blocks; block++) {
        const difference = (means[last + block] as number) - (means[start + block] as number);
        squares += difference * difference;
        sum += difference;
        // Without its mean a sum of squares can only become smaller by what the mean holds of it.
        if (block % 4 === 3 && squares - (formOnly ? (sum * sum) / (block + 1) : 0) >= least) break;
      }
      // Without its mean, the difference of two courses is that of their forms.
      if (formOnly) squares -= (sum * sum) / blocks;
      if (squares < least) least = squares;
    }
    return Math.sqrt(Math.max(0, least));
  }

  save(): number[] {
    const means = [...this.#means.subarray(this.#end - this.#length, this.#end)];
    return [...listed(means), this.#fresh, this.#sum, this.#filled, this.#distances, this.#usual, this.#ratio];
  }

  load(from: Numbers): void {
    const means = from.list(this.#means.length / 2);
    this.#means.set(means);
    this.#end = this.#length = means.length;
    [this.#fresh, this.#sum, this.#filled] = [from.next(), from.next(), from.next()];
    [this.#distances, this.#usual, this.#ratio] = [from.next(), from.next(), from.next()];
  }
}
