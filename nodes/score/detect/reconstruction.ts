import type { HealthyErrors, ReconstructionResult } from '../../shared/messages.ts';
import { Ring } from '../../shared/ring.ts';
import { median, quantile } from '../../shared/statistics.ts';
import { healthyLogTail, isHealthyTable } from './healthy-tail.ts';
import type { Evidence, Judgement } from './judgement.ts';
import { LearnedTail, type LearnedTailState } from './learned-tail.ts';

/** One odd window is not an anomaly: the median of this many counts. */
const SMOOTHED = 3;
/** What stands for the results before the first: as ordinary as can be. */
const ORDINARY = Math.log(0.5);
/** A second tag is named when it weighs at least this part of the first. */
const SIMILAR = 0.6;
/** So many errors of the last anomaly are kept, for an operator who says that it was none. */
const KEPT = 64;
/** What was said to be normal becomes as ordinary as the upper twentieth of healthy errors, measured at this quantile of it. */
const ACCEPTED = Math.log(0.05);
const ACCEPTED_QUANTILE = 0.9;
/** More than so many results need not last to be the new normal. */
const LONGEST_MEMORY = 60_000;
/** So many errors at most are learned from, and so many does a model's table look back over. */
const MOST_LOOKED_BACK = 10_000;

export interface ReconstructionState {
  learned: LearnedTailState;
  recent: number[];
  /** The last errors, as many as the model's table looks back over. */
  errors: number[];
  own: boolean;
  /** Errors are divided by it: an operator has called larger ones normal. */
  stretch: number;
  accepting: boolean;
  /** Errors of the present or last anomaly. */
  odd: number[];
  /** 1 while the last result was an anomaly; healthy results so far; odd ones in a row. */
  counts: [isOdd: number, healthy: number, strange: number];
}

/** Judges the reconstruction errors of one machine's model against healthy ones: the model's own table, or learned ones. */
export class ReconstructionDetector {
  readonly #learnCount: number;
  readonly #follow: boolean;
  #learned: LearnedTail;
  #recent: number[];
  #errors: number[];
  #own: boolean;
  #stretch: number;
  #accepting: boolean;
  #odd: Ring;
  #isOdd: boolean;
  #healthy: number;
  #strange: number;

  /**
   * @param options.learnCount how many results are learned where the model brings no table
   * @param options.follow whether what was learned here starts afresh when a change has lasted; a model's own table never does
   * @throws Error where the state is none
   */
  constructor({ learnCount, follow }: { learnCount: number; follow: boolean }, state?: ReconstructionState) {
    if (state !== undefined) check(state);
    this.#learnCount = learnCount;
    this.#follow = follow;
    this.#learned = new LearnedTail(learnCount, state?.learned);
    this.#recent = state?.recent.slice() ?? [];
    this.#errors = state?.errors.slice() ?? [];
    this.#own = state?.own ?? false;
    this.#stretch = state?.stretch ?? 1;
    this.#accepting = state?.accepting ?? false;
    this.#odd = new Ring(KEPT, state?.odd);
    this.#isOdd = state?.counts[0] === 1;
    this.#healthy = state?.counts[1] ?? 0;
    this.#strange = state?.counts[2] ?? 0;
  }

