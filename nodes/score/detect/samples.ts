import type { Evidence, Judgement } from './judgement.ts';
import type { TagTuning } from './tag/tuning.ts';
import { TagWatch, type TagWatchState } from './tag-watch.ts';
import { Together, type TogetherState } from './together/together.ts';

/** Memory is bounded: tags beyond so many are skipped. */
const MOST_TAGS = 2000;
/** How tags hang together shows at many working points only: an hour of samples a second. */
const TOGETHER_WARM_UP = 3600;
/** A second tag is named when it weighs at least this part of the first. */
const SIMILAR = 0.6;

/** One number of a sample. */
export interface TagNumber {
  tag: string;
  /** undefined where it can not be used: not finite, or of bad quality. */
  value: number | undefined;
  unit: string;
  /** Epoch ms; undefined where the message has no time: the reading then counts as new. */
  time: number | undefined;
}

export interface SamplesOptions {
  /** How many samples each tag is learned from before it is watched. */
  warmUp: number;
  /** How many samples all together are learned from: `TOGETHER_WARM_UP` where it is missing. */
  togetherWarmUp?: number | undefined;
  together: 'auto' | 'pca' | 'off';
  /** Whether a change that lasts becomes the new normal by itself. */
  follow: boolean;
  tuning?: TagTuning | undefined;
}

export interface SamplesState {
  tags: Record<string, TagWatchState>;
  together: TogetherState | null;
}

interface Used {
  tag: string;
  unit: string;
  watch: TagWatch;
}

/** What a message is judged against: what one tag alone, and all together, must be odder than. */
interface Looks {
  /** ln of how many looks one tag's is among (Bonferroni), and the one at all together. */
  alone: number;
  together: number;
}

/** Watches every number of the samples, each tag by itself and several together, and combines them. */
export class SampleDetector {
  readonly #options: SamplesOptions;
  readonly #tags = new Map<string, TagWatch>();
  readonly #together: Together | undefined;

  /** @throws Error where the state is none */
  constructor(options: SamplesOptions, state?: SamplesState) {
    this.#options = options;
    const { together, follow, togetherWarmUp: warmUp = TOGETHER_WARM_UP } = options;
    for (const [tag, saved] of Object.entries(state?.tags ?? {})) this.#tags.set(tag, this.#newWatch(saved));
    if (together === 'off') return;
    this.#together = new Together({ warmUp, follow, method: together === 'pca' ? 'pca' : 'residual' }, state?.together ?? undefined);
  }

