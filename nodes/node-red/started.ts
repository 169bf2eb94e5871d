import type { NodeAPI } from 'node-red';

const starts = new WeakMap<object, Promise<void>>();

/**
 * Resolves when the flows that are being started have all been. Only then do Catch nodes exist, and whatever else a first message or error
 * is wired to. All nodes of one start share one listener: Node.js takes more than ten for a leak, and warns.
 */
export function flowsStarted({ events }: NodeAPI): Promise<void> {
  const known = starts.get(events);
  if (known !== undefined) return known;
  const started = new Promise<void>((resolve) => {
    events.once('flows:started', () => {
      starts.delete(events);
      resolve();
    });
  });
  starts.set(events, started);
  return started;
}
