import type { Evidence, Judgement } from './judgement.ts';
import { TagWatch, type TagWatchState } from './tag-watch.ts';

/** Memory is bounded: tags beyond so many are skipped. */
const MOST_TAGS = 2000;
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

export type SamplesState = Record<string, TagWatchState>;

/** Watches every number of the samples, each tag by itself, and combines them. */
export class SampleDetector {
  readonly #warmUp: number;
  readonly #tags = new Map<string, TagWatch>();

  constructor(warmUp: number, state: SamplesState = {}) {
    this.#warmUp = warmUp;
    for (const [tag, saved] of Object.entries(state)) this.#tags.set(tag, new TagWatch(warmUp, saved));
  }

  /**
   * @param now epoch ms, for readings without a time
   * @param logThreshold ln p from which on the whole sample is an anomaly
   * @returns undefined where no reading of the sample can be used
   */
  judge(sample: readonly TagNumber[], now: number, logThreshold: number): Judgement | undefined {
    const used: { tag: string; unit: string; watch: TagWatch }[] = [];
    const skipped: string[] = [];
    const adapted: string[] = [];
    const share = Math.log(Math.max(1, sample.length));
    for (const { tag, value, unit, time } of sample) {
      const watch = this.#watch(tag);
      if (watch === undefined || value === undefined || (time !== undefined && !watch.isNews(time))) {
        if (watch !== undefined) watch.skipped++;
        skipped.push(tag);
        continue;
      }
      if (watch.judge(value, time ?? now, logThreshold - share)) adapted.push(tag);
      used.push({ tag, unit, watch });
    }
    if (used.length === 0) return undefined;
    return { ...this.#combine(used, share, logThreshold), adapted, skipped };
  }

  resume(): void {
    for (const watch of this.#tags.values()) watch.resume();
  }

  /** How many readings of a tag could not be used so far. */
  skippedOf(tag: string): number {
    return this.#tags.get(tag)?.skipped ?? 0;
  }

  toState(): SamplesState {
    return Object.fromEntries([...this.#tags].map(([tag, watch]) => [tag, watch.toState()]));
  }

  #watch(tag: string): TagWatch | undefined {
    const known = this.#tags.get(tag);
    if (known !== undefined || this.#tags.size >= MOST_TAGS) return known;
    const fresh = new TagWatch(this.#warmUp);
    this.#tags.set(tag, fresh);
    return fresh;
  }

  /** The oddest tag decides, corrected for how many were looked at (Bonferroni). */
  #combine(used: { tag: string; unit: string; watch: TagWatch }[], share: number, logThreshold: number) {
    let least = 0;
    let total = 0;
    let progress = 0;
    for (const { watch } of used) {
      least = Math.min(least, watch.logP);
      total += watch.logP;
      progress = Math.max(progress, watch.progress);
    }
    const logP = Math.min(0, least + share);
    const contributions: Record<string, number> = {};
    for (const { tag, watch } of used) contributions[tag] = total < 0 ? watch.logP / total : 0;
    const phase: Judgement['phase'] = progress < 1 ? 'learning' : 'watching';
    const evidence: Evidence[] = [];
    if (logP <= logThreshold) {
      const heaviest = used.filter(({ watch }) => watch.logP <= SIMILAR * least).sort((a, b) => a.watch.logP - b.watch.logP);
      for (const { tag, unit, watch } of heaviest.slice(0, 2))
        evidence.push(...[watch.evidence(tag, unit)].filter((found) => found !== undefined));
    }
    return { phase, progress, logP, contributions, evidence };
  }
}
