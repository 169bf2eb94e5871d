import assert from 'node:assert/strict';
import { ModelStatistics } from '../../nodes/infer/host/statistics.ts';
import { type HandleView, hostReports, modelFamilies } from '../../nodes/infer/model-metrics.ts';
import { LinewatchError } from '../../nodes/shared/errors.ts';
import { prometheusText } from '../../nodes/shared/metrics.ts';

const ready = { kind: 'ready', info: { backend: 'cpu', inputs: [], outputs: [] } } as unknown as HandleView['state'];
const handle = (given: Partial<HandleView> = {}): HandleView => ({
  id: 'm1',
  label: 'pump',
  host: '',
  pid: 4711,
  state: ready,
  version: '1.2',
  queued: 3,
  statistics: new ModelStatistics(),
  ...given,
});
const busy = () => {
  const statistics = new ModelStatistics();
  statistics.answered({ messages: 2, queueMs: [1, 400], runMs: 40, transportMs: 0.5, rows: 2, cpuMs: 80 });
  statistics.failed('model-run');
  statistics.dropped('late');
  statistics.swapFailed();
  statistics.memory(64);
  statistics.loaded(1500);
  return statistics;
};
const lines = (...handles: HandleView[]) => prometheusText(modelFamilies(handles)).split('\n');

describe('the metrics of a model', () => {
  it('are in seconds and bytes, with the name and id of the model', () => {
    const text = lines(handle({ statistics: busy() }));
    for (const expected of [
      'linewatch_model_info{model="pump",id="m1",version="1.2",backend="cpu",host=""} 1',
      'linewatch_model_up{model="pump",id="m1"} 1',
      'linewatch_model_messages_total{model="pump",id="m1",result="answered"} 2',
      'linewatch_model_messages_total{model="pump",id="m1",result="failed"} 1',
      'linewatch_model_errors_total{model="pump",id="m1",code="model-run"} 1',
      'linewatch_model_dropped_total{model="pump",id="m1",reason="late"} 1',
      'linewatch_model_dropped_total{model="pump",id="m1",reason="full"} 0',
      'linewatch_model_runs_total{model="pump",id="m1"} 1',
      'linewatch_model_restarts_total{model="pump",id="m1"} 0',
      'linewatch_model_swaps_total{model="pump",id="m1",result="failed"} 1',
      'linewatch_model_queue_seconds_bucket{model="pump",id="m1",le="0.001"} 1',
      'linewatch_model_queue_seconds_count{model="pump",id="m1"} 2',
      'linewatch_model_run_seconds_bucket{model="pump",id="m1",le="0.03"} 0',
      'linewatch_model_run_seconds_bucket{model="pump",id="m1",le="0.05"} 1',
      'linewatch_model_run_seconds_sum{model="pump",id="m1"} 0.04',
      'linewatch_model_transport_seconds_sum{model="pump",id="m1"} 0.0005',
      'linewatch_model_batch_rows_bucket{model="pump",id="m1",le="2"} 1',
      'linewatch_model_cpu_seconds_total{model="pump",id="m1"} 0.08',
      'linewatch_model_resident_bytes{model="pump",id="m1"} 67108864',
      'linewatch_model_load_seconds{model="pump",id="m1"} 1.5',
      'linewatch_model_queued{model="pump",id="m1"} 3',
    ]) {
      assert.ok(text.includes(expected), `${expected} is not among\n${text.filter((line) => !line.includes('_bucket')).join('\n')}`);
    }
  });

  it('say nothing of what is not known yet, and 0 for a model that is not ready', () => {
    const text = lines(handle({ state: { kind: 'starting' } }));
    assert.ok(text.includes('linewatch_model_up{model="pump",id="m1"} 0'));
    assert.deepEqual(
      text.filter((line) => /resident|load_seconds/.test(line)),
      [],
    );
  });

  it('know no memory where there is no process any more', () => {
    const gone = handle({ statistics: busy(), pid: undefined });
    assert.deepEqual(
      lines(gone).filter((line) => line.includes('resident')),
      [],
    );
    assert.equal(hostReports([gone], () => '')[0]?.statistics.residentMb, undefined);
  });

  it('have one series for a model whose old handle is still there after a deploy', () => {
    const text = lines(handle({ queued: 9 }), handle({ queued: 1 }), handle({ id: 'm2' }));
    assert.deepEqual(
      text.filter((line) => line.startsWith('linewatch_model_queued')),
      ['linewatch_model_queued{model="pump",id="m1"} 1', 'linewatch_model_queued{model="pump",id="m2"} 3'],
    );
  });

  it('are an empty text without models', () => {
    assert.equal(prometheusText(modelFamilies([])), '');
  });
});

describe('what the sidebar is told of a model', () => {
  it('is plain JSON: what runs, its state and its counters', () => {
    const [report] = JSON.parse(JSON.stringify(hostReports([handle({ statistics: busy(), host: 'small' })], () => '')));
    assert.deepEqual(
      { ...report, statistics: report.statistics.answered },
      { id: 'm1', name: 'pump', host: 'small', pid: 4711, state: 'ready', backend: 'cpu', version: '1.2', queued: 3, statistics: 2 },
    );
  });

  it('has the error in words where the model does not work', () => {
    const error = new LinewatchError('model-run', { reason: 'x' });
    const [report] = hostReports([handle({ state: { kind: 'broken', error } })], ({ code }) => `words of ${code}`);
    assert.equal(report?.state, 'broken');
    assert.equal(report?.error, 'words of model-run');
    const [kept] = hostReports([handle({ kept: error })], ({ code }) => `words of ${code}`);
    assert.deepEqual([kept?.state, kept?.error, kept?.kept], ['ready', undefined, 'words of model-run']);
  });
});
