import assert from 'node:assert/strict';
import { ModelStatistics } from '../../../nodes/infer/host/statistics.ts';
import { countOf } from '../../../nodes/shared/histogram.ts';

const run = { messages: 1, queueMs: [0.4], runMs: 2, transportMs: 0.1, rows: 1, cpuMs: 3.5 };

describe('ModelStatistics', () => {
  it('begins with nothing', () => {
    const { answered, failed, errors, dropped, runs, loadMs, residentMb, runMs } = new ModelStatistics().snapshot();
    assert.deepEqual(
      { answered, failed, errors, dropped, runs, loadMs, residentMb },
      {
        answered: 0,
        failed: 0,
        errors: {},
        dropped: { full: 0, latest: 0, late: 0, awaited: 0 },
        runs: 0,
        loadMs: undefined,
        residentMb: undefined,
      },
    );
    assert.equal(countOf(runMs), 0);
  });

  it('counts a batch as one run of several messages, each with the time that it waited', () => {
    const statistics = new ModelStatistics();
    statistics.answered(run);
    statistics.answered({ messages: 3, queueMs: [1, 2, 30], runMs: 4, transportMs: 0.2, rows: 12, cpuMs: 6.5 });
    const { answered, runs, cpuMs, queueMs, runMs, transportMs, rows } = statistics.snapshot();
    assert.deepEqual([answered, runs, cpuMs], [4, 2, 10]);
    assert.deepEqual([queueMs, runMs, transportMs, rows].map(countOf), [4, 2, 2, 2]);
    assert.ok(Math.abs(queueMs.sum - 33.4) < 1e-9);
    assert.deepEqual([runMs.sum, rows.sum], [6, 13]);
  });

  it('tells failures by code, and drops by reason', () => {
    const statistics = new ModelStatistics();
    for (const code of ['model-crashed', 'model-run', 'model-run']) statistics.failed(code);
    for (const reason of ['full', 'full', 'latest', 'late'] as const) statistics.dropped(reason);
    const { failed, errors, dropped } = statistics.snapshot();
    assert.equal(failed, 3);
    assert.deepEqual(errors, { 'model-crashed': 1, 'model-run': 2 });
    assert.deepEqual(dropped, { full: 2, latest: 1, late: 1, awaited: 0 });
  });

  it('counts restarts, swaps and lost states, and keeps the last load and memory', () => {
    const statistics = new ModelStatistics();
    statistics.restarted();
    statistics.swapped();
    statistics.swapped();
    statistics.swapFailed();
    statistics.stateReset();
    for (const value of [10, 20]) {
      statistics.memory(value);
      statistics.loaded(value * 10);
    }
    const { restarts, swaps, failedSwaps, stateResets, residentMb, loadMs } = statistics.snapshot();
    assert.deepEqual([restarts, swaps, failedSwaps, stateResets, residentMb, loadMs], [1, 2, 1, 1, 20, 200]);
  });

  it('stays the same size however much happens, whatever the codes', () => {
    const statistics = new ModelStatistics();
    for (let index = 0; index < 10_000; index++) {
      statistics.answered({ ...run, queueMs: [index], runMs: index });
      statistics.failed(`code-${index}`);
    }
    const { errors, failed, queueMs } = statistics.snapshot();
    assert.equal(Object.keys(errors).length, 33);
    assert.equal(errors.other, 10_000 - 32);
    assert.equal(failed, 10_000);
    assert.equal(queueMs.counts.length, queueMs.bounds.length + 1);
    assert.equal(countOf(queueMs), 10_000);
  });

  it('survives figures that are not numbers', () => {
    const statistics = new ModelStatistics();
    statistics.answered({ ...run, runMs: Number.NaN, cpuMs: Number.NaN, transportMs: -3 });
    const { runs, cpuMs, runMs, transportMs } = statistics.snapshot();
    assert.deepEqual([runs, cpuMs, countOf(runMs), transportMs.sum], [1, 0, 0, 0]);
  });
});
