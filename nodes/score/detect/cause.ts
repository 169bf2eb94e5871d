import type { ErrorContext } from '../../shared/errors.ts';
import { readableAmount, readableDuration, readableTime } from '../../shared/readable.ts';
import type { Evidence } from './judgement.ts';

/** A text of the node's catalogue in the operator's language. */
export type Text = (key: string, values?: ErrorContext) => string;

const features = ['mean', 'std', 'min', 'max', 'slope', 'rms', 'peak', 'crest', 'kurtosis', 'skewness', 'band-power'];

/** What is odd, as a sentence: "bearing_temperature is 7.3 °C above what the other signals explain". '' of no evidence. */
export function wordCause(evidence: readonly Evidence[], text: Text): string {
  return evidence.map((one) => wordOne(one, text)).join(text('cause.and'));
}

function wordOne(evidence: Evidence, text: Text): string {
  const { tag, unit } = evidence;
  switch (evidence.kind) {
    case 'residual': {
      // A deviation of exactly 0 is what a stuck transmitter shows, and no other fault.
      if (evidence.feature === 'std' && evidence.value === 0) {
        return text('cause.still', { tag, usual: readableAmount(evidence.expected, unit) });
      }
      return sideOf(evidence, 'cause.residual', text, { what: nameColumn(tag, evidence.feature, text) });
    }
    case 'range':
      return text(evidence.above ? 'cause.rangeAbove' : 'cause.rangeBelow', {
        tag,
        value: readableAmount(evidence.value, unit),
        limit: readableAmount(evidence.limit, unit),
      });
    case 'shift':
      return sideOf(evidence, 'cause.shift', text, { tag, usual: readableAmount(evidence.expected, unit) });
    case 'frozen':
      return text('cause.frozen', {
        tag,
        value: readableAmount(evidence.value, unit),
        duration: readableDuration(evidence.now - evidence.since),
      });
    case 'shape':
      return text('cause.shape', { tag, since: readableTime(evidence.since, evidence.now) });
    case 'spread':
      return text(evidence.value >= evidence.expected ? 'cause.spreadAbove' : 'cause.spreadBelow', {
        tag,
        value: readableAmount(evidence.value, unit),
        usual: readableAmount(evidence.expected, unit),
      });
    case 'pace':
      return text(evidence.gap ? 'cause.gap' : 'cause.rate', {
        tag,
        value: readableDuration(evidence.value),
        usual: readableDuration(evidence.expected),
      });
    case 'season':
      return sideOf(evidence, 'cause.season', text, { tag, over: text(`cause.${evidence.over}`) });
    case 'together':
      return sideOf(evidence, 'cause.together', text, { tag });
  }
}

/** `<key>Above` or `<key>Below`, with how far the value is from what was expected. */
function sideOf(
  { value, expected, unit }: { value: number; expected: number; unit: string },
  key: string,
  text: Text,
  values: ErrorContext,
): string {
  const difference = value - expected;
  return text(`${key}${difference >= 0 ? 'Above' : 'Below'}`, { ...values, difference: readableAmount(Math.abs(difference), unit) });
}

/** A mean or a raw value speaks for the tag itself; any other feature is named. */
function nameColumn(tag: string, feature: string, text: Text): string {
  if (feature === 'raw' || feature === 'mean' || feature === '') return tag;
  const known = features.find((name) => feature === name || feature.startsWith(`${name} `) || feature.startsWith(`${name}_`));
  return text('cause.feature', { feature: known ? text(`feature.${known}`) : feature, tag });
}
