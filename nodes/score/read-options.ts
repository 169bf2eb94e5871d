import type { Fields } from '../node-red/fields.ts';
import type { RunningRule } from './detect/pause.ts';
import type { ScorerOptions } from './detect/scorer.ts';

const LEARN_RESULTS = 300;
const LEARN_SAMPLES = 150;

/** The fields of anomaly score's dialog. @throws LinewatchError config-… */
export function readOptions(fields: Fields): ScorerOptions {
  const learnCount = fields.optionalNumber('learnCount', { min: 50, max: 10_000, integer: true });
  const coolDown = fields.optionalNumber('coolDown', { min: 0, max: 44_640 });
  const running = readRunning(fields);
  return {
    falseAlarms: fields.choice('falseAlarms', ['hour', 'day', 'week', 'month'], 'week'),
    learnResults: learnCount ?? LEARN_RESULTS,
    learnSamples: learnCount ?? LEARN_SAMPLES,
    ...(learnCount === undefined ? {} : { learnTogether: learnCount }),
    together: fields.choice('together', ['auto', 'pca', 'off'], 'auto'),
    follow: fields.boolean('follow', true),
    ...(coolDown === undefined ? {} : { coolDownMs: 60_000 * coolDown }),
    ...(running === undefined ? {} : { running }),
  };
}

/** Without a tag it is always watched. */
function readRunning(fields: Fields): RunningRule | undefined {
  const tag = fields.text('runningTag', { optional: true });
  const is = fields.choice('runningIs', ['on', 'above', 'below', 'equal'], 'on');
  if (tag === '') return undefined;
  const settleMs = 1000 * fields.number('settle', { min: 0, max: 86_400, default: 60 });
  if (is === 'on') return { tag, settleMs, is };
  if (is === 'equal') return { tag, settleMs, is, text: fields.text('runningValue') };
  return { tag, settleMs, is, limit: fields.number('runningValue') };
}
