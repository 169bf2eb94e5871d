import { LinewatchError } from '../../../shared/errors.ts';

/** More boxes than that in one result are no objects but a threshold that is too low; comparing all pairs stays a matter of milliseconds. */
export const MOST_CANDIDATES = 3000;

/**
 * The boxes above the threshold, in pixels of the model's input, before suppression: columns of numbers, as there may be thousands. Once there
 * are twice as many as may be kept, the less sure half goes.
 */
export class Candidates {
  /** Per candidate. */
  length = 0;
  readonly #most: number;
  readonly #wanted: Uint8Array | undefined;
  readonly pointValues: number;
  row = new Uint32Array(64);
  label = new Uint32Array(64);
  score = new Float32Array(64);
  /** Left, top, right, bottom. */
  box = new Float32Array(64 * 4);
  point: Float32Array;
  /** Below it nothing is taken. */
  threshold: number;

  /**
   * @param wanted per class, 1 where it is looked for; undefined for all
   * @param points how many named points a candidate has
   */
  constructor(threshold: number, wanted?: Uint8Array, points = 0, most = MOST_CANDIDATES) {
    this.threshold = threshold;
    this.#wanted = wanted;
    this.#most = most;
    this.pointValues = points * 2;
    this.point = new Float32Array(64 * this.pointValues);
  }

  /**
   * @returns where its points are to be written in `point`; −1 where it is not taken
   * @throws LinewatchError interpret-box
   */
  add(row: number, label: number, score: number, left: number, top: number, right: number, bottom: number): number {
    if (score < this.threshold || (this.#wanted !== undefined && this.#wanted[label] !== 1)) return -1;
    // The sum of all is finite only where each is.
    if (!Number.isFinite(score + left + top + right + bottom)) {
      throw new LinewatchError('interpret-box', { score: String(score), got: [left, top, right, bottom].join(', ') });
    }
    if (!(right > left && bottom > top)) return -1;
    if (this.length === 2 * this.#most) this.#keepSurest();
    if (this.length === this.row.length) this.#grow();
    const at = this.length++;
    this.row[at] = row;
    this.label[at] = label;
    this.score[at] = score;
    this.box[at * 4] = left;
    this.box[at * 4 + 1] = top;
    this.box[at * 4 + 2] = right;
    this.box[at * 4 + 3] = bottom;
    return at * this.pointValues;
  }

  /** Their numbers, the surest first, as many as may be kept at most. */
  surestFirst(): Uint32Array {
    const { score } = this;
    const order = Uint32Array.from({ length: this.length }, (_, index) => index);
    order.sort((one, other) => (score[other] as number) - (score[one] as number) || one - other);
    return order.subarray(0, this.#most);
  }

  #keepSurest(): void {
    const kept = this.surestFirst().slice();
    this.threshold = this.score[kept.at(-1) as number] as number;
    // In their old order each moves only forward.
    kept.sort();
    for (let to = 0; to < kept.length; to++) {
      const from = kept[to] as number;
      this.row[to] = this.row[from] as number;
      this.label[to] = this.label[from] as number;
      this.score[to] = this.score[from] as number;
      this.box.copyWithin(to * 4, from * 4, from * 4 + 4);
      this.point.copyWithin(to * this.pointValues, from * this.pointValues, (from + 1) * this.pointValues);
    }
    this.length = kept.length;
  }

  #grow(): void {
    const size = this.row.length * 2;
    const wider = <Values extends Uint32Array | Float32Array>(values: Values, more: Values): Values => {
      more.set(values);
      return more;
    };
    this.row = wider(this.row, new Uint32Array(size));
    this.label = wider(this.label, new Uint32Array(size));
    this.score = wider(this.score, new Float32Array(size));
    this.box = wider(this.box, new Float32Array(size * 4));
    this.point = wider(this.point, new Float32Array(size * this.pointValues));
  }
}
