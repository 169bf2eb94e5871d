import type { Fields } from '../../node-red/fields.ts';
import { LinewatchError } from '../../shared/errors.ts';
import type { Severity } from '../../shared/messages.ts';
import type { AlarmDelays } from './alarm.ts';
import { anomalyCondition } from './anomaly.ts';
import type { Condition } from './condition.ts';
import { labelCondition } from './label.ts';
import { checkLimits, type Limits, limitCondition } from './limit.ts';
import { missingCondition } from './missing.ts';

export type What =
  | { kind: 'anomaly'; clearBelow: number | undefined }
  | ({ kind: 'limit' } & Limits)
  | { kind: 'missing'; tags: string[]; timeoutMs: number }
  | { kind: 'label'; labels: string[] };

export interface AlertConfig extends AlarmDelays {
  /** '' for a name after the condition. */
  name: string;
  what: What;
  severity: Severity;
  /** The user's own sentence; '' for ours. */
  message: string;
  advice: string;
}

const LONGEST_SECONDS = 604_800;

/** @throws LinewatchError config-…, env-missing, alert-no-limit, alert-limits */
export function readConfig(fields: Fields): AlertConfig {
  return {
    name: fields.text('name', { optional: true }),
    what: readWhat(fields),
    severity: fields.choice('severity', ['low', 'medium', 'high', 'critical'], 'medium'),
    onDelayMs: fields.number('onDelay', { default: 5, min: 0, max: LONGEST_SECONDS }) * 1000,
    offDelayMs: fields.number('offDelay', { default: 10, min: 0, max: LONGEST_SECONDS }) * 1000,
    message: fields.text('message', { optional: true }),
    advice: fields.text('advice', { optional: true }),
  };
}

function readWhat(fields: Fields): What {
  const kind = fields.choice('condition', ['anomaly', 'limit', 'missing', 'label'], 'anomaly');
  switch (kind) {
    case 'anomaly':
      return { kind, clearBelow: fields.optionalNumber('clearBelow', { min: 0, max: 1 }) };
    case 'limit': {
      const limits = {
        tag: fields.text('tag'),
        high: fields.optionalNumber('high'),
        low: fields.optionalNumber('low'),
        deadband: fields.optionalNumber('deadband', { min: 0 }),
      };
      checkLimits(limits);
      return { kind, ...limits };
    }
    case 'missing': {
      const timeoutMs = fields.number('timeoutSeconds', { default: 30, min: 0.1, max: LONGEST_SECONDS }) * 1000;
      return { kind, tags: fields.names('tags'), timeoutMs };
    }
    case 'label': {
      const labels = fields.names('labels');
      if (labels.length === 0) throw new LinewatchError('config-missing', { property: 'labels' });
      return { kind, labels };
    }
  }
}

/** @param now epoch ms from which silence counts */
export function startCondition(what: What, now: number): Condition {
  switch (what.kind) {
    case 'anomaly':
      return anomalyCondition(what.clearBelow);
    case 'limit':
      return limitCondition(what);
    case 'missing':
      return missingCondition(what.tags, what.timeoutMs, now);
    case 'label':
      return labelCondition(what.labels);
  }
}
