import { Moments, type MomentsState } from '../../../shared/statistics.ts';

/** So many tags are looked at together: the first that move. The cost of a sample grows with the square of it. */
const MOST = 32;
/** What is learned of a tag by itself before it joins: how large it is, so that all can be looked at in one scale. */
const READINGS = 20;
/** A tag that hardly changes says nothing about the others. */
const CHANGES = 5;
/** Readings beyond so many of its deviations count as that far off: squares of a wild one would drown all else. */
const FARTHEST = 1e3;

/** A candidate that is missing for more samples than these comes too seldom to be seen beside the others, or is learned anew. */
const APART = 5;

export interface Value {
  tag: string;
  /** undefined where there is none that can be used. */
  value: number | undefined;
  unit: string;
}

export interface RosterState {
  /** How many samples have come, and with which a tag came last that would join if it could; 0: none. */
  samples: number;
  newcomer: number;
  /** In the order in which they joined: tag, centre, scale, last reading, sample of that. */
  members: [tag: string, centre: number, scale: number, last: number, sample: number][];
  /** Tags that may join yet: tag, its moments, changes, last reading, sample of that. */
  candidates: [tag: string, moments: MomentsState, changes: number, last: number, sample: number][];
}

interface Candidate {
  moments: Moments;
  changes: number;
  last: number;
  sample: number;
}

/** Which tags are looked at together, in which order, and each in its own scale. */
export class Roster {
  readonly #index = new Map<string, number>();
  readonly #centres: number[] = [];
  readonly #scales: number[] = [];
  readonly #readings: number[] = [];
  readonly #names: string[] = [];
  /** With which sample each was read last. */
  readonly #readAt: number[] = [];
  readonly #leftOut: ReadonlySet<string>;
  #samples = 0;
  #newcomer = 0;
  readonly #candidates = new Map<string, Candidate>();
  readonly #named = new Map<string, number>();
  /** The sample last read, scaled; where a tag is missing, its last reading. */
  values = new Float64Array(0);
  isPresent = new Uint8Array(0);
  isScored = new Uint8Array(0);
  present = 0;
  /** For how many samples a tag has been missing, the longest. */
  absence = 0;

  /** @throws Error where the state is none */
  constructor(leftOut: ReadonlySet<string>, state?: RosterState) {
    this.#leftOut = leftOut;
    if (state !== undefined) this.#load(state);
    this.#size();
  }

  get size(): number {
    return this.#index.size;
  }

  /** Whether a tag comes that would join if it could. */
  get hasNewcomer(): boolean {
    return this.#newcomer > 0 && this.#samples - this.#newcomer <= APART;
  }

