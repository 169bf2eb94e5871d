import type { AnomalyInfo } from '../../shared/messages.ts';
import { scoreOf } from './dial.ts';
import type { Evidence, Judgement } from './judgement.ts';
import type { PauseReason } from './pause.ts';

/** What the node says of a message; the cause is worded later, in the operator's language. */
export interface Judged {
  anomaly: Omit<AnomalyInfo, 'cause'>;
  evidence: Evidence[];
  progress: number;
  adapted: string[];
  drifted: string[];
  badHealthy: boolean;
}

export type Outcome =
  | { dropped: 'errorNotFinite' | 'noNumber' | 'notNew' | 'tooManyTags' }
  /** It held only whether the machine runs, which is noted. */
  | { absorbed: true }
  | Judged;

/** @param verdict.threshold ln p from which on it is an anomaly */
export function judgedAs(
  { logP, contributions, evidence, progress, phase, adapted, drifted, skipped }: Judgement,
  { threshold, isAlarm, paused }: { threshold: number; isAlarm: boolean; paused: PauseReason | undefined },
): Judged {
  const anomaly: Omit<AnomalyInfo, 'cause'> = {
    score: scoreOf(logP),
    isAnomaly: logP <= threshold,
    alarm: isAlarm,
    // Not 0 even where a double would be: its logarithm is what people plot.
    pValue: Math.exp(Math.max(-690, logP)),
    threshold: scoreOf(threshold),
    contributions,
    phase: paused === undefined ? phase : 'paused',
  };
  if (paused !== undefined) anomaly.paused = paused;
  if (skipped.length > 0) anomaly.skipped = skipped;
  const moved = [...adapted, ...drifted];
  if (moved.length > 0) anomaly.drifted = moved;
  return { anomaly, evidence, progress, adapted, drifted, badHealthy: false };
}
