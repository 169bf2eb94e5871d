import type { AnomalyInfo, Phase } from '../../shared/messages.ts';
import { type FalseAlarms, falseAlarmPeriods } from '../detect/dial.ts';
import type { Evidence } from '../detect/judgement.ts';
import type { Reading } from '../detect/read-message.ts';
import { Scorer, type ScorerOptions } from '../detect/scorer.ts';
import { Trace } from './trace.ts';

export const dials = Object.keys(falseAlarmPeriods) as FalseAlarms[];

/** A replay keeps so many alarms of each position of the dial; further ones are only counted. */
const MOST_ALARMS = 500;
/** The signals of so many tags are drawn: first those that had a part in an alarm. */
const MOST_SIGNALS = 24;
const MOST_PHASES = 200;
/** Tags named with an alarm. */
const NAMED = 3;

export interface ReplayAlarm {
  /** Epoch ms of the message with which it began, and of the last message that belonged to it. */
  at: number;
  until: number;
  score: number;
  /** The highest score meanwhile. */
  peak: number;
  /** The tags that weighed most when it began, with their shares. */
  tags: [tag: string, share: number][];
  evidence: Evidence[];
}

export interface DialResult {
  /** Of each column, the largest score, and the threshold it was held against. */
  score: (number | null)[];
  threshold: (number | null)[];
  alarms: ReplayAlarm[];
  /** All alarms, also those not kept. */
  count: number;
}

export interface ReplayResult {
  /** Messages that were scored, and those that were left out: without a usable number or time. */
  scored: number;
  skipped: number;
  /** Epoch ms of each column's first and last message. */
  from: (number | null)[];
  to: (number | null)[];
  /** '' stands for the reconstruction error. */
  signals: { tag: string; unit: string; min: (number | null)[]; max: (number | null)[] }[];
  /** How many tags there were in all. */
  tags: number;
  /** When the node was not watching. */
  phases: { phase: Exclude<Phase, 'watching'>; from: number; to: number }[];
  dials: Record<FalseAlarms, DialResult>;
}

/** One position of the dial, with a scorer of its own: what it finds strange, it does not learn, so each knows something else. */
class DialRun {
  readonly dial: FalseAlarms;
  readonly scorer: Scorer;
  readonly alarms: ReplayAlarm[] = [];
  count = 0;
  #open: ReplayAlarm | undefined;

  constructor(dial: FalseAlarms, options: ScorerOptions) {
    this.dial = dial;
    this.scorer = new Scorer({ ...options, falseAlarms: dial });
  }

  note({ score, isAnomaly, alarm, contributions }: Omit<AnomalyInfo, 'cause'>, evidence: Evidence[], time: number): void {
    if (alarm) {
      this.count++;
      const tags = Object.entries(contributions).sort((a, b) => b[1] - a[1]);
      this.#open = { at: time, until: time, score, peak: score, tags: tags.slice(0, NAMED).filter(([, share]) => share > 0), evidence };
      if (this.alarms.length < MOST_ALARMS) this.alarms.push(this.#open);
    } else if (isAnomaly && this.#open !== undefined) {
      this.#open.until = time;
      this.#open.peak = Math.max(this.#open.peak, score);
    }
  }
}

/**
 * Runs messages through the node's own scorer, once for each position of the dial, beginning with nothing learned, and keeps
 * what is needed to draw it. Pure: whoever has the messages pushes them.
 */
export class ReplayRun {
  readonly #runs: DialRun[];
  readonly #trace = new Trace();
  readonly #units = new Map<string, string>();
  readonly #phases: ReplayResult['phases'] = [];
  #wasWatching = false;
  #scored = 0;
  #skipped = 0;

  constructor(options: ScorerOptions) {
    this.#runs = dials.map((dial) => new DialRun(dial, options));
  }

  /** @param time epoch ms */
  push(reading: Reading, time: number): void {
    // All of them see every message: a late reading, too, is something that a scorer remembers.
    const outcomes = this.#runs.map((run) => ({ run, outcome: run.scorer.score(reading, time) }));
    let begun = false;
    for (const { run, outcome } of outcomes) {
      if (!('anomaly' in outcome)) continue;
      const { anomaly, evidence } = outcome;
      if (!begun) this.#begin(reading, time, anomaly.phase);
      begun = true;
      run.note(anomaly, evidence, time);
      this.#trace.put(`score ${run.dial}`, 'max', anomaly.score);
      this.#trace.put(`threshold ${run.dial}`, 'min', anomaly.threshold);
    }
    if (begun) this.#scored++;
    // What tells only whether the machine runs is not there to be scored.
    else if (outcomes.some(({ outcome }) => 'dropped' in outcome)) this.#skipped++;
  }

  /** A row that is no message. */
  skip(): void {
    this.#skipped++;
  }

  /** Here the node was paused and went on. */
  resume(time: number): void {
    for (const { scorer } of this.#runs) {
      scorer.command({ do: 'pause' }, time);
      scorer.command({ do: 'resume' }, time);
    }
  }

  result(): ReplayResult {
    const named = new Set(this.#runs.flatMap(({ alarms }) => alarms.flatMap(({ tags }) => tags.map(([tag]) => tag))));
    const tags = [...this.#units.keys()].sort((a, b) => Number(named.has(b)) - Number(named.has(a)));
    const signals = tags.slice(0, MOST_SIGNALS).map((tag) => ({
      tag,
      unit: this.#units.get(tag) ?? '',
      min: this.#trace.lane(`min ${tag}`),
      max: this.#trace.lane(`max ${tag}`),
    }));
    const ofDial = ({ dial, alarms, count }: DialRun): [FalseAlarms, DialResult] => [
      dial,
      { score: this.#trace.lane(`score ${dial}`), threshold: this.#trace.lane(`threshold ${dial}`), alarms, count },
    ];
    return {
      scored: this.#scored,
      skipped: this.#skipped,
      from: this.#trace.lane('from'),
      to: this.#trace.lane('to'),
      signals,
      tags: this.#units.size,
      phases: this.#phases,
      dials: Object.fromEntries(this.#runs.map(ofDial)) as Record<FalseAlarms, DialResult>,
    };
  }

  #begin(reading: Reading, time: number, phase: Phase): void {
    this.#trace.next();
    this.#trace.put('from', 'min', time);
    this.#trace.put('to', 'max', time);
    if (reading.kind === 'sample') for (const { tag, value, unit } of reading.numbers) this.#signal(tag, unit, value);
    if (reading.kind === 'reconstruction') this.#signal('', '', reading.result.error);
    if (phase === 'watching') {
      this.#wasWatching = true;
      return;
    }
    const last = this.#phases.at(-1);
    if (last?.phase === phase && !this.#wasWatching) last.to = time;
    else if (this.#phases.length < MOST_PHASES) this.#phases.push({ phase, from: time, to: time });
    this.#wasWatching = false;
  }

  #signal(tag: string, unit: string, value: number | undefined): void {
    if (!this.#units.get(tag)) this.#units.set(tag, unit);
    if (value === undefined) return;
    this.#trace.put(`min ${tag}`, 'min', value);
    this.#trace.put(`max ${tag}`, 'max', value);
  }
}
