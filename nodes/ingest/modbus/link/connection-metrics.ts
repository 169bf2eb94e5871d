import { type Family, type Labels, scaled } from '../../../shared/metrics.ts';
import type { Figures } from './figures.ts';

/** What of a connection can be seen. */
export interface ConnectionView {
  readonly label: string;
  readonly figures: Figures;
  readonly state: { phase: string };
  readonly silentUnits: readonly number[];
  readonly waiting: number;
}

/** The connections as families for Prometheus, each series with the labels `connection` (name or address) and `id` (of the node). */
export function connectionFamilies(connections: Iterable<{ id: string; name: string; view: ConnectionView }>): Family[] {
  const all = [...connections].map(({ id, name, view }) => ({ view, labels: { connection: name || view.label, id } }));
  const scalar = (
    type: 'counter' | 'gauge',
    name: string,
    help: string,
    values: (view: ConnectionView) => [number, Labels?][],
  ): Family => ({
    name: `linewatch_modbus_${name}`,
    help,
    type,
    samples: all.flatMap(({ view, labels }) => values(view).map(([value, more]) => ({ labels: { ...labels, ...more }, value }))),
  });
  return [
    scalar('gauge', 'up', '1 while the connection stands, else 0.', ({ state }) => [[state.phase === 'up' ? 1 : 0]]),
    scalar('counter', 'requests_total', 'Requests sent, reads and writes.', ({ figures }) => [[figures.requests]]),
    scalar('counter', 'answers_total', 'Requests that ended otherwise than by the end of the connection, by result.', ({ figures }) => [
      [figures.answers, { result: 'good' }],
      [figures.exceptions, { result: 'exception' }],
      [figures.timeouts, { result: 'timeout' }],
    ]),
    scalar('counter', 'misfits_total', 'Answers that did not fit their request, and bytes that nobody had asked for.', ({ figures }) => [
      [figures.misfits],
    ]),
    scalar('counter', 'reconnects_total', 'Connections after the first.', ({ figures }) => [[figures.reconnects]]),
    scalar('counter', 'writes_total', 'Writes, by outcome.', ({ figures }) =>
      Object.entries(figures.writes).map(([outcome, count]) => [count, { outcome }]),
    ),
    scalar('gauge', 'waiting', 'Requests that wait for their turn.', ({ waiting }) => [[waiting]]),
    scalar('gauge', 'silent_units', 'Units that do not answer while others do.', ({ silentUnits }) => [[silentUnits.length]]),
    {
      name: 'linewatch_modbus_answer_seconds',
      help: 'From a request to its answer.',
      type: 'histogram',
      samples: all.map(({ view, labels }) => ({ labels, value: scaled(view.figures.latencyMs.snapshot(), 0.001) })),
    },
  ];
}
