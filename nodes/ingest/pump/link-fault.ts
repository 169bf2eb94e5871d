import type { Cancel, Clock } from '../../shared/clock.ts';
import type { PumpSimulation } from './simulation.ts';

/**
 * Takes a server down and up as the lost-link fault of the simulation says. A timer is set only while that fault acts.
 * @param setReachable told once now, and on each change
 * @returns `follow`: call it after every command; `stop`
 */
export function linkFault(simulation: PumpSimulation, clock: Clock, setReachable: (up: boolean) => void): { follow(): void; stop: Cancel } {
  let cancel: Cancel = () => {};
  const follow = () => {
    cancel();
    const { up, changesInMs } = simulation.link(clock.now());
    setReachable(up);
    cancel = Number.isFinite(changesInMs) ? clock.after(Math.ceil(changesInMs), follow) : () => {};
  };
  follow();
  return { follow, stop: () => cancel() };
}
