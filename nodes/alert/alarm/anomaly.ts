import { describe, LinewatchError } from '../../shared/errors.ts';
import type { AnomalyInfo } from '../../shared/messages.ts';
import type { Condition, Finding } from './condition.ts';
import { expectObject, type Message } from './message.ts';

/**
 * What `anomaly score` found. A paused score says nothing, a learning one says that nothing is known to be wrong.
 * @param clearBelow once raised, the alarm stays until the score is under this; undefined: until it is no anomaly
 */
export function anomalyCondition(clearBelow: number | undefined): Condition {
  return {
    judge(message: Message, active: boolean): Finding {
      const anomaly = expectObject('msg.anomaly', message.anomaly, 'the result of an anomaly score node') as Partial<AnomalyInfo>;
      const { isAnomaly, score, threshold, cause, phase } = anomaly;
      if (typeof isAnomaly !== 'boolean') throw wrong('isAnomaly', 'true or false', isAnomaly);
      if (typeof score !== 'number' || !Number.isFinite(score)) throw wrong('score', 'a number', score);
      if (phase === 'paused') return { active: undefined };
      const held = active && clearBelow !== undefined && phase !== 'learning' && score >= clearBelow;
      return {
        active: isAnomaly || held,
        facts: {
          kind: 'anomaly',
          score,
          threshold: typeof threshold === 'number' && Number.isFinite(threshold) ? threshold : Number.NaN,
          cause: typeof cause === 'string' ? cause : '',
        },
      };
    },
  };
}

function wrong(name: string, expected: string, got: unknown): LinewatchError {
  return new LinewatchError('alert-input', { property: `msg.anomaly.${name}`, expected, got: describe(got) });
}
