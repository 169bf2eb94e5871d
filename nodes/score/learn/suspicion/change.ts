import type { Random } from '../../../shared/random.ts';
import { readableTime } from '../../../shared/readable.ts';
import { median, quantile } from '../../../shared/statistics.ts';
import { judge, worstColumn } from './judge.ts';
import type { Sketch } from './sketch.ts';
import type { Suspicion } from './suspicions.ts';

/** Where a lasting change is looked for, as parts of the windows: with a tenth of them at least on either side. */
const CUTS = Array.from({ length: 17 }, (_, i) => (i + 2) / 20);
/** What is left out on either side of it: so one of the cuts has the change in what is left out, wherever it was. */
const AROUND = 0.03;
/** So many times further off than ordinary for a model of the other side: another machine. Healthy duty points come to 3 in an hour. */
const CHANGED_TIMES = 5;
/** Of the shorter side nearly all windows must be so far off; of the longer one half is enough, as the shorter has seen little. */
const NEARLY_ALL = 0.9;

/** Whether what came before and after some point of time are two machines, each far off for a model of the other. */
export function changeOf({ rows, times, shape }: Sketch, random: Random, onProgress: (share: number) => void): Suspicion | undefined {
  const n = times.length;
  let most = CHANGED_TIMES;
  let found: Suspicion | undefined;
  for (const [index, cut] of CUTS.entries()) {
    const early = rows.subarray(0, Math.floor((cut - AROUND) * n) * shape.width);
    const late = rows.subarray(Math.ceil((cut + AROUND) * n) * shape.width);
    const [short, long] = cut < 0.5 ? [early, late] : [late, early];
    onProgress(index / CUTS.length);
    if (short.length === 0) continue;
    const ofShort = judge(long, short, shape, random);
    if (quantile(ofShort.totals.slice().sort(), 1 - NEARLY_ALL) < most) continue;
    const ofLong = judge(short, long, shape, random);
    const off = Math.min(median(ofShort.totals), median(ofLong.totals));
    if (off < most) continue;
    most = off;
    const time = readableTime(times[Math.floor(cut * n)] as number, times[n - 1] as number);
    found = { code: 'learn-changed', context: { column: worstColumn(ofShort.errors, shape), time } };
  }
  return found;
}
