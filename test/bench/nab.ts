/** Anomaly score as it ships, on the Numenta Anomaly Benchmark, beside the published table and what a detector blind to the data gets. */
import type { Part } from './entry.ts';
import { metronome, newExtreme } from './nab/baselines.ts';
import { profiles, scoreOf } from './nab/scoring.ts';
import { nabFolder, readSeries } from './nab/series.ts';
import { shippedDefault } from './nab/shipped.ts';

/** The leaderboard of the benchmark's repository: standard, low FP, low FN. */
const published: Record<string, [number, number, number]> = {
  ARTime: [74.85, 65.15, 80.36],
  'Numenta HTM': [70.1, 63.12, 74.32],
  'CAD OSE': [69.9, 66.98, 73.18],
};

export const parts: Part[] = [
  {
    entries: ['nab.standard', 'nab.low-fp', 'nab.low-fn'],
    run: async (report) => {
      const folder = nabFolder();
      if (folder === undefined) {
        console.log('nab: skipped, LINEWATCH_DATA names no folder with nab/ (data and labels of the benchmark)');
        return;
      }
      const series = readSeries(folder);
      const scoresOf = (scores: Float64Array[]) => Object.values(profiles).map((profile) => scoreOf(series, scores, profile).score);
      const tell = (name: string, scores: readonly number[]) =>
        console.log(`${name}: ${scores.map((score) => score.toFixed(2)).join(' / ')}`);
      console.log('standard / low FP / low FN');
      for (const [name, scores] of Object.entries(published)) tell(`${name} (published)`, scores);
      tell('an alarm every half probation', scoresOf(series.map(metronome)));
      tell('every new minimum or maximum', scoresOf(series.map(newExtreme)));
      const ours = scoresOf(series.map(shippedDefault));
      tell('anomaly score', ours);
      Object.keys(profiles).forEach((profile, index) => {
        report({
          name: `nab.${profile}`,
          value: ours[index] as number,
          unit: 'of 100',
          peer: 'ARTime',
          peerValue: published.ARTime?.[index],
        });
      });
    },
  },
];