  /**
   * Takes a sample in.
   * @param isOpen whether tags may join
   * @returns how many tags there are now
   */
  read(sample: readonly Value[], isOpen: boolean): number {
    this.#samples++;
    this.isPresent.fill(0);
    this.present = 0;
    for (let at = 0; at < sample.length; at++) {
      const { tag, value } = sample[at] as Value;
      if (value === undefined) continue;
      const index = this.#index.get(tag);
      if (index === undefined) {
        if (this.size < MOST) this.#consider(tag, value, isOpen);
        continue;
      }
      this.#readings[index] = value;
      this.#readAt[index] = this.#samples;
      this.values[index] = this.#scaled(index);
      this.isPresent[index] = 1;
      this.present++;
    }
    if (this.values.length !== this.size) this.#size();
    this.absence = 0;
    for (let index = 0; index < this.size; index++) this.absence = Math.max(this.absence, this.#samples - (this.#readAt[index] as number));
    return this.size;
  }

  /** A tag that came later counts when it has been learned for as long as the others were. */
  admit(counts: Float64Array, warmUp: number): void {
    let most = 0;
    for (let index = 0; index < counts.length; index++) most = Math.max(most, counts[index] as number);
    for (let index = 0; index < counts.length; index++)
      this.isScored[index] = (counts[index] as number) >= Math.min(warmUp, 0.9 * most) ? 1 : 0;
  }

  indexOf(tag: string): number | undefined {
    return this.#index.get(tag);
  }

  nameOf(index: number): string {
    return this.#names[index] as string;
  }

  readingOf(index: number): number {
    return this.#readings[index] as number;
  }

  scaleOf(index: number): number {
    return this.#scales[index] as number;
  }

  /** Numbers by the name of their tag. */
  named(numbers: Float64Array): Map<string, number> {
    for (let index = 0; index < this.size; index++) this.#named.set(this.#names[index] as string, numbers[index] as number);
    return this.#named;
  }

  toState(): RosterState {
    const members = this.#names.map((tag, index): RosterState['members'][number] => [
      tag,
      this.#centres[index] as number,
      this.#scales[index] as number,
      this.#readings[index] as number,
      this.#readAt[index] as number,
    ]);
    const candidates = [...this.#candidates].map(([tag, { moments, changes, last, sample }]): RosterState['candidates'][number] => [
      tag,
      moments.toState(),
      changes,
      last,
      sample,
    ]);
    return { samples: this.#samples, newcomer: this.#newcomer, members, candidates };
  }

  #load({ samples, newcomer, members, candidates }: RosterState): void {
    const isKnown = [samples, newcomer].every(Number.isSafeInteger) && Array.isArray(members) && Array.isArray(candidates);
    if (!isKnown || members.length > MOST || candidates.length > 2 * MOST) throw new Error('together: the tags are not as they must be');
    this.#samples = samples;
    this.#newcomer = newcomer;
    for (const [tag, centre, scale, last, sample] of members) {
      if (![centre, scale, last, sample].every(Number.isFinite) || scale <= 0)
        throw new Error('together: a tag has a scale that is not a number');
      this.#join(tag, centre, scale, last, sample);
    }
    for (const [tag, moments, changes, last, sample] of candidates) {
      if (![...moments, changes, last, sample].every(Number.isFinite)) throw new Error('together: a tag has a value that is not a number');
      this.#candidates.set(tag, { moments: new Moments(Number.POSITIVE_INFINITY, moments), changes, last, sample });
    }
  }

  #consider(tag: string, value: number, isOpen: boolean): void {
    if (this.#leftOut.has(tag)) return;
    let candidate = this.#candidates.get(tag);
    if (candidate === undefined || this.#samples - candidate.sample > APART) {
      if (candidate === undefined && this.#candidates.size >= 2 * MOST) return;
      candidate = { moments: new Moments(), changes: 0, last: value, sample: 0 };
      this.#candidates.set(tag, candidate);
    }
    if (value !== candidate.last) candidate.changes++;
    candidate.last = value;
    candidate.sample = this.#samples;
    candidate.moments.push(value);
    if (candidate.moments.count < READINGS || candidate.changes < CHANGES) return;
    this.#newcomer = this.#samples;
    if (!isOpen) return;
    this.#candidates.delete(tag);
    const { mean, standardDeviation } = candidate.moments;
    this.#join(tag, mean, standardDeviation > 0 ? standardDeviation : 1, value, this.#samples);
  }

  #join(tag: string, centre: number, scale: number, reading: number, sample: number): void {
    this.#index.set(tag, this.size);
    this.#names.push(tag);
    this.#centres.push(centre);
    this.#scales.push(scale);
    this.#readings.push(reading);
    this.#readAt.push(sample);
  }

  /** Makes room for those that have joined: they are looked at from the next sample on. */
  #size(): void {
    this.values = Float64Array.from({ length: this.size }, (_, index) => this.#scaled(index));
    this.isPresent = new Uint8Array(this.size);
    this.isScored = new Uint8Array(this.size);
    this.present = 0;
  }

  #scaled(index: number): number {
    const scaled = ((this.#readings[index] as number) - (this.#centres[index] as number)) / (this.#scales[index] as number);
    return Math.min(FARTHEST, Math.max(-FARTHEST, scaled));
  }
}
