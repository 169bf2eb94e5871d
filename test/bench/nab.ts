/** Anomaly score as it ships, on the Numenta Anomaly Benchmark, beside the published table and what a detector blind to the data gets. */
import type { Part } from './entry.ts';
import { metronome, newExtreme } from './nab/baselines.ts';
import { heldOutScore } from './nab/held-out.ts';
import { profiles, scoreOf } from './nab/scoring.ts';
import { nabFolder, readSeries } from './nab/series.ts';
import { alarmsOf } from './nab/shipped.ts';

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
      const ours = scoresOf(series.map((one) => alarmsOf(one)));
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
  {
    entries: ['nab.held-out-standard'],
    run: async (report) => {
      const folder = nabFolder();
      if (folder === undefined) return console.log('nab.held-out-standard: skipped, LINEWATCH_DATA names no folder with nab/');
      const { score, tried, best, median } = heldOutScore(readSeries(folder));
      console.log(
        `five folds by name, each with the settings that are best on the other four, of ${tried}: ${score.toFixed(2)}; on all series the best of them has ${best.toFixed(2)}, the median ${median.toFixed(2)}`,
      );
      console.log(
        '(which looks there are, and where these settings lie, was found on all series; no threshold is chosen: every alarm of the node counts)',
      );
      report({ name: 'nab.held-out-standard', value: score, unit: 'of 100', peer: 'ARTime', peerValue: published.ARTime?.[0] });
    },
  },
];
