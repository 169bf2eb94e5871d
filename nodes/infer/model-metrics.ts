import type { LinewatchError } from '../shared/errors.ts';
import type { HistogramSnapshot } from '../shared/histogram.ts';
import { type Family, type Labels, scaled } from '../shared/metrics.ts';
import type { HostState } from './host/host-state.ts';
import type { ModelSnapshot } from './host/statistics.ts';

/** What of a model's handle can be seen. */
export interface HandleView {
  /** Of its config node. */
  readonly id: string;
  readonly label: string;
  /** Name of the shared host; '' where the model has a process of its own. */
  readonly host: string;
  readonly pid: number | undefined;
  readonly state: HostState;
  /** Why the file that serves is not the one that was wanted last. */
  readonly kept?: LinewatchError | undefined;
  readonly version: string;
  /** Messages that wait. */
  readonly queued: number;
  readonly statistics: { snapshot(): ModelSnapshot };
}

/** A model as the editor's sidebar gets it. */
export interface HostReport {
  id: string;
  name: string;
  host: string;
  pid: number | undefined;
  state: HostState['kind'];
  /** In words, where the state has an error. */
  error: string | undefined;
  /** In words, why the file that serves is not the one that was wanted last. */
  kept: string | undefined;
  backend: string | undefined;
  fallbackReason: string | undefined;
  version: string;
  queued: number;
  statistics: ModelSnapshot;
}

/** @param word puts an error into the reader's language */
export function hostReports(handles: Iterable<HandleView>, word: (error: LinewatchError) => string): HostReport[] {
  return unique(handles).map(({ id, label, host, pid, state, kept, version, queued, statistics }) => ({
    id,
    name: label,
    host,
    pid,
    state: state.kind,
    error: 'error' in state ? word(state.error) : undefined,
    kept: kept && word(kept),
    backend: state.kind === 'ready' ? state.info.backend : undefined,
    fallbackReason: state.kind === 'ready' ? state.info.fallbackReason : undefined,
    version,
    queued,
    statistics: present(statistics.snapshot(), pid),
  }));
}

/** The models as families for Prometheus, each series with the labels `model` and `id`. */
export function modelFamilies(handles: Iterable<HandleView>): Family[] {
  const models = unique(handles).map((handle) => ({
    handle,
    labels: { model: handle.label, id: handle.id },
    figures: present(handle.statistics.snapshot(), handle.pid),
  }));
  type Model = (typeof models)[number];

  const scalar = (
    type: 'counter' | 'gauge',
    name: string,
    help: string,
    values: (model: Model) => [number | undefined, Labels?][],
  ): Family => ({
    name: `linewatch_model_${name}`,
    help,
    type,
    samples: models.flatMap((model) =>
      values(model).flatMap(([value, labels]) => (value === undefined ? [] : [{ labels: { ...model.labels, ...labels }, value }])),
    ),
  });
  const histogram = (name: string, help: string, value: (figures: ModelSnapshot) => HistogramSnapshot): Family => ({
    name: `linewatch_model_${name}`,
    help,
    type: 'histogram',
    samples: models.map(({ labels, figures }) => ({ labels, value: value(figures) })),
  });

  return [
    scalar('gauge', 'info', 'What runs; always 1.', ({ handle: { version, host, state } }) => [
      [1, { version, backend: state.kind === 'ready' ? state.info.backend : '', host }],
    ]),
    scalar('gauge', 'up', '1 where the model is loaded and ready, else 0.', ({ handle }) => [[handle.state.kind === 'ready' ? 1 : 0]]),
    scalar('counter', 'messages_total', 'Messages that left the model, by result.', ({ figures }) => [
      [figures.answered, { result: 'answered' }],
      [figures.failed, { result: 'failed' }],
    ]),
    scalar('counter', 'errors_total', 'Failed messages by error code.', ({ figures }) =>
      Object.entries(figures.errors).map(([code, count]) => [count, { code }]),
    ),
    scalar(
      'counter',
      'dropped_total',
      'Messages dropped unrun: the queue was full, only the latest was wanted, they waited too long (late), or the model is still to be learned (awaited).',
      ({ figures }) => Object.entries(figures.dropped).map(([reason, count]) => [count, { reason }]),
    ),
    scalar('counter', 'runs_total', 'Runs; a batch of several messages is one run.', ({ figures }) => [[figures.runs]]),
    scalar('counter', 'restarts_total', "Restarts of the model's process after it fell.", ({ figures }) => [[figures.restarts]]),
    scalar('counter', 'swaps_total', 'Changes to another file, by result.', ({ figures }) => [
      [figures.swaps, { result: 'done' }],
      [figures.failedSwaps, { result: 'failed' }],
    ]),
    scalar('counter', 'state_resets_total', 'Losses of what the model remembers between messages.', ({ figures }) => [
      [figures.stateResets],
    ]),
    histogram('queue_seconds', 'How long a message waited for its run.', ({ queueMs }) => scaled(queueMs, 0.001)),
    histogram('run_seconds', "How long a run took in the model's process.", ({ runMs }) => scaled(runMs, 0.001)),
    histogram('transport_seconds', 'Way of a run to the process and back, without the run.', ({ transportMs }) =>
      scaled(transportMs, 0.001),
    ),
    histogram('batch_rows', 'Rows in a run.', ({ rows }) => rows),
    scalar('counter', 'cpu_seconds_total', 'Processor time of the runs, over all threads.', ({ figures }) => [[figures.cpuMs / 1000]]),
    scalar('gauge', 'resident_bytes', "Memory of the model's process; models that share a host report the same process.", ({ figures }) => [
      [figures.residentMb === undefined ? undefined : Math.round(figures.residentMb * 1024 * 1024)],
    ]),
    scalar('gauge', 'load_seconds', 'How long the last load took.', ({ figures }) => [
      [figures.loadMs === undefined ? undefined : figures.loadMs / 1000],
    ]),
    scalar('gauge', 'queued', 'Messages that wait now.', ({ handle }) => [[handle.queued]]),
  ];
}

/** Without a process there is no memory of one. */
const present = (figures: ModelSnapshot, pid: number | undefined): ModelSnapshot =>
  pid === undefined ? { ...figures, residentMb: undefined } : figures;

/** A deploy may show the old handle of a node beside the new one, and Prometheus refuses two series with the same labels. */
function unique(handles: Iterable<HandleView>): HandleView[] {
  return [...new Map([...handles].map((handle) => [handle.id, handle])).values()];
}
