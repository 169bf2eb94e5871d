/**
 * The scoring of the Numenta Anomaly Benchmark (Lavin and Ahmad 2015, arXiv 1510.03336; its code decides where the paper is silent).
 * A detection inside a labelled window earns the more the earlier it is, one outside costs; all series share one threshold, the one
 * that scores best. 100 is a detection at the first row of each window and nowhere else, 0 is never to detect anything.
 */
import type { Series } from './series.ts';

export interface Profile {
  truePositive: number;
  falsePositive: number;
  falseNegative: number;
}

export const profiles = {
  standard: { truePositive: 1, falsePositive: 0.11, falseNegative: 1 },
  'low-fp': { truePositive: 1, falsePositive: 0.22, falseNegative: 1 },
  'low-fn': { truePositive: 1, falsePositive: 0.11, falseNegative: 2 },
} as const satisfies Record<string, Profile>;

export interface Result {
  /** 0 to 100; below 0 where it is worse than silence. */
  score: number;
  raw: number;
  /** Scores from here on are detections. */
  threshold: number;
}

/** Rows at the beginning that nobody is judged by. */
export const probationOf = (rows: number) => Math.min(Math.floor(0.15 * rows), 750);

/** Falls from 1 at −∞ over 0 at 0 to −1; beyond 3 it is −1. */
const sigmoid = (position: number) => (position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1);

/** Above every score: nothing is detected. */
const NEVER = 1.1;

interface Row {
  score: number;
  /** What a detection here is worth. */
  worth: number;
  /** Number of its window among those of all series; −1 outside. */
  window: number;
}

/** @param scores of each row of each series, in the same order; only their order matters, and which are equal */
export function scoreOf(series: readonly Series[], scores: readonly ArrayLike<number>[], profile: Profile): Result {
  const rows: Row[] = [];
  let windows = 0;
  series.forEach(({ values, windows: labelled }, at) => {
    rows.push(...judged(values.length, labelled, scores[at] as ArrayLike<number>, profile, windows));
    windows += labelled.length;
  });
  rows.sort((a, b) => b.score - a.score);

  const silence = -profile.falseNegative * windows;
  const best = new Float64Array(windows).fill(-profile.falseNegative);
  let raw = silence;
  let result = { raw, threshold: NEVER };
  for (let at = 0; at < rows.length; at++) {
    const { score, worth, window } = rows[at] as Row;
    if (window < 0) raw += worth;
    else if (worth > (best[window] as number)) {
      raw += worth - (best[window] as number);
      best[window] = worth;
    }
    // A threshold can not part equal scores.
    if (rows[at + 1]?.score !== score && raw > result.raw) result = { raw, threshold: score };
  }
  return { ...result, score: (100 * (result.raw - silence)) / (profile.truePositive * windows - silence) };
}

/** What the alarms of some series are worth, to be added to those of others. */
export interface Sum {
  raw: number;
  /** What silence gets, and what is best. */
  silence: number;
  best: number;
}

/** Every score above 0 counts as a detection: no threshold is chosen. */
export function sumOf(series: readonly Series[], scores: readonly ArrayLike<number>[], profile: Profile): Sum {
  const { truePositive, falseNegative } = profile;
  let raw = 0;
  let windows = 0;
  series.forEach(({ values, windows: labelled }, at) => {
    const best = new Float64Array(labelled.length).fill(-falseNegative);
    for (const { score, worth, window } of judged(values.length, labelled, scores[at] as ArrayLike<number>, profile, 0)) {
      if (score <= 0) continue;
      if (window < 0) raw += worth;
      else best[window] = Math.max(best[window] as number, worth);
    }
    for (const worth of best) raw += worth;
    windows += labelled.length;
  });
  return { raw, silence: -falseNegative * windows, best: truePositive * windows };
}

function judged(length: number, windows: Series['windows'], scores: ArrayLike<number>, profile: Profile, before: number): Row[] {
  const { truePositive, falsePositive } = profile;
  const rows: Row[] = [];
  // The last window that opened, and so the one that counts.
  let current = -1;
  for (let row = 0; row < length; row++) {
    if (windows[current + 1]?.[0] === row) current++;
    if (row < probationOf(length)) continue;
    const [first, last] = windows[current] ?? [0, -1];
    const width = last - first + 1;
    const score = scores[row] as number;
    if (current < 0) rows.push({ score, worth: -falsePositive, window: -1 });
    else if (row <= last)
      rows.push({ score, worth: (truePositive * sigmoid(-(last - row + 1) / width)) / sigmoid(-1), window: before + current });
    else rows.push({ score, worth: falsePositive * sigmoid((row - last) / (width - 1)), window: -1 });
  }
  return rows;
}
