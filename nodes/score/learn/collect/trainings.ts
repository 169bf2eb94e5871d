import type { Anchor, TrainingReport } from '../contract.ts';
import { base64, bytes } from './row-store.ts';
import type { AnchorState, CollectorState, Learned, Refusal, TrainingOrder } from './state.ts';

/** The windows are not to blame: the same may succeed another time. */
const TECHNICAL: readonly string[] = ['learn-crashed', 'learn-deadline', 'learn-memory', 'learn-unwritten'];

export const isTechnical = ({ code }: Refusal): boolean => TECHNICAL.includes(code);

/** What came of trainings: the model in use and the one before, what both are held against, and why there is no newer one. */
export class Trainings {
  learned: Learned | undefined;
  /** The model before, to which can be gone back. */
  #before: Learned | undefined;
  /** What later windows are compared with, of the model in use and of the one before. */
  #anchor: Anchor | undefined;
  #anchorBefore: Anchor | undefined;
  /** What the training under way, or the one that failed, is to be. */
  order: TrainingOrder = {};
  refusal: Refusal | undefined;
  /** Epoch ms: the last training that ended, however it did. */
  checkedAt = 0;

  restore(state: CollectorState): void {
    this.learned = state.learned ?? undefined;
    this.#before = state.before ?? undefined;
    this.#anchor = readAnchor(state.anchor);
    // Mostly both models have the same one, which is kept once.
    this.#anchorBefore = state.anchorBefore === 'same' ? this.#anchor : readAnchor(state.anchorBefore);
    this.order = state.order;
    this.checkedAt = state.checkedAt;
    this.refusal = state.refusal ?? undefined;
  }

  get anchor(): Anchor | undefined {
    return this.#anchor;
  }

  /** Whether the last training failed for a reason that has nothing to do with the windows. */
  get hasFailed(): boolean {
    return this.refusal !== undefined && isTechnical(this.refusal);
  }

  begin(order: TrainingOrder): void {
    this.order = { ...order };
    this.refusal = undefined;
  }

  /** @param anchor what the windows of this training are as one: it holds where there was none, and where somebody accepted them */
  succeeded(report: TrainingReport, now: number, anchor?: Anchor): void {
    this.#before = this.learned;
    this.#anchorBefore = this.#anchor;
    if (this.#anchor === undefined || this.order.accept) this.#anchor = anchor;
    this.learned = { at: now, report };
    this.order = {};
    this.checkedAt = now;
  }

  /** The model and the one before were exchanged. */
  rolledBack(): void {
    if (this.#before !== undefined) {
      [this.learned, this.#before] = [this.#before, this.learned];
      [this.#anchor, this.#anchorBefore] = [this.#anchorBefore ?? this.#anchor, this.#anchor];
    }
    this.refusal = undefined;
  }

  /** What is learned next is learned anew. The model in use serves on. */
  clear(): void {
    this.#anchor = undefined;
    this.order = {};
    this.refusal = undefined;
  }

  toState(): Pick<CollectorState, 'learned' | 'before' | 'anchor' | 'anchorBefore' | 'order' | 'checkedAt' | 'refusal'> {
    return {
      learned: this.learned ?? null,
      before: this.#before ?? null,
      anchor: writeAnchor(this.#anchor),
      anchorBefore: this.#anchor !== undefined && this.#anchorBefore === this.#anchor ? 'same' : writeAnchor(this.#anchorBefore),
      order: this.order,
      checkedAt: this.checkedAt,
      refusal: this.refusal ?? null,
    };
  }
}

/** @param state absent where it was kept by an earlier version */
function readAnchor(state: AnchorState | null | undefined): Anchor | undefined {
  return state === null || state === undefined ? undefined : { ...state, rows: new Float32Array(bytes(state.rows)) };
}

function writeAnchor(anchor: Anchor | undefined): AnchorState | null {
  return anchor === undefined ? null : { ...anchor, rows: base64(anchor.rows) };
}
