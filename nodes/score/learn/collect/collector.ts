import { LinewatchError } from '../../../shared/errors.ts';
import { MOST_VALUES, type TrainingReport } from '../contract.ts';
import { Coverage } from './coverage.ts';
import { Labels, wrongLabel } from './labels.ts';
import { mostRows, widthOf } from './limits.ts';
import { type Row, type RowShape, type Skipped, sameShape, withUnits } from './read-row.ts';
import { merged, RowStore, type RowStoreState } from './row-store.ts';
import type { Added, CollectOptions, CollectorState, Learned, LearningPhase, Refusal, TrainingOrder } from './state.ts';
import { Strays } from './strays.ts';

/** Fewer new windows are no reason to train again, whatever the clock says. */
const LEAST_FRESH = 30;
/** The windows are not to blame: the same may succeed another time. */
const TECHNICAL: readonly string[] = ['learn-crashed', 'learn-deadline', 'learn-memory', 'learn-unwritten'];

/** Collects windows to learn from, in bounded memory, and knows when there are enough. */
export class Collector {
  readonly options: CollectOptions;
  #phase: LearningPhase;
  #paused = false;
  #shape: RowShape | undefined;
  #seen = 0;
  #coverage = new Coverage();
  /** Windows that training said it needs, where that is more than was asked for. */
  #needed: number | undefined;
  #rows: RowStore | undefined;
  /** Since the model was learned, for the next one. */
  #fresh: RowStore | undefined;
  /** Windows for the next model that training by itself refused: they are learned from where somebody accepts them. */
  #doubted: RowStore | undefined;
  readonly #labels = new Labels();
  #label: string | undefined;
  #skipped: Partial<Record<Skipped, number>> = {};
  readonly #strays = new Strays();
  #learned: Learned | undefined;
  /** The model before, to which can be gone back. */
  #before: Learned | undefined;
  #order: TrainingOrder = {};
  /** A label was given or forgotten while training was under way. */
  #isStale = false;
  #isChanged = false;
  #checkedAt = 0;
  #refusal: Refusal | undefined;

  constructor(options: CollectOptions) {
    this.options = options;
    this.#phase = options.task === 'classes' ? 'idle' : 'collecting';
  }

