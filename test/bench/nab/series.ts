/** The 58 labelled series of the Numenta Anomaly Benchmark, from a folder laid out as its repository: `data/` and `labels/`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Series {
  /** e.g. `realTweets/Twitter_volume_KO.csv` */
  name: string;
  /** As written, second by second; not always rising. */
  timestamps: string[];
  /** Epoch ms of the same, taken as UTC. */
  times: Float64Array;
  values: Float64Array;
  /** First and last row of each labelled window. */
  windows: (readonly [first: number, last: number])[];
}

/** Where the series are; undefined where no data folder is named, or has none. */
export function nabFolder(data = process.env.LINEWATCH_DATA): string | undefined {
  const folder = data === undefined ? undefined : join(data, 'nab');
  return folder !== undefined && existsSync(join(folder, 'labels', 'combined_windows.json')) ? folder : undefined;
}

export function readSeries(folder: string): Series[] {
  const labels = JSON.parse(readFileSync(join(folder, 'labels', 'combined_windows.json'), 'utf8')) as Record<string, [string, string][]>;
  return Object.entries(labels).map(([name, windows]) => {
    const rows = readFileSync(join(folder, 'data', name), 'utf8')
      .trim()
      .split(/\r?\n/)
      .slice(1);
    const timestamps = rows.map((row) => row.slice(0, row.indexOf(',')));
    return {
      name,
      timestamps,
      times: Float64Array.from(timestamps, (text) => Date.parse(`${text.replace(' ', 'T')}Z`)),
      values: Float64Array.from(rows, (row) => Number(row.slice(row.indexOf(',') + 1))),
      windows: windows.flatMap(([start, end]) => windowOf(timestamps, start, end)),
    };
  });
}

/** A window opens only at a row with exactly its start, and closes with its end; of equal timestamps the first counts. */
function windowOf(timestamps: readonly string[], start: string, end: string): (readonly [number, number])[] {
  const at = (label: string) => timestamps.indexOf(label.replace(/\.0+$/, ''));
  const [first, last] = [at(start), at(end)];
  return first < 0 ? [] : [[first, last < 0 ? timestamps.length - 1 : last]];
}
