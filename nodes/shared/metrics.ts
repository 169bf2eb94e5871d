/** Metrics as Prometheus reads them: https://prometheus.io/docs/instrumenting/exposition_formats/, text format 0.0.4. */
import type { HistogramSnapshot } from './histogram.ts';

export type Labels = Record<string, string>;

/** One metric and all its series. Units are seconds and bytes; a counter's name ends in `_total`. */
export type Family = { name: string; help: string } & (
  | { type: 'counter' | 'gauge'; samples: { labels?: Labels; value: number }[] }
  | { type: 'histogram'; samples: { labels?: Labels; value: HistogramSnapshot }[] }
);

/** The `Content-Type` of the text. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * The families as text. Families of the same name become one, as the format demands; one without series is left out.
 * @throws RangeError where a name is none of the format's, or two families of one name differ in type
 */
export function prometheusText(families: Iterable<Family>): string {
  const blocks = new Map<string, { type: string; lines: string[] }>();
  for (const family of families) {
    const { name, help, type } = family;
    if (!/^[A-Za-z_:][\w:]*$/.test(name)) throw new RangeError(`metric name: expected letters, digits, _ and :, got ${name}`);
    if (family.samples.length === 0) continue;
    let block = blocks.get(name);
    if (block === undefined) {
      block = { type, lines: [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`] };
      blocks.set(name, block);
    }
    if (block.type !== type) throw new RangeError(`metric ${name}: expected type ${block.type} as before, got ${type}`);
    block.lines.push(...seriesOf(family));
  }
  return [...blocks.values()].map(({ lines }) => `${lines.join('\n')}\n`).join('');
}

function seriesOf(family: Family): string[] {
  const { name } = family;
  if (family.type !== 'histogram') return family.samples.map(({ labels, value }) => line(name, labels, value));
  return family.samples.flatMap(({ labels, value: { bounds, counts, sum } }) => {
    let total = 0;
    const buckets = counts.map((count, index) => {
      total += count;
      const bound = bounds[index];
      return line(`${name}_bucket`, { ...labels, le: bound === undefined ? '+Inf' : String(bound) }, total);
    });
    return [...buckets, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, total)];
  });
}

function line(name: string, labels: Labels = {}, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => {
    if (!/^[A-Za-z_]\w*$/.test(label)) throw new RangeError(`label name: expected letters, digits and _, got ${label}`);
    return `${label}="${escapeLabel(text)}"`;
  });
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${number(value)}`;
}

const escapeHelp = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string) => escapeHelp(text).replaceAll('"', '\\"');
const number = (value: number) => (Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? '+Inf' : '-Inf');

/** A histogram in another unit, e.g. ms → s with `factor` 0.001. */
export function scaled({ bounds, counts, sum }: HistogramSnapshot, factor: number): HistogramSnapshot {
  // Without the dust of binary fractions, so that a bucket's label stays the same from version to version.
  return { bounds: bounds.map((bound) => Number((bound * factor).toPrecision(12))), counts, sum: sum * factor };
}