  /**
   * @param now epoch ms, for readings without a time
   * @param logThreshold ln p from which on the whole sample is an anomaly
   * @returns undefined where no reading of the sample can be used
   */
  judge(sample: readonly TagNumber[], now: number, logThreshold: number): Judgement | undefined {
    const used: Used[] = [];
    const fresh: TagNumber[] = [];
    const skipped: string[] = [];
    const adapted: string[] = [];
    const drifted: string[] = [];
    const alone: string[] = [];
    const isJoint = this.#together !== undefined && sample.length > 1;
    // Tags that come in messages of their own share the false alarms too. Half of the false alarms may come from single tags, half from all together.
    const looks = { alone: Math.log(Math.max(1, sample.length, this.#tags.size) * (isJoint ? 2 : 1)), together: Math.log(2) };
    for (const reading of sample) {
      const { tag, value, unit, time } = reading;
      const watch = this.#watch(tag);
      if (watch === undefined || value === undefined || (time !== undefined && !watch.isNews(time))) {
        if (watch !== undefined) watch.skipped++;
        skipped.push(tag);
        continue;
      }
      const change = watch.judge(value, time ?? now, logThreshold - looks.alone);
      if (watch.logP <= logThreshold - looks.alone) alone.push(tag);
      if (change === 'adapted') adapted.push(tag);
      if (change === 'drifted') drifted.push(tag);
      // Beside the others it is another quantity, too.
      if (change === 'turned') this.#together?.relearn();
      used.push({ tag, unit, watch });
      fresh.push(watch.watched === value ? reading : { ...reading, value: watch.watched });
    }
    if (used.length === 0) return undefined;
    const together = isJoint ? this.#together : undefined;
    const change = together?.judge(fresh, fresh[0]?.time ?? now, logThreshold - looks.together);
    const judgement = { ...this.#combine(used, together, looks, logThreshold), adapted, drifted, skipped, alone };
    if (change !== undefined) {
      const moved = change === 'adapted' ? adapted : drifted;
      const heaviest = heaviestOf(judgement.contributions);
      if (!moved.includes(heaviest)) moved.push(heaviest);
    }
    return judgement;
  }

  /** Whether a tag of this name has come. */
  has(tag: string): boolean {
    return this.#tags.has(tag);
  }

  /** "That was normal": of one tag, or of all. What several tags showed together is accepted as well. */
  accept(tag?: string): void {
    for (const [name, watch] of this.#tags) if (tag === undefined || tag === name) watch.accept();
    this.#together?.accept();
  }

  /** Learns one tag, or all, afresh, and how all hang together. */
  relearn(tag?: string): void {
    if (tag === undefined) this.#tags.clear();
    else this.#tags.delete(tag);
    this.#together?.relearn();
  }

  resume(): void {
    for (const watch of this.#tags.values()) watch.resume();
    this.#together?.resume();
  }

  /** How many readings of a tag could not be used so far. */
  skippedOf(tag: string): number {
    return this.#tags.get(tag)?.skipped ?? 0;
  }

  toState(): SamplesState {
    return { tags: Object.fromEntries([...this.#tags].map(([tag, watch]) => [tag, watch.toState()])), together: this.#joint() };
  }

  /** The JSON text of `toState()`, tag by tag: thousands of tags must not hold up the event loop. */
  *toJson(): Generator<string> {
    let before = '{"tags":{';
    for (const [tag, watch] of this.#tags) {
      yield `${before}${JSON.stringify(tag)}:${JSON.stringify(watch.toState())}`;
      before = ',';
    }
    yield `${before === ',' ? '' : before}},"together":${JSON.stringify(this.#joint())}}`;
  }

  #joint(): TogetherState | null {
    return this.#together?.toState() ?? null;
  }

  #newWatch(state?: TagWatchState): TagWatch {
    const { warmUp, follow, tuning } = this.#options;
    return new TagWatch({ warmUp, follow, tuning }, state);
  }

  #watch(tag: string): TagWatch | undefined {
    const known = this.#tags.get(tag);
    if (known !== undefined || this.#tags.size >= MOST_TAGS) return known;
    const fresh = this.#newWatch();
    this.#tags.set(tag, fresh);
    return fresh;
  }

  /** The oddest look decides, corrected for how many there were. A tag weighs what it is by itself and its part in what all are together. */
  #combine(used: readonly Used[], together: Together | undefined, looks: Looks, logThreshold: number) {
    let least = 0;
    let progress = 0;
    for (const { watch } of used) {
      least = Math.min(least, watch.logP);
      progress = Math.max(progress, watch.progress);
    }
    const alone = Math.min(0, least + looks.alone);
    const joint = together === undefined ? 0 : Math.min(0, together.logP + looks.together);
    const logP = Math.min(alone, joint);
    const contributions = weighTags(used, together, joint);
    const phase: Judgement['phase'] = progress < 1 ? 'learning' : 'watching';
    const evidence = logP <= logThreshold ? collect(used, together, contributions, alone <= joint) : [];
    return { phase, progress, logP, contributions, evidence };
  }
}

function heaviestOf(contributions: Record<string, number>): string {
  return Object.keys(contributions).reduce((one, other) =>
    (contributions[other] as number) > (contributions[one] as number) ? other : one,
  );
}

/** Shares that add up to 1, or all 0 where nothing is odd. */
function weighTags(used: readonly Used[], together: Together | undefined, joint: number): Record<string, number> {
  const weights = joint < 0 ? together?.contributions() : undefined;
  let whole = 0;
  for (const weight of weights?.values() ?? []) whole += weight;
  let total = 0;
  const parts = used.map(({ tag, watch }) => {
    const inJoint = whole > 0 ? ((weights?.get(tag) ?? 0) / whole) * joint : 0;
    total -= watch.logP + inJoint;
    return -watch.logP - inJoint;
  });
  // A tag may be called __proto__.
  return Object.fromEntries(used.map(({ tag }, at) => [tag, total > 0 ? (parts[at] as number) / total : 0]));
}

/** What the tag that weighs most, and a second one of similar weight, have against them. */
function collect(
  used: readonly Used[],
  together: Together | undefined,
  contributions: Record<string, number>,
  isAlone: boolean,
): Evidence[] {
  const ranked = used.toSorted((one, other) => (contributions[other.tag] as number) - (contributions[one.tag] as number));
  const heaviest = ranked.filter(({ tag }) => (contributions[tag] as number) >= SIMILAR * (contributions[ranked[0]?.tag ?? ''] as number));
  const found = heaviest.slice(0, 2).map(({ tag, unit, watch }) => {
    const own = watch.evidence(tag, unit);
    return isAlone ? (own ?? together?.evidence(tag, unit)) : (together?.evidence(tag, unit) ?? own);
  });
  return found.filter((one) => one !== undefined);
}
