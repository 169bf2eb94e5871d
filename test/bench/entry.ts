/** One measured claim. With a peer, both were measured in the same run. */
export interface Entry {
  name: string;
  value: number;
  unit: string;
  peer?: string;
  peerValue?: number;
}

export type Bench = (report: (entry: Entry) => void) => Promise<void>;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
