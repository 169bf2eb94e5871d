/** One measured claim. With a peer, both were measured in the same run. */
export interface Entry {
  name: string;
  value: number;
  unit: string;
  peer?: string;
  peerValue?: number;
}

export type Bench = (report: (entry: Entry) => void) => Promise<void>;

/** A bench that can be asked for by the names of what it reports. */
export interface Part {
  entries: readonly string[];
  run: Bench;
}

/** Alternating runs of ours and the peer; LINEWATCH_BENCH_ROUNDS=1 makes a quick look of it. */
export const ROUNDS = Number(process.env.LINEWATCH_BENCH_ROUNDS ?? 5);

/** Ours and the peer in turn, so that whatever else the machine does falls on both. */
export async function alternate<Ours, Peer>(
  ours: () => Promise<Ours>,
  peer: () => Promise<Peer>,
  rounds = ROUNDS,
): Promise<{ ours: Ours[]; peer: Peer[] }> {
  const results: { ours: Ours[]; peer: Peer[] } = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round++) {
    results.ours.push(await ours());
    results.peer.push(await peer());
  }
  return results;
}

export { median, quantile } from '../../nodes/shared/statistics.ts';
