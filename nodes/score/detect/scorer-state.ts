import { isDate } from '../../shared/dates.ts';
import { describe } from '../../shared/errors.ts';
import type { CoolDownState } from './cool-down.ts';
import type { DialState } from './dial.ts';
import type { PauseState } from './pause.ts';
import type { ReconstructionState } from './reconstruction.ts';
import type { SamplesState } from './samples.ts';

/** All that a scorer knows, as plain data. */
export interface ScorerState {
  version: 3;
  learnResults: number;
  learnSamples: number;
  pause: PauseState;
  alarm: CoolDownState;
  /** Whether the detectors were cut off from what comes next; whether there was an anomaly since learning began. */
  flags: [interrupted: boolean, sawAnomaly: boolean];
  dial: DialState;
  results: ReconstructionState;
  samples: SamplesState;
}

/** As `samples.ts` takes. */
const MOST_TAGS = 2000;
const MOST_INTERVALS = 31;

/**
 * The content of a state file or of an export as a state: its version and its parts are there. What is inside a part, that part checks: one
 * value that is no number would make every comparison false, a score that is never an anomaly.
 * @throws Error
 */
export function checkState(content: unknown): ScorerState {
  const saved = (content ?? {}) as Partial<ScorerState>;
  if (saved.version !== 3) {
    const isOlder = [1, 2].includes(saved.version as unknown as number);
    throw new Error(isOlder ? 'it is of an older version of this node' : `version: expected 3, got ${describe(saved.version)}`);
  }
  const { pause, alarm, flags, dial, results, samples } = saved;
  for (const [name, part] of Object.entries({ pause, alarm, flags, dial, results, samples })) {
    if (typeof part !== 'object' || part === null) throw new Error(`${name}: expected an object, got ${describe(part)}`);
  }
  if (!Array.isArray(flags) || flags.length !== 2 || !flags.every((flag) => typeof flag === 'boolean')) {
    throw new Error('flags: expected two');
  }
  checkDial(dial as DialState);
  for (const [, time] of (alarm as CoolDownState).lasts ?? []) checkTime('alarm', time);
  checkTags((samples as SamplesState).tags);
  return saved as ScorerState;
}

function checkDial({ intervals, lasts, messages }: DialState): void {
  if (!Array.isArray(intervals) || intervals.length > MOST_INTERVALS || !intervals.every((one) => Number.isFinite(one) && one >= 0)) {
    throw new Error(`dial: expected at most ${MOST_INTERVALS} intervals of 0 ms and more`);
  }
  if (!Number.isSafeInteger(messages) || messages < 0) throw new Error(`dial: expected a number of messages, got ${describe(messages)}`);
  if (!Array.isArray(lasts) || lasts.length > MOST_TAGS) throw new Error('dial: expected when the last messages came');
  for (const [, time] of lasts) checkTime('dial', time);
}

function checkTime(part: string, time: unknown): void {
  if (!isDate(time)) {
    throw new Error(`${part}: expected a time in epoch ms, got ${describe(time)}`);
  }
}

function checkTags(tags: unknown): void {
  const isTable = typeof tags === 'object' && tags !== null && !Array.isArray(tags);
  const count = isTable ? Object.keys(tags).length : 0;
  if (!isTable || count > MOST_TAGS) {
    throw new Error(`samples: expected an object of at most ${MOST_TAGS} tags, got ${isTable ? count : describe(tags)}`);
  }
}
