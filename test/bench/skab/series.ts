/** The series of the Skoltech Anomaly Benchmark in which a valve is closed: eight sensors of a water loop, a row a second. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Series {
  /** Epoch ms, taken as UTC. */
  times: number[];
  /** Sensor → number, row by row. */
  samples: Record<string, number>[];
  isAnomaly: boolean[];
}

/** Where the series are; undefined where no data folder is named, or has none. */
export function skabFolder(data = process.env.LINEWATCH_DATA): string | undefined {
  const folder = data === undefined ? undefined : join(data, 'skab', 'valve1');
  return folder !== undefined && existsSync(folder) ? folder : undefined;
}

export function readSeries(folder: string): Series[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.csv'));
  return files.toSorted().map((file) => seriesOf(readFileSync(join(folder, file), 'utf8')));
}

/** The series of the same loop without a fault, two and a half hours; undefined where it is missing. */
export function anomalyFree(data = process.env.LINEWATCH_DATA): Series | undefined {
  const file = join(data ?? '', 'skab', 'anomaly-free', 'anomaly-free.csv');
  return data !== undefined && existsSync(file) ? seriesOf(readFileSync(file, 'utf8')) : undefined;
}

function seriesOf(text: string): Series {
  const [heading, ...rows] = text.trim().split(/\r?\n/);
  const columns = (heading as string).split(';');
  const labelled = columns.includes('anomaly') ? columns.indexOf('anomaly') : columns.length;
  const cells = rows.map((row) => row.split(';'));
  return {
    times: cells.map(([time]) => Date.parse(`${(time as string).replace(' ', 'T')}Z`)),
    // The first column is the time, those from the label on are labels.
    samples: cells.map((row) => Object.fromEntries(columns.slice(1, labelled).map((column, index) => [column, Number(row[index + 1])]))),
    isAnomaly: cells.map((row) => Number(row[labelled]) === 1),
  };
}
