import { describe, LinewatchError } from '../../shared/errors.ts';
import type { Condition, Finding } from './condition.ts';
import { expectObject, type Message } from './message.ts';

/** A classification whose label is one of `labels`. */
export function labelCondition(labels: readonly string[]): Condition {
  const wanted = new Set(labels);
  return {
    holds: true,
    judge(message: Message): Finding {
      const { label, score } = expectObject('msg.payload', message.payload, 'a classification { label, score }');
      if (typeof label !== 'string') {
        throw new LinewatchError('alert-input', { property: 'msg.payload.label', expected: 'a text', got: describe(label) });
      }
      const sure = typeof score === 'number' && Number.isFinite(score) ? score : undefined;
      return { active: wanted.has(label), facts: { kind: 'label', label, score: sure } };
    },
  };
}