  /** @throws Error where the state is of another kind; what was collected for another task is no use */
  static restore(options: CollectOptions, content: unknown): Collector {
    const state = content as CollectorState;
    if (state?.version !== 1) throw new Error('it is of another version');
    const collector = new Collector(options);
    if (state.task !== options.task) return collector;
    const width = widthOf(state.shape ?? undefined);
    const store = (kept: RowStoreState | null) => (kept === null ? undefined : new RowStore(width, mostRows(width), 'spread', kept));
    collector.#paused = state.paused;
    collector.#shape = state.shape ?? undefined;
    collector.#seen = state.seen;
    collector.#coverage.begin(state.coveredMs);
    collector.#needed = state.needed ?? undefined;
    collector.#rows = store(state.rows);
    collector.#fresh = store(state.fresh);
    collector.#doubted = store(state.doubted);
    collector.#labels.restore(width, state.labels);
    collector.#label = state.label ?? undefined;
    collector.#skipped = state.skipped;
    collector.#learned = state.learned ?? undefined;
    collector.#before = state.before ?? undefined;
    collector.#order = state.order;
    collector.#checkedAt = state.checkedAt;
    collector.#refusal = state.refusal ?? undefined;
    collector.#phase = state.phase;
    const isCollecting = options.task !== 'classes' && state.phase === 'collecting';
    // More may be wanted now than before.
    if (isCollecting && collector.#isComplete()) collector.#phase = 'training';
    const isOther = state.recipe !== (options.recipe ?? null);
    const wantsMore =
      options.task !== 'classes' && JSON.stringify(state.amount) !== JSON.stringify(options.amount) && collector.progress < 1;
    if (isOther || wantsMore) collector.#isChanged = collector.#again(wantsMore);
    return collector;
  }

  /** Whether what is wanted has changed since the model was learned, which is why it is learned again. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  /** The model is gone. @returns whether it is learned again, from what was collected where there is any */
  lost(): boolean {
    if (this.#phase !== 'learned') return false;
    this.#learned = undefined;
    return this.#again(false);
  }

  /** The model and the one before were exchanged. */
  rolledBack(): void {
    if (this.#before !== undefined) [this.#learned, this.#before] = [this.#before, this.#learned];
    this.#refusal = undefined;
  }

  /** What the training under way, or the one that failed, is to be. */
  get order(): TrainingOrder {
    return this.#order;
  }

  /** Whether a label was given or forgotten since the last training began. */
  get isStale(): boolean {
    return this.#isStale && this.#labels.isEnough;
  }

  /** Whether the last training failed for a reason that has nothing to do with the windows. */
  get hasFailed(): boolean {
    return this.#phase !== 'training' && this.#refusal !== undefined && TECHNICAL.includes(this.#refusal.code);
  }

  get phase(): LearningPhase {
    return this.#phase;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get learned(): Learned | undefined {
    return this.#learned;
  }

  get refusal(): Refusal | undefined {
    return this.#refusal;
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
    return this.#skipped;
  }

  /** Windows of the present collection (of the label that is being taught). */
  get collected(): number {
    return this.#seen;
  }

  /** Windows that are wanted; undefined where it is a time. */
  get wanted(): number | undefined {
    const { amount } = this.options;
    return 'windows' in amount ? (this.#needed ?? amount.windows) : undefined;
  }

  get coveredMs(): number {
    return this.#coverage.ms;
  }

  /** Of the present collection, 0..1. */
  get progress(): number {
    const { amount } = this.options;
    const wanted = this.#needed ?? ('windows' in amount ? amount.windows : 0);
    const ofTime = 'ms' in amount ? this.#coverage.ms / amount.ms : 1;
    return Math.min(1, ofTime, wanted > 0 ? this.#seen / wanted : 1);
  }

  /** @throws LinewatchError learn-wide */
  add(row: Row): Added {
    if (row.kind === 'skipped') return this.#skip(row.reason);
    const { shape, time, values } = row;
    if (values.length > MOST_VALUES) throw new LinewatchError('learn-wide', { expected: MOST_VALUES, got: values.length });
    if (this.#paused) return { kind: 'idle' };
    const { task, everyMs } = this.options;
    const isBetween = this.#phase !== 'collecting' && !(this.#phase === 'learned' && everyMs > 0);
    if (isBetween && task !== 'classes') return this.#phase === 'learned' && !this.#fits(shape) ? this.#skip('columns') : { kind: 'idle' };
    if (!this.#fit(shape)) return this.#stray(row);
    if (this.#coverage.isOld(time)) return this.#skip('notNewer');
    this.#coverage.add(time, this.#seen);
    const width = values.length;
    if (task === 'classes') {
      this.#labels.remember(values, time);
      return this.#label === undefined || this.#phase === 'training' ? { kind: 'idle' } : this.#teach(this.#label, values, time);
    }
    if (this.#phase === 'learned') {
      this.#fresh ??= new RowStore(width, mostRows(width));
      this.#fresh.add(values, time);
      return { kind: 'collected' };
    }
    this.#rows ??= new RowStore(width, mostRows(width));
    this.#rows.add(values, time);
    this.#seen++;
    if (this.#isComplete()) return { kind: 'complete' };
    return { kind: 'collected' };
  }

  /** Whether it is time to train again by itself. @param now epoch ms */
  isDue(now: number): boolean {
    const { everyMs } = this.options;
    return (
      everyMs > 0 &&
      this.#phase === 'learned' &&
      !this.#paused &&
      Math.abs(now - this.#checkedAt) >= everyMs &&
      (this.#fresh?.length ?? 0) >= LEAST_FRESH
    );
  }

  /** Collects afresh; of classes, forgets all that was taught. The model that was learned serves on. */
  learn(): void {
    this.#clear();
    this.#paused = false;
    this.#phase = this.options.task === 'classes' ? 'idle' : 'collecting';
  }

  /** What comes from now on is not collected. */
  pause(): void {
    this.#paused = true;
    this.#coverage.interrupt();
  }

  resume(): void {
    this.#paused = false;
    this.#coverage.interrupt();
  }

  /** Collects no more; what there is of an unfinished collection goes. */
  cancel(): void {
    if (this.options.task === 'classes') this.#label = undefined;
    else if (this.#phase === 'collecting') this.#clear();
    else return;
    this.#phase = this.#learned === undefined ? 'idle' : 'learned';
  }

  /**
   * Teaches a label: by what comes from now on, until there is enough; or by what came last.
   * @returns `complete` where there is enough to train; how many of the last were given the label
   * @throws LinewatchError learn-label, learn-many-labels, learn-label-last
   */
  teach(label: unknown, last?: { windows: number } | { ms: number }): { kind: 'collected' | 'complete'; given: number } {
    if (this.options.task !== 'classes') throw wrongLabel(label);
    const name = this.#labels.checked(label);
    if (last === undefined) {
      this.#label = name;
      this.#seen = 0;
      this.#coverage.begin();
      this.#refusal = undefined;
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
   * All that is learned from, in the order of time.
   * @throws LinewatchError learn-nothing
   */
  begin(order: TrainingOrder = {}): { shape: RowShape; rows: Float32Array; times: Float64Array; labels?: string[] } {
    const shape = this.#shape;
    const isClasses = this.options.task === 'classes';
    if (order.accept && this.#doubted !== undefined) {
      this.#fresh = this.#fresh === undefined ? this.#doubted : merged(this.#doubted, this.#fresh);
      this.#doubted = undefined;
    }
    const parts = isClasses
      ? this.#labels.stores
      : ([
          ['', this.#rows],
          ['', this.#fresh],
        ] as [string, RowStore | undefined][]);
    const found = parts.flatMap(([label, store]) =>
      store === undefined ? [] : Array.from({ length: store.length }, (_, index) => ({ label, store, index, time: store.time(index) })),
    );
    if (shape === undefined || found.length === 0) throw new LinewatchError('learn-nothing');
    found.sort((one, other) => one.time - other.time);
    const width = widthOf(shape);
    const rows = new Float32Array(found.length * width);
    for (const [at, { store, index }] of found.entries()) rows.set(store.row(index), at * width);
    this.#phase = 'training';
    this.#refusal = undefined;
    this.#order = { ...order };
    this.#isStale = false;
    const times = Float64Array.from(found, ({ time }) => time);
    return { shape, rows, times, ...(isClasses ? { labels: found.map(({ label }) => label) } : {}) };
  }

  /** A model was learned from what `begin` gave. */
  trained(report: TrainingReport, now: number): void {
    this.#before = this.#learned;
    this.#learned = { at: now, report };
    this.#order = {};
    this.#checkedAt = now;
    this.#needed = undefined;
    this.#phase = 'learned';
    if (this.#label !== undefined) this.#phase = 'collecting';
    if (this.#rows !== undefined && this.#fresh !== undefined) this.#rows = merged(this.#rows, this.#fresh);
    this.#fresh = undefined;
  }

  /**
   * Nothing was learned.
   * @returns `goesOn` where training needs more windows and they are simply collected; `kept` where the model from before serves on; `cancelled`
   *   where that was wanted
   */
  refused(refusal: Refusal, now: number): 'goesOn' | 'kept' | 'refused' | 'cancelled' {
    const isTechnical = TECHNICAL.includes(refusal.code);
    if (!isTechnical) this.#order = {};
    if (refusal.code === 'learn-cancelled') {
      this.#checkedAt = now;
      this.#isStale = false;
      this.#phase = this.#learned === undefined ? 'idle' : 'learned';
      return 'cancelled';
    }
    if (this.options.task !== 'classes' && this.#fresh !== undefined && this.#learned !== undefined) {
      if (!isTechnical) {
        // The windows since then are what was wrong, unless somebody accepts them.
        this.#doubted = this.#doubted === undefined ? this.#fresh : merged(this.#doubted, this.#fresh);
        this.#fresh = undefined;
      }
      this.#checkedAt = now;
      this.#phase = 'learned';
      this.#refusal = refusal;
      return 'kept';
    }
    this.#refusal = refusal;
    const needed = Number(refusal.context.expected);
    if (refusal.code === 'learn-too-few' && this.options.task !== 'classes' && needed > 0) {
      if (this.#isComplete()) this.#needed = Math.max(needed, this.#seen + 1);
      this.#phase = 'collecting';
      this.#coverage.interrupt();
      return 'goesOn';
    }
    this.#phase = this.#label === undefined ? 'refused' : 'collecting';
    return 'refused';
  }

  /** Training was broken off from outside: it is begun again after a restart. */
  get isUnfinished(): boolean {
    return this.#phase === 'training';
  }

  toState(): CollectorState {
    return {
      version: 1,
      task: this.options.task,
      amount: this.options.amount,
      recipe: this.options.recipe ?? null,
      phase: this.#phase,
      paused: this.#paused,
      shape: this.#shape ?? null,
      seen: this.#seen,
      coveredMs: this.#coverage.ms,
      needed: this.#needed ?? null,
      rows: this.#rows?.toState() ?? null,
      fresh: this.#fresh?.toState() ?? null,
      doubted: this.#doubted?.toState() ?? null,
      labels: this.#labels.toState(),
      label: this.#label ?? null,
      skipped: { ...this.#skipped },
      learned: this.#learned ?? null,
      before: this.#before ?? null,
      order: this.#order,
      checkedAt: this.#checkedAt,
      refusal: this.#refusal ?? null,
    };
  }

  #teach(label: string, values: ArrayLike<number>, time: number): Added {
    this.#labels.add(label, values, time);
    this.#seen++;
    if (!this.#isComplete()) return { kind: 'collected' };
    this.#label = undefined;
    this.#phase = this.#learned === undefined ? 'idle' : 'learned';
    return { kind: this.#labels.isEnough ? 'complete' : 'collected' };
  }

  #isComplete(): boolean {
    return this.#seen > 0 && this.progress >= 1;
  }

  #skip(reason: Skipped): Added {
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + 1;
    if (reason === 'quality') this.#coverage.interrupt();
    return { kind: 'skipped', reason };
  }

  #fits(shape: RowShape): boolean {
    return this.#shape === undefined || sameShape(this.#shape, shape);
  }

  /** Whether the window is such as those that were collected, or the first. */
  #fit(shape: RowShape): boolean {
    const isEmpty = this.#rows === undefined && this.#learned === undefined && this.#labels.isEmpty;
    if (this.#shape !== undefined && sameShape(this.#shape, shape)) this.#shape = withUnits(this.#shape, shape);
    else if (this.#shape === undefined || isEmpty) {
      this.#labels.forgetRecent();
      this.#shape = shape;
    } else return false;
    this.#strays.clear();
    return true;
  }

  /** A window of another shape: when nothing else comes any more, those replace what was collected, but never by less. */
  #stray(row: Extract<Row, { kind: 'row' }>): Added {
    if (this.#phase !== 'collecting' || this.options.task === 'classes') return this.#skip('columns');
    const others = this.#strays.add(row, this.#seen);
    if (others === undefined) return this.#skip('columns');
    this.#clear();
    this.#shape = others.shape;
    this.#rows = others.rows;
    this.#seen = others.count;
    this.#coverage = others.coverage;
    return { kind: this.#isComplete() ? 'complete' : 'other' };
  }

  /** Learns again: from what there is, or when there is more. @returns false where nothing had been learned */
  #again(wantsMore: boolean): boolean {
    if (this.#phase !== 'learned' && this.#phase !== 'refused') return false;
    this.#needed = undefined;
    this.#refusal = undefined;
    this.#order = {};
    const isClasses = this.options.task === 'classes';
    const isEnough = isClasses ? this.#labels.isEnough : (this.#rows?.length ?? 0) > 0 && !wantsMore;
    this.#phase = isEnough ? 'training' : isClasses ? 'idle' : 'collecting';
    return true;
  }

  #clear(): void {
    this.#shape = undefined;
    this.#rows = undefined;
    this.#fresh = undefined;
    this.#doubted = undefined;
    this.#order = {};
    this.#isStale = false;
    this.#labels.clear();
    this.#label = undefined;
    this.#skipped = {};
    this.#seen = 0;
    this.#needed = undefined;
    this.#coverage.clear();
    this.#strays.clear();
    this.#refusal = undefined;
  }
}
