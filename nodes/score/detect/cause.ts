import type { ErrorContext } from '../../shared/errors.ts';
import { readableAmount, readableDuration } from '../../shared/readable.ts';
import type { Evidence } from './judgement.ts';

/** A text of the node's catalogue in the operator's language. */
export type Text = (key: string, values?: ErrorContext) => string;

const features = ['mean', 'std', 'min', 'max', 'slope', 'rms', 'peak', 'crest', 'kurtosis', 'skewness', 'band-power'];

/** What is odd, as a sentence: "bearing_temperature is 7.3 °C above what the other signals explain". '' of no evidence. */
export function wordCause(evidence: readonly Evidence[], text: Text): string {
  return evidence.map((one) => wordOne(one, text)).join(text('cause.and'));
}

function wordOne(evidence: Evidence, text: Text): string {
  const { tag, unit, value } = evidence;
  switch (evidence.kind) {
    case 'residual': {
      // A deviation of exactly 0 is what a stuck transmitter shows, and no other fault.
      if (evidence.feature === 'std' && value === 0) return text('cause.still', { tag, usual: readableAmount(evidence.expected, unit) });
      const difference = value - evidence.expected;
      return text(difference >= 0 ? 'cause.residualAbove' : 'cause.residualBelow', {
        what: nameColumn(tag, evidence.feature, text),
        difference: readableAmount(Math.abs(difference), unit),
      });
    }
    case 'range':
      return text(evidence.above ? 'cause.rangeAbove' : 'cause.rangeBelow', {
        tag,
        value: readableAmount(value, unit),
        limit: readableAmount(evidence.limit, unit),
      });
    case 'shift': {
      const difference = value - evidence.expected;
      return text(difference >= 0 ? 'cause.shiftAbove' : 'cause.shiftBelow', {
        tag,
        difference: readableAmount(Math.abs(difference), unit),
        usual: readableAmount(evidence.expected, unit),
      });
    }
    case 'frozen':
      return text('cause.frozen', { tag, value: readableAmount(value, unit), duration: readableDuration(evidence.now - evidence.since) });
  }
}

/** A mean or a raw value speaks for the tag itself; any other feature is named. */
function nameColumn(tag: string, feature: string, text: Text): string {
  if (feature === 'raw' || feature === 'mean' || feature === '') return tag;
  const known = features.find((name) => feature === name || feature.startsWith(`${name} `) || feature.startsWith(`${name}_`));
  return text('cause.feature', { feature: known ? text(`feature.${known}`) : feature, tag });
}
