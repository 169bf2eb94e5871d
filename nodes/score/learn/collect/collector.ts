import { LinewatchError } from '../../../shared/errors.ts';
import { type Anchor, MOST_VALUES, type TrainingReport, type TrainingRequest } from '../contract.ts';
import { Intake } from './intake.ts';
import { Labels, wrongLabel } from './labels.ts';
import { widthOf } from './limits.ts';
import { joined, Material } from './material.ts';
import type { Row, RowShape, Skipped } from './read-row.ts';
import type { Added, CollectOptions, CollectorState, Learned, LearningPhase, Refusal, TrainingOrder } from './state.ts';
import { Tally } from './tally.ts';
import { isTechnical, Trainings } from './trainings.ts';

/** Fewer new windows are no reason to train again, whatever the clock says. */
const LEAST_FRESH = 30;

/** Collects windows to learn from, in bounded memory, and knows when there are enough: from phase to phase. */
export class Collector {
  readonly options: CollectOptions;
  #phase: LearningPhase;
  #paused = false;
  readonly #intake = new Intake();
  readonly #tally: Tally;
  readonly #material = new Material();
  readonly #labels = new Labels();
  #label: string | undefined;
  readonly #trainings = new Trainings();
  /** A label was given or forgotten while training was under way. */
  #isStale = false;
  #isChanged = false;

  constructor(options: CollectOptions) {
    this.options = options;
    this.#tally = new Tally(options.amount);
    this.#phase = this.#isClasses ? 'idle' : 'collecting';
  }

  /** @throws Error where the state is of another kind; what was collected for another task is no use */
  static restore(options: CollectOptions, content: unknown): Collector {
    const state = content as CollectorState;
    if (state?.version !== 1) throw new Error('it is of another version');
    const collector = new Collector(options);
    if (state.task === options.task) collector.#restore(state);
    return collector;
  }

  #restore(state: CollectorState): void {
    const width = widthOf(state.shape ?? undefined);
    this.#paused = state.paused;
    this.#intake.restore(state);
    this.#tally.restore(state);
    this.#material.restore(width, state);
    this.#labels.restore(width, state.labels);
    this.#label = state.label ?? undefined;
    this.#trainings.restore(state);
    this.#phase = state.phase;
    // More may be wanted now than before.
    if (!this.#isClasses && state.phase === 'collecting' && this.#tally.isComplete) this.#phase = 'training';
    const { amount, recipe = null } = this.options;
    const wantsMore = !this.#isClasses && JSON.stringify(state.amount) !== JSON.stringify(amount) && this.progress < 1;
    if (state.recipe !== recipe || wantsMore) this.#isChanged = this.#again(wantsMore);
  }

