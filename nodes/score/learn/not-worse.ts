import { LinewatchError } from '../../shared/errors.ts';
import type { TrainingReport } from './contract.ts';

/** A model that was trained by itself may be so much worse than the one before: what it is measured on differs. */
const WORSE = 0.1;

/**
 * That a model which nobody asked for finds as much of what is made to be found, or explains as much, as the one it follows. @throws LinewatchError
 * learn-worse
 */
export function checkNotWorse(before: TrainingReport, after: TrainingReport): void {
  const [expected, got] = [quality(before), quality(after)];
  if (expected === undefined || got === undefined || got >= expected - WORSE) return;
  throw new LinewatchError('learn-worse', { expected: expected.toFixed(2), got: got.toFixed(2) });
}

function quality({ compared, method, explained }: TrainingReport): number | undefined {
  return explained ?? compared?.find((one) => one.method === method)?.found;
}
