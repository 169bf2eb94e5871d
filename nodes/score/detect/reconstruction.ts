import type { HealthyErrors, ReconstructionResult } from '../../shared/messages.ts';
import { median } from '../../shared/statistics.ts';
import { healthyLogTail, isHealthyTable } from './healthy-tail.ts';
import type { Evidence, Judgement } from './judgement.ts';
import { LearnedTail, type LearnedTailState } from './learned-tail.ts';

/** One odd window is not an anomaly: the median of this many counts. */
const SMOOTHED = 3;
/** What stands for the results before the first: as ordinary as can be. */
const ORDINARY = Math.log(0.5);
/** A second tag is named when it weighs at least this part of the first. */
const SIMILAR = 0.6;

export interface ReconstructionState {
  learned: LearnedTailState;
  recent: number[];
  /** The last errors, as many as the model's table looks back over. */
  errors: number[];
  own: boolean;
}

/** Judges the reconstruction errors of one machine's model against healthy ones: the model's own table, or learned ones. */
export class ReconstructionDetector {
  readonly #learnCount: number;
  #learned: LearnedTail;
  #recent: number[];
  #errors: number[];
  #own: boolean;

  constructor(learnCount: number, state?: ReconstructionState) {
    this.#learnCount = learnCount;
    this.#learned = new LearnedTail(learnCount, state?.learned);
    this.#recent = state?.recent ?? [];
    this.#errors = state?.errors ?? [];
    this.#own = state?.own ?? false;
  }

  /**
   * @param result `error` must be finite and ≥ 0
   * @param logThreshold ln p from which on it is an anomaly: the learned reference does not follow meanwhile
   */
  judge(result: ReconstructionResult, logThreshold: number): Judgement {
    const table = !this.#own && isHealthyTable(result.healthy) ? result.healthy : undefined;
    const contributions = sharesOf(result);
    if (table === undefined && !this.#learned.ready) {
      this.#learned.learn(result.error);
      return { phase: 'learning', progress: this.#learned.progress, logP: 0, contributions, evidence: [], adapted: [], skipped: [] };
    }
    const now = table ? healthyLogTail(table, result.error) : this.#learned.logTail(result.error);
    this.#recent = [...this.#recent, now].slice(-SMOOTHED);
    const sudden = median([...this.#recent, ...new Array<number>(SMOOTHED - this.#recent.length).fill(ORDINARY)]);
    const logP = table?.lasting ? this.#withLasting(table, table.lasting, result.error, sudden) : sudden;
    if (table === undefined && now > logThreshold && logP > logThreshold) this.#learned.learn(result.error);
    const evidence = logP <= logThreshold ? residuals(result, contributions) : [];
    return { phase: 'watching', progress: 1, logP, contributions, evidence, adapted: [], skipped: [] };
  }

  /**
   * Looks at the median of the last errors too. It moves slowly, so what passes a limit by chance passes it about `over` times in a row: one
   * alarm, not `over` of them. Of two tests the smaller p counts, doubled (Bonferroni).
   */
  #withLasting(table: HealthyErrors, { over, errors }: NonNullable<HealthyErrors['lasting']>, error: number, sudden: number): number {
    this.#errors = [...this.#errors, error].slice(-over);
    if (this.#errors.length < over) return sudden;
    const lasting = healthyLogTail({ quantiles: table.quantiles, errors }, median(this.#errors)) - Math.log(over);
    return Math.min(0, Math.LN2 + Math.min(sudden, lasting));
  }

  /** Learns afresh from the results to come, and uses that instead of the model's own table from now on. */
  learn(): void {
    this.#learned = new LearnedTail(this.#learnCount);
    this.#recent = [];
    this.#errors = [];
    this.#own = true;
  }

  /** After a pause the windows of before say nothing about now. */
  resume(): void {
    this.#recent = [];
    this.#errors = [];
  }

  toState(): ReconstructionState {
    return { learned: this.#learned.toState(), recent: this.#recent, errors: this.#errors, own: this.#own };
  }
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