  /**
   * @param result `error` must be finite and ≥ 0
   * @param logThreshold ln p from which on it is an anomaly: the learned reference does not follow meanwhile
   */
  judge(result: ReconstructionResult, logThreshold: number): Judgement {
    const table = !this.#own && isHealthyTable(result.healthy) ? result.healthy : undefined;
    const contributions = sharesOf(result);
    const judgement = { contributions, evidence: [], adapted: [], drifted: [], skipped: [] };
    if (table === undefined && !this.#learned.ready) {
      this.#learned.learn(result.error / this.#stretch);
      return { ...judgement, phase: 'learning', progress: this.#learned.progress, logP: 0 };
    }
    if (this.#accepting) this.#widen(table);
    const error = result.error / this.#stretch;
    const now = table ? healthyLogTail(table, error) : this.#learned.logTail(error);
    this.#recent = [...this.#recent, now].slice(-SMOOTHED);
    const sudden = median([...this.#recent, ...new Array<number>(SMOOTHED - this.#recent.length).fill(ORDINARY)]);
    const logP = table?.lasting ? this.#withLasting(table, table.lasting, result.error, sudden) : sudden;
    if (table === undefined && now > logThreshold && logP > logThreshold) this.#learned.learn(error);
    const watched = { ...judgement, phase: 'watching' as const, progress: 1, logP };
    if (!this.#follows(logP <= logThreshold, result.error)) {
      return { ...watched, evidence: logP <= logThreshold ? residuals(result, contributions) : [] };
    }
    const [heaviest] = Object.entries(contributions).sort((a, b) => b[1] - a[1])[0] ?? ['error'];
    if (table !== undefined || !this.#follow) return { ...watched, evidence: residuals(result, contributions), drifted: [heaviest] };
    this.#startAfresh();
    return { ...judgement, phase: 'learning', progress: 0, logP: 0, adapted: [heaviest] };
  }

  /**
   * Looks at the median of the last errors too. It moves slowly, so what passes a limit by chance passes it about `over` times in a row: one
   * alarm, not `over` of them. Of two tests the smaller p counts, doubled (Bonferroni).
   */
  #withLasting(table: HealthyErrors, { over, errors }: NonNullable<HealthyErrors['lasting']>, error: number, sudden: number): number {
    this.#errors = [...this.#errors, error].slice(-over);
    if (this.#errors.length < over) return sudden;
    const lasting = healthyLogTail({ quantiles: table.quantiles, errors }, median(this.#errors) / this.#stretch) - Math.log(over);
    return Math.min(0, Math.LN2 + Math.min(sudden, lasting));
  }

  /** Counts how long an anomaly lasts. True once: when it has lasted as long as the machine was seen healthy. */
  #follows(isOdd: boolean, error: number): boolean {
    if (!isOdd) {
      this.#isOdd = false;
      this.#strange = 0;
      this.#healthy = Math.min(LONGEST_MEMORY, this.#healthy + 1);
      return false;
    }
    if (!this.#isOdd) this.#odd.clear();
    this.#isOdd = true;
    this.#odd.push(error);
    this.#strange++;
    return this.#strange === Math.max(this.#learnCount, this.#healthy);
  }

  /** "That was normal": from the next result on, errors as large as those of the last anomaly are ordinary. */
  accept(): void {
    this.#accepting = this.#odd.length > 0;
  }

  /** Stretches the scale of healthy errors until the last anomaly lies within it, suddenly and lastingly. */
  #widen(table: HealthyErrors | undefined): void {
    this.#accepting = false;
    const level = quantile(Float64Array.from(this.#odd.toArray()).sort(), ACCEPTED_QUANTILE);
    const limits = [ordinaryLimit(level, (error) => (table ? healthyLogTail(table, error) : this.#learned.logTail(error)))];
    const { quantiles, lasting } = table ?? {};
    if (quantiles && lasting) limits.push(ordinaryLimit(level, (error) => healthyLogTail({ quantiles, errors: lasting.errors }, error)));
    if (level > 0) this.#stretch = Math.max(this.#stretch, level / Math.min(...limits));
    this.#recent = [];
    this.#odd.clear();
    this.#isOdd = false;
    this.#strange = 0;
  }

  /** Learns afresh from the results to come, and uses that instead of the model's own table from now on. */
  learn(): void {
    this.#startAfresh();
    this.#own = true;
  }

  #startAfresh(): void {
    this.#learned = new LearnedTail(this.#learnCount);
    this.#stretch = 1;
    this.#accepting = false;
    this.#odd.clear();
    this.#isOdd = false;
    this.#healthy = 0;
    this.#strange = 0;
    this.resume();
  }

  /** After a pause the windows of before say nothing about now. */
  resume(): void {
    this.#recent = [];
    this.#errors = [];
  }

  toState(): ReconstructionState {
    return {
      ...{ learned: this.#learned.toState(), recent: this.#recent.slice(), errors: this.#errors.slice(), own: this.#own },
      ...{ stretch: this.#stretch, accepting: this.#accepting, odd: this.#odd.toArray() },
      counts: [this.#isOdd ? 1 : 0, this.#healthy, this.#strange],
    };
  }
}

/** The largest error up to `level` that is as ordinary as what was accepted has to be: bisection, because tails only fall. */
function ordinaryLimit(level: number, logTail: (error: number) => number): number {
  if (logTail(level) >= ACCEPTED) return level;
  let [low, high] = [0, level];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (logTail(middle) >= ACCEPTED) low = middle;
    else high = middle;
  }
  return Math.max(low, level * 1e-6);
}

function check({ learned, recent, errors, own, stretch, accepting, odd, counts }: ReconstructionState): void {
  const isList = (list: unknown, most: number, least = 0): boolean =>
    Array.isArray(list) && list.length <= most && list.every((one) => Number.isFinite(one) && one >= least);
  const areErrors = isList(learned?.values, MOST_LOOKED_BACK) && isList(errors, MOST_LOOKED_BACK) && isList(odd, KEPT);
  // ln p: at most 0.
  const areLogs = isList(recent, SMOOTHED, Number.NEGATIVE_INFINITY) && recent.every((one) => one <= 0);
  const areCounts = isList(counts, 3) && counts.length === 3 && counts.every(Number.isSafeInteger);
  const areFlags = typeof own === 'boolean' && typeof accepting === 'boolean';
  const isScale = Number.isFinite(stretch) && stretch >= 1 && Number.isSafeInteger(learned?.offered) && learned.offered >= 0;
  if (!areErrors || !areLogs || !areCounts || !areFlags || !isScale) throw new Error('results: a part is missing or not as it must be');
}

function sharesOf({ byColumn }: ReconstructionResult): Record<string, number> {
  const entries = Object.entries(byColumn ?? {}).filter(([, share]) => Number.isFinite(share) && share >= 0);
  const total = entries.reduce((sum, [, share]) => sum + share, 0);
  return Object.fromEntries(entries.map(([tag, share]) => [tag, total > 0 ? share / total : 0]));
}

/** For the tag that weighs most, and a second one of similar weight: the column that is furthest off. */
function residuals({ columns }: ReconstructionResult, contributions: Record<string, number>): Evidence[] {
  const usable = (Array.isArray(columns) ? columns : []).filter(
    (column) => Number.isFinite(column?.value) && Number.isFinite(column?.expected) && Number.isFinite(column?.error),
  );
  const [first, second] = Object.entries(contributions).sort((a, b) => b[1] - a[1]);
  const named = [first, second && first && second[1] >= SIMILAR * first[1] ? second : undefined];
  return named.flatMap((entry) => {
    const ofTag = usable.filter((column) => column.tag === entry?.[0]).sort((a, b) => Math.abs(b.error) - Math.abs(a.error));
    const worst = ofTag[0];
    if (worst === undefined) return [];
    const { tag, feature, unit, value, expected } = worst;
    return [{ kind: 'residual' as const, tag, feature: feature ?? 'raw', unit: unit ?? '', value, expected }];
  });
}