  /** Whether what is wanted has changed since the model was learned, which is why it is learned again. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  /** The model is gone. @returns whether it is learned again, from what was collected where there is any */
  lost(): boolean {
    if (this.#phase !== 'learned') return false;
    this.#trainings.learned = undefined;
    return this.#again(false);
  }

  /** The model and the one before were exchanged. */
  rolledBack(): void {
    this.#trainings.rolledBack();
  }

  /** What the training under way, or the one that failed, is to be. */
  get order(): TrainingOrder {
    return this.#trainings.order;
  }

  /** Whether a label was given or forgotten since the last training began. */
  get isStale(): boolean {
    return this.#isStale && this.#labels.isEnough;
  }

  /** Whether the last training failed for a reason that has nothing to do with the windows. */
  get hasFailed(): boolean {
    return this.#phase !== 'training' && this.#trainings.hasFailed;
  }

  /** Training was broken off from outside: it is begun again after a restart. */
  get isUnfinished(): boolean {
    return this.#phase === 'training';
  }

  get phase(): LearningPhase {
    return this.#phase;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get learned(): Learned | undefined {
    return this.#trainings.learned;
  }

  get refusal(): Refusal | undefined {
    return this.#trainings.refusal;
  }

  /** Whether there are windows that a training refused and that somebody may accept. */
  get isAcceptable(): boolean {
    return this.#material.hasDoubted;
  }

  /** The label that is being taught. */
  get label(): string | undefined {
    return this.#label;
  }

  get labels(): { label: string; windows: number }[] {
    return this.#labels.counts;
  }

  /** Windows that were not learned from, by reason. */
  get skipped(): Readonly<Partial<Record<Skipped, number>>> {
    return this.#intake.skipped;
  }

  /** Windows of the present collection (of the label that is being taught). */
  get collected(): number {
    return this.#tally.windows;
  }

  /** Windows that are wanted; undefined where it is a time. */
  get wanted(): number | undefined {
    return this.#tally.wanted;
  }

  get coveredMs(): number {
    return this.#tally.coveredMs;
  }

  /** Of the present collection, 0..1. */
  get progress(): number {
    return this.#tally.progress;
  }

  /** @throws LinewatchError learn-wide */
  add(row: Row): Added {
    if (row.kind === 'skipped') return this.#skip(row.reason);
    const { shape, time, values } = row;
    if (values.length > MOST_VALUES) throw new LinewatchError('learn-wide', { expected: MOST_VALUES, got: values.length });
    if (this.#paused) return { kind: 'idle' };
    const isBetween = this.#phase !== 'collecting' && !(this.#phase === 'learned' && this.options.everyMs > 0);
    if (isBetween && !this.#isClasses)
      return this.#phase === 'learned' && !this.#intake.fits(shape) ? this.#skip('columns') : { kind: 'idle' };
    if (!this.#fit(shape)) return this.#stray(row);
    if (this.#tally.passesOver(time)) return this.#skip('notNewer');
    if (this.#isClasses) {
      this.#labels.remember(values, time);
      return this.#label === undefined || this.#phase === 'training' ? { kind: 'idle' } : this.#teach(this.#label, values, time);
    }
    if (this.#phase === 'learned') {
      this.#material.collectFresh(values, time);
      return { kind: 'collected' };
    }
    this.#material.collect(values, time);
    this.#tally.count();
    return { kind: this.#tally.isComplete ? 'complete' : 'collected' };
  }

  /** Whether it is time to train again by itself. @param now epoch ms */
  isDue(now: number): boolean {
    const { everyMs } = this.options;
    return (
      everyMs > 0 &&
      this.#phase === 'learned' &&
      !this.#paused &&
      Math.abs(now - this.#trainings.checkedAt) >= everyMs &&
      (this.#material.fresh ?? 0) >= LEAST_FRESH
    );
  }

  /** Collects afresh; of classes, forgets all that was taught. The model that was learned serves on. */
  learn(): void {
    this.#clear();
    this.#paused = false;
    this.#phase = this.#isClasses ? 'idle' : 'collecting';
  }

  /** What comes from now on is not collected. */
  pause(): void {
    this.#paused = true;
    this.#tally.interrupt();
  }

  resume(): void {
    this.#paused = false;
    this.#tally.interrupt();
  }

  /** Collects no more; what there is of an unfinished collection goes. */
  cancel(): void {
    if (this.#isClasses) this.#label = undefined;
    else if (this.#phase === 'collecting') this.#clear();
    else return;
    this.#phase = this.#resting;
  }

  /**
   * Teaches a label: by what comes from now on, until there is enough; or by what came last.
   * @returns `complete` where there is enough to train; how many of the last were given the label
   * @throws LinewatchError learn-label, learn-many-labels, learn-label-last
   */
  teach(label: unknown, last?: { windows: number } | { ms: number }): { kind: 'collected' | 'complete'; given: number } {
    if (!this.#isClasses) throw wrongLabel(label);
    const name = this.#labels.checked(label);
    if (last === undefined) {
      this.#label = name;
      this.#tally.begin();
      this.#trainings.refusal = undefined;
      if (this.#phase !== 'training') this.#phase = 'collecting';
      return { kind: 'collected', given: 0 };
    }
    const given = this.#labels.addRecent(name, last);
    this.#isStale ||= this.#phase === 'training';
    return { kind: this.#labels.isEnough ? 'complete' : 'collected', given };
  }

  /** @throws LinewatchError learn-forget */
  forget(label: unknown): void {
    if (this.#labels.forget(label) === this.#label) this.cancel();
    this.#isStale ||= this.#phase === 'training';
  }

  /**
   * All that is learned from, in the order of time; for other tasks than classes with what it is held against, and how many rows came since the last model.
   * @throws LinewatchError learn-nothing
   */
  begin(order: TrainingOrder = {}): { shape: RowShape } & Pick<TrainingRequest, 'rows' | 'times' | 'labels' | 'anchor' | 'latest'> {
    if (order.accept) this.#material.accept();
    const { labels, ...found } = joined(this.#isClasses ? this.#labels.stores : this.#material.stores, this.#intake.shape);
    this.#phase = 'training';
    this.#trainings.begin(order);
    this.#isStale = false;
    if (this.#isClasses) return { ...found, labels };
    const { anchor } = this.#trainings;
    return { ...found, ...(anchor === undefined ? {} : { anchor, latest: this.#material.fresh ?? 0 }) };
  }

  /** A model was learned from what `begin` gave. @param anchor what these windows are to later ones */
  trained(report: TrainingReport, now: number, anchor?: Anchor): void {
    this.#trainings.succeeded(report, now, anchor);
    this.#tally.needNoMore();
    this.#phase = this.#label === undefined ? 'learned' : 'collecting';
    this.#material.learned();
  }

  /**
   * Nothing was learned.
   * @returns `goesOn` where training needs more windows and they are simply collected; `kept` where the model from before serves on; `cancelled`
   *   where that was wanted
   */
  refused(refusal: Refusal, now: number): 'goesOn' | 'kept' | 'refused' | 'cancelled' {
    if (!isTechnical(refusal)) this.#trainings.order = {};
    if (refusal.code === 'learn-cancelled') {
      this.#trainings.checkedAt = now;
      this.#isStale = false;
      this.#phase = this.#resting;
      return 'cancelled';
    }
    this.#trainings.refusal = refusal;
    if (!this.#isClasses && this.#material.fresh !== undefined && this.learned !== undefined) {
      if (!isTechnical(refusal)) this.#material.doubt();
      this.#trainings.checkedAt = now;
      this.#phase = 'learned';
      return 'kept';
    }
    const needed = Number(refusal.context.expected);
    if (refusal.code === 'learn-too-few' && !this.#isClasses && needed > 0) {
      this.#tally.need(needed);
      this.#phase = 'collecting';
      return 'goesOn';
    }
    this.#phase = this.#label === undefined ? 'refused' : 'collecting';
    return 'refused';
  }

  toState(): CollectorState {
    return {
      version: 1,
      task: this.options.task,
      amount: this.options.amount,
      recipe: this.options.recipe ?? null,
      phase: this.#phase,
      paused: this.#paused,
      ...this.#intake.toState(),
      ...this.#tally.toState(),
      ...this.#material.toState(),
      labels: this.#labels.toState(),
      label: this.#label ?? null,
      ...this.#trainings.toState(),
    };
  }

  get #isClasses(): boolean {
    return this.options.task === 'classes';
  }

  /** The phase in which nothing is under way. */
  get #resting(): LearningPhase {
    return this.learned === undefined ? 'idle' : 'learned';
  }

  #teach(label: string, values: ArrayLike<number>, time: number): Added {
    this.#labels.add(label, values, time);
    this.#tally.count();
    if (!this.#tally.isComplete) return { kind: 'collected' };
    this.#label = undefined;
    this.#phase = this.#resting;
    return { kind: this.#labels.isEnough ? 'complete' : 'collected' };
  }

  #skip(reason: Skipped): Added {
    if (reason === 'quality') this.#tally.interrupt();
    return this.#intake.skip(reason);
  }

  /** Whether the window is such as those that were collected, or the first. */
  #fit(shape: RowShape): boolean {
    const isEmpty = this.#material.isEmpty && this.learned === undefined && this.#labels.isEmpty;
    const kind = this.#intake.take(shape, isEmpty);
    if (kind === 'first') this.#labels.forgetRecent();
    return kind !== 'other';
  }

  /** A window of another shape: when nothing else comes any more, those replace what was collected, but never by less. */
  #stray(row: Extract<Row, { kind: 'row' }>): Added {
    if (this.#phase !== 'collecting' || this.#isClasses) return this.#skip('columns');
    const others = this.#intake.stray(row, this.#tally.windows);
    if (others === undefined) return this.#skip('columns');
    this.#clear(others.shape);
    this.#material.replace(others.rows);
    this.#tally.replace(others.count, others.coverage);
    return { kind: this.#tally.isComplete ? 'complete' : 'other' };
  }

  /** Learns again: from what there is, or when there is more. @returns false where nothing had been learned */
  #again(wantsMore: boolean): boolean {
    if (this.#phase !== 'learned' && this.#phase !== 'refused') return false;
    this.#tally.needNoMore();
    this.#trainings.begin({});
    const isEnough = this.#isClasses ? this.#labels.isEnough : this.#material.hasRows && !wantsMore;
    this.#phase = isEnough ? 'training' : this.#isClasses ? 'idle' : 'collecting';
    return true;
  }

  /** @param shape of what is collected from now on, where it is known */
  #clear(shape?: RowShape): void {
    this.#intake.clear(shape);
    this.#material.clear();
    this.#trainings.clear();
    this.#isStale = false;
    this.#labels.clear();
    this.#label = undefined;
    this.#tally.clear();
  }
}
