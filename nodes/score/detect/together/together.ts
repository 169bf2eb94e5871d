import type { Evidence } from '../judgement.ts';
import { type JointState, JointWatch, type TogetherOptions } from './joint-watch.ts';
import type { Value } from './roster.ts';

export type { TogetherOptions } from './joint-watch.ts';
export type { Value } from './roster.ts';

/** A tag that has been missing for so many samples may stay away: the others are learned without it. */
const PATIENCE = 60;

export interface TogetherState {
  method: TogetherOptions['method'];
  watch: JointState;
  next: JointState | null;
  /** Why there is a successor: a tag is missing, not a new one come. */
  isForAbsence: boolean;
  leftOut: string[];
}

/**
 * Watches several numbers of one machine as one, whichever of them come. When a tag stays away or a new one appears, the tags that are there are learned
 * afresh in the background, and the watch that goes on meanwhile is then relieved: a tag that comes or goes is no anomaly.
 */
export class Together {
  readonly #options: TogetherOptions;
  #watch: JointWatch;
  #next: JointWatch | undefined;
  #isForAbsence = false;
  /** Tags that follow from others exactly: beside their twin, what moves both would look as if the one explained the other. */
  readonly #leftOut: Set<string>;

  /** @throws Error where the state is none; one of the other method is not used */
  constructor(options: TogetherOptions, state?: TogetherState) {
    this.#options = options;
    const used = state?.method === (options.method === 'pca' ? 'residual' : 'pca') ? undefined : state;
    if (used !== undefined && !isState(used)) throw new Error('together: a part is missing or not as it must be');
    this.#leftOut = new Set(used?.leftOut);
    this.#watch = new JointWatch(options, this.#leftOut, used?.watch);
    if (used?.next) this.#next = new JointWatch(options, this.#leftOut, used.next);
    this.#isForAbsence = used?.isForAbsence ?? false;
  }

  /** ln p of the last sample, at most 0; while an anomaly lasts never above the threshold with which it began. */
  get logP(): number {
    return this.#watch.logP;
  }

  get ready(): boolean {
    return this.#watch.ready;
  }

  /** 0..1; fewer than two tags that move are nothing to learn. */
  get progress(): number {
    return this.#watch.progress;
  }

  /**
   * Judges a sample, then learns from it unless it is odd.
   * @param time epoch ms
   * @param logThreshold ln p from which on it is an anomaly
   * @returns 'adapted' when a lasting change has been taken for the new normal; 'drifted', once, when it has lasted as long but is not to be
   */
  judge(sample: readonly Value[], time: number, logThreshold: number): 'adapted' | 'drifted' | undefined {
    const hasLasted = this.#watch.judge(sample, time, logThreshold);
    if (hasLasted && this.#options.follow) {
      this.relearn();
      return 'adapted';
    }
    this.#next?.judge(sample, time, logThreshold);
    this.#succeed();
    return hasLasted ? 'drifted' : undefined;
  }

  contributions(): Map<string, number> {
    return this.#watch.contributions();
  }

  /** What the tag reads, and what the other tags and its own course let expect. */
  evidence(tag: string, unit: string): Evidence | undefined {
    return this.#watch.evidence(tag, unit);
  }

  /** "That was normal": how odd it was is a usual score from now on. */
  accept(): void {
    this.#watch.accept();
  }

  /** Learns from scratch. */
  relearn(): void {
    this.#leftOut.clear();
    this.#watch = this.#fresh();
    this.#next = undefined;
  }

  /** After a pause nothing reaches back to before it. */
  resume(): void {
    this.#watch.resume();
    this.#next?.resume();
  }

  toState(): TogetherState {
    return {
      ...{ method: this.#options.method, watch: this.#watch.toState(), next: this.#next?.toState() ?? null },
      ...{ isForAbsence: this.#isForAbsence, leftOut: [...this.#leftOut] },
    };
  }

  #succeed(): void {
    const watch = this.#watch;
    if (!watch.ready) {
      // There is nothing to lose: begun anew at once.
      if (this.#isUnfit(watch)) this.#watch = this.#fresh();
      return;
    }
    if (this.#next === undefined) {
      if (watch.absence <= PATIENCE && !watch.hasNewcomer) return;
      this.#isForAbsence = !watch.hasNewcomer;
      this.#next = this.#fresh();
    } else if (this.#isForAbsence && watch.absence === 0) this.#next = undefined;
    else if (this.#isUnfit(this.#next)) this.#next = this.#fresh();
    else if (this.#next.ready) {
      this.#watch = this.#next;
      this.#next = undefined;
    }
  }

  /** Whether it looks at tags that stay away, or that say nothing beside others. */
  #isUnfit(watch: JointWatch): boolean {
    const dependent = watch.dependent();
    for (const tag of dependent) this.#leftOut.add(tag);
    return dependent.length > 0 || watch.absence > PATIENCE;
  }

  #fresh(): JointWatch {
    return new JointWatch(this.#options, this.#leftOut);
  }
}

function isState({ watch, next, isForAbsence, leftOut }: TogetherState): boolean {
  const isObject = (one: unknown) => typeof one === 'object' && one !== null;
  const isList = Array.isArray(leftOut) && leftOut.every((tag) => typeof tag === 'string');
  return isObject(watch) && isObject(watch.roster) && (next === null || isObject(next)) && typeof isForAbsence === 'boolean' && isList;
}
