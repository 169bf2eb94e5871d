import { defineNode } from '../node-red/define-node.ts';
import type { Fields } from '../node-red/fields.ts';
import { LinewatchError } from '../shared/errors.ts';
import { type FeatureName, featureNames } from './signal/features.ts';
import { readSample } from './signal/read-sample.ts';
import type { Smoothing } from './signal/smoothing.ts';
import { checkMemory, type WindowConfig, Windower } from './windower.ts';

const MAX_SAMPLES = 65_536;
const MAX_TAGS = 1_000;

export default defineNode<WindowConfig>({
  type: 'linewatch-window',
  url: import.meta.url,
  read: readConfig,

  start({ config, clock, status, text }) {
    const windower = new Windower(config);
    let windows = 0;
    let dropping = false;
    let shown = Number.NEGATIVE_INFINITY;
    status('grey', 'waiting');

    return {
      input(message, send) {
        for (const result of windower.add(readSample(message, clock.now()))) {
          if (result.kind === 'window') {
            windows++;
            dropping = false;
            send([{ ...message, payload: result.payload, window: result.window, timestamp: result.window.end }, null]);
          } else {
            const reason = text('reason.gap', { tags: result.tags.join(', ') });
            const [never] = windower.neverCame;
            if (never === undefined) status('yellow', 'dropped', { reason });
            else status('red', 'neverCame', { tag: never });
            dropping = true;
            shown = clock.now();
            send([null, { ...message, dropped: { reason, tags: result.tags, windows: result.windows } }]);
          }
        }
        // Statuses travel to every open editor: once a second is enough.
        if (dropping || Math.abs(clock.now() - shown) < 1000) return;
        shown = clock.now();
        if (windows > 0) status('green', 'window', { count: windows });
        else if (windower.neverCame.length === 0) status('grey', 'filling', { percent: Math.floor(100 * windower.filled) });
      },
    };
  },
});

function readConfig(field: Fields): WindowConfig {
  const sampleRateHz = field.number('sampleRateHz', { min: 0.0001, max: 100_000, default: 1 });
  const inSamples = field.choice('measure', ['seconds', 'samples'], 'seconds') === 'samples';
  const samples = (property: string, fallback: number) => {
    const given = field.number(property, { min: 0.000_01, default: fallback });
    const count = Math.round(inSamples ? given : given * sampleRateHz);
    if (count < 1 || count > MAX_SAMPLES) {
      throw new LinewatchError('window-size', { property, max: MAX_SAMPLES, got: count });
    }
    return count;
  };
  const features = field.names('features');
  for (const name of features) {
    if (!(featureNames as readonly string[]).includes(name)) {
      throw new LinewatchError('config-choice', { property: 'features', expected: featureNames.join(', '), got: name });
    }
  }
  const mode = field.choice('mode', ['features', 'raw'], 'features');
  if (mode === 'features' && features.length === 0) throw new LinewatchError('config-missing', { property: 'features' });
  const bandLowHz = field.number('bandLowHz', { min: 0, default: 0 });
  const bandHighHz = field.number('bandHighHz', { min: 0, default: sampleRateHz / 2 });
  // Outside, the power would be 0 for ever and nobody would know why.
  if (mode === 'features' && features.includes('band-power') && (bandLowHz >= bandHighHz || bandLowHz >= sampleRateHz / 2)) {
    throw new LinewatchError('window-band', { low: bandLowHz, high: bandHighHz, most: sampleRateHz / 2 });
  }
  const size = samples('size', 20);
  const tags = field.rows('tags').map((row) => row.text('tag'));
  const twice = tags.find((tag, index) => tags.indexOf(tag) !== index);
  if (twice !== undefined) throw new LinewatchError('window-tag-twice', { tag: twice });
  if (tags.length > MAX_TAGS) throw new LinewatchError('config-range', { property: 'tags', min: 0, max: MAX_TAGS, got: tags.length });
  if (tags.length > 0) checkMemory(size, tags.length);
  return {
    tags,
    mode,
    features: features as FeatureName[],
    bandLowHz,
    bandHighHz,
    size,
    hop: samples('hop', 5),
    sampleRateHz,
    maxGapMs: 1000 * field.number('maxGap', { min: 0, default: 3 }),
    smoothing: readSmoothing(field),
    standardise: field.boolean('standardise'),
  };
}

function readSmoothing(field: Fields): Smoothing {
  const kind = field.choice('smoothing', ['none', 'median', 'exponential'], 'none');
  return kind === 'none' ? { kind } : { kind, size: field.number('smoothingSize', { min: 1, max: 1001, integer: true, default: 5 }) };
}
