import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ModelStatistics } from '../../nodes/infer/host/statistics.ts';
import { decadeBounds, histogramQuantile } from '../../nodes/shared/histogram.ts';

// A browser loads it as it is: it has no types.
const { ModelHistory, quantile } = await import(new URL('../../resources/sidebar-figures.js', import.meta.url).href);

const run = { messages: 1, queueMs: [1], runMs: 10, transportMs: 0.1, rows: 1, cpuMs: 20 };

/** Polls every 2 s for so long, with so many runs before each poll. */
function poll(history: typeof ModelHistory, statistics: ModelStatistics, from: number, seconds: number, runs: number, figures = run) {
  for (let at = from; at < from + seconds * 1000; at += 2000) {
    for (let index = 0; index < runs; index++) statistics.answered(figures);
    history.add(at, statistics.snapshot());
  }
}

describe('the figures of the sidebar', () => {
  it('are quantiles as the gateway estimates them', () => {
    const bounds = decadeBounds(0.1, 100);
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { minLength: bounds.length + 1, maxLength: bounds.length + 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (counts, share) => {
          const expected = histogramQuantile({ bounds, counts, sum: 0 }, share);
          assert.deepEqual(quantile({ bounds, counts }, share), Number.isNaN(expected) ? undefined : expected);
        },
      ),
    );
  });

  it('are rates and times of the last minute', () => {
    const history = new ModelHistory();
    const statistics = new ModelStatistics();
    // Slow at first; a minute later nothing is seen of that any more.
    poll(history, statistics, 0, 20, 10, { ...run, runMs: 900, cpuMs: 900 });
    assert.ok(history.figures.run.p50 > 700);
    poll(history, statistics, 20_000, 70, 4, { ...run, messages: 3 });
    const { runsPerSecond, messagesPerSecond, cpuMsPerRun, run: times, isOld } = history.figures;
    assert.deepEqual([runsPerSecond, messagesPerSecond, isOld], [2, 6, false]);
    assert.ok(Math.abs(cpuMsPerRun - 20) < 1e-9);
    assert.ok(times.p50 > 7 && times.p99 <= 10, JSON.stringify(times));
  });

  it('know no rate after one reading, and say so when times are older than a minute', () => {
    const history = new ModelHistory();
    const statistics = new ModelStatistics();
    statistics.answered(run);
    history.add(0, statistics.snapshot());
    assert.equal(history.figures.runsPerSecond, undefined);
    assert.equal(history.figures.isOld, true);
    assert.ok(history.figures.run.p50 > 7);
    poll(history, statistics, 2000, 90, 0);
    assert.equal(history.figures.runsPerSecond, 0);
    assert.equal(history.figures.isOld, true);
    assert.equal(history.figures.cpuMsPerRun, 20);
  });

  it('begin anew when the counters do', () => {
    const history = new ModelHistory();
    poll(history, busy(500), 0, 20, 5);
    const fresh = new ModelStatistics();
    poll(history, fresh, 20_000, 4, 1);
    assert.equal(history.points.length, 2);
    assert.equal(history.figures.runsPerSecond, 0.5);
    // A Node-RED that was started anew counts its time from 0.
    poll(history, busy(900), 0, 2, 0);
    assert.equal(history.points.length, 1);
  });

  it('draw 5 minutes, and nothing across a pause', () => {
    const history = new ModelHistory();
    const statistics = busy(1);
    poll(history, statistics, 0, 600, 2);
    assert.equal(history.points.length, 151);
    const [line, ...others] = history.lines('runsPerSecond', 2, 300, 40);
    assert.deepEqual(others, []);
    assert.equal(line.split(' ').at(0), '0.0,20.0');
    assert.equal(line.split(' ').at(-1), '300.0,20.0');
    poll(history, statistics, 660_000, 20, 2);
    assert.equal(history.lines('runsPerSecond', 2, 300, 40).length, 2);
    assert.equal(history.figures.runsPerSecond, 1, 'the runs of the pause do not count');
  });

  it('interrupt a line of times where nothing ran, and show a single point', () => {
    const history = new ModelHistory();
    const statistics = busy(1);
    poll(history, statistics, 0, 4, 1);
    poll(history, statistics, 4000, 30, 0);
    poll(history, statistics, 34_000, 20, 1);
    assert.equal(history.lines('p50', 20, 300, 40).length, 2);
    const lonely = new ModelHistory();
    lonely.add(0, { ...statistics.snapshot(), residentMb: 50 });
    assert.deepEqual(lonely.lines('memoryMb', 100, 300, 40), ['300.0,20.0 301,20.0']);
  });

  it('have a scale that ends at 1, 2 or 5 times a power of ten', () => {
    for (const [mb, expected] of [
      [0.03, 0.05],
      [1, 1],
      [3, 5],
      [51, 100],
      [100, 100],
      [120, 200],
    ]) {
      const history = new ModelHistory();
      history.add(0, { ...busy(1).snapshot(), residentMb: mb });
      assert.equal(history.top('memoryMb'), expected);
    }
    assert.equal(new ModelHistory().top('p50', 'p99'), 1);
  });
});

function busy(runs: number): ModelStatistics {
  const statistics = new ModelStatistics();
  for (let index = 0; index < runs; index++) statistics.answered(run);
  return statistics;
}
