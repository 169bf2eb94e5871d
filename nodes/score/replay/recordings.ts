import { Recording } from './recording.ts';

const recordings = new Map<string, Recording>();

/** The recording of a node, by the node's id. It outlives a deploy: the dial is to be tried on what came before it was turned. */
export function recordingOf(id: string): Recording {
  const known = recordings.get(id) ?? new Recording();
  recordings.set(id, known);
  return known;
}

/** Undefined where no such node runs. */
export const findRecording = (id: string): Recording | undefined => recordings.get(id);

/** The node has been deleted or disabled. */
export const forgetRecording = (id: string): void => void recordings.delete(id);
