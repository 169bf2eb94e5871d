import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Collector } from '../../../../nodes/score/learn/collect/collector.ts';
import { type Row, readRow } from '../../../../nodes/score/learn/collect/read-row.ts';
import { RowStore } from '../../../../nodes/score/learn/collect/row-store.ts';
import type { CollectOptions } from '../../../../nodes/score/learn/collect/state.ts';
import type { TrainingReport } from '../../../../nodes/score/learn/contract.ts';

const DAY = 24 * 3_600_000;
const shape = (width: number) => ({
  columns: Array.from({ length: width }, (_, index) => ({ tag: `t${index}`, feature: 'mean', unit: '' })),
  inputDims: [1, width],
  windowMs: 12_000,
});
const row = (time: number, values = [time, -time]): Row => ({ kind: 'row', values, time, shape: shape(values.length) });
const report = {
  task: 'normal',
  method: 'pca',
  windows: { all: 1, training: 1, stopping: 0, heldOut: 0 },
  curve: [],
  constant: [],
  warnings: [],
};
const learned = (windows: number, everyMs = DAY) => {
  const collector = new Collector({ task: 'normal', amount: { windows }, everyMs });
  for (let time = 1; time <= windows; time++) collector.add(row(time));
  collector.begin();
  collector.trained(report as unknown as TrainingReport, 0);
  return collector;
};

describe('a store of rows', () => {
  it('never has more than it may, and covers the whole time evenly', () => {
    const store = new RowStore(1, 100);
    for (let time = 1; time <= 100_000; time++) {
      store.add([time], time);
      assert.ok(store.length <= 100);
    }
    const gaps = Array.from({ length: store.length - 1 }, (_, index) => store.time(index + 1) - store.time(index));
    assert.ok(store.length >= 50);
    assert.equal(Math.max(...gaps) - Math.min(...gaps), 0);
    assert.ok(store.time(0) <= Math.max(...gaps) && store.time(store.length - 1) > 100_000 - 2 * Math.max(...gaps));
  });

  it('of the newest keeps the newest', () => {
    const store = new RowStore(1, 10, 'newest');
    for (let time = 1; time <= 1234; time++) store.add([time], time);
    assert.equal(store.time(store.length - 1), 1234);
    assert.equal(store.time(0), 1234 - store.length + 1);
  });

  it('goes on bit for bit the same from its state as JSON', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.array(fc.float({ noNaN: true }), { maxLength: 200 }),
        fc.nat(200),
        (most, values, cut) => {
          const whole = new RowStore(2, most);
          let cutStore = new RowStore(2, most);
          values.forEach((value, index) => {
            if (index === cut) cutStore = new RowStore(2, most, 'spread', JSON.parse(JSON.stringify(cutStore.toState())));
            whole.add([value, index], index);
            cutStore.add([value, index], index);
          });
          assert.deepEqual(cutStore.toState(), whole.toState());
        },
      ),
    );
  });

  it('refuses a state whose rows and times do not fit', () => {
    const state = new RowStore(2, 10).toState();
    assert.throws(
      () => new RowStore(2, 10, 'spread', { ...state, rows: Buffer.alloc(8).toString('base64') }),
      /expected 0 rows of 2 values/,
    );
  });
});

describe('collecting', () => {
  it('is complete with the last window that is wanted, and then takes no more', () => {
    const collector = new Collector({ task: 'normal', amount: { windows: 3 }, everyMs: 0 });
    assert.deepEqual(
      [1, 2, 3].map((time) => collector.add(row(time)).kind),
      ['collected', 'collected', 'complete'],
    );
    const { rows, times } = collector.begin();
    assert.deepEqual([...rows], [1, -1, 2, -2, 3, -3]);
    assert.deepEqual([...times], [1, 2, 3]);
    assert.equal(collector.add(row(4)).kind, 'idle');
  });

  it('does not take a break in the data for time that was covered', () => {
    const collector = new Collector({ task: 'normal', amount: { ms: 1_000_000 }, everyMs: 0 });
    for (let time = 0; time <= 100_000; time += 1000) collector.add(row(time));
    assert.equal(collector.coveredMs, 100_000);
    collector.add(row(600_000));
    assert.equal(collector.coveredMs, 100_000);
    collector.add(row(601_000));
    assert.equal(collector.coveredMs, 101_000);
  });

  it('goes on when the clock of the source was set back, and gives training rows in the order of time', () => {
    const collector = new Collector({ task: 'normal', amount: { windows: 1000 }, everyMs: 0 });
    for (let time = 1000; time < 1010; time++) collector.add(row(time));
    const kinds = Array.from({ length: 30 }, (_, index) => collector.add(row(100 + index)).kind);
    assert.deepEqual([kinds.indexOf('collected'), kinds.filter((kind) => kind === 'collected').length], [19, 11]);
    const { times } = collector.begin();
    assert.deepEqual(
      [...times],
      [...times].sort((a, b) => a - b),
    );
  });

  it('is bit for bit the same after a restart, whenever that is', () => {
    const options: CollectOptions = { task: 'normal', amount: { windows: 400 }, everyMs: 0 };
    const whole = new Collector(options);
    let restarted = new Collector(options);
    for (let time = 1; time <= 300; time++) {
      if (time % 37 === 0) restarted = Collector.restore(options, JSON.parse(JSON.stringify(restarted.toState())));
      whole.add(row(time, [Math.sin(time), time / 3, 1 / time]));
      restarted.add(row(time, [Math.sin(time), time / 3, 1 / time]));
    }
    assert.deepEqual({ ...restarted.toState(), coveredMs: 0 }, { ...whole.toState(), coveredMs: 0 });
    assert.deepEqual(restarted.begin(), whole.begin());
  });

  it('refuses windows that are too wide to learn from', () => {
    const collector = new Collector({ task: 'normal', amount: { windows: 3 }, everyMs: 0 });
    assert.throws(() => collector.add(row(1, new Array(1025).fill(1))), /at most 1024 numbers in a window to learn from, got 1025/);
  });
});

describe('training again by itself', () => {
  it('is due after the time, with what came since then beside what was learned from', () => {
    const collector = learned(10);
    assert.equal(collector.isDue(DAY), false, 'nothing came');
    for (let time = 11; time < 40; time++) assert.equal(collector.add(row(time)).kind, 'collected');
    assert.equal(collector.isDue(DAY), false, 'too few came, whatever the clock says');
    collector.add(row(40));
    assert.equal(collector.isDue(DAY - 1), false);
    assert.equal(collector.isDue(DAY), true);
    assert.equal(collector.begin().times.length, 40);
    collector.refused({ code: 'learn-cancelled', context: {} }, DAY);
    assert.equal(collector.isDue(DAY + 1), false, 'who cancels it does not want it at once again');
  });

  it('lets old windows fade', () => {
    const collector = learned(20_000);
    let time = 20_000;
    for (let day = 1; day <= 6; day++) {
      for (let count = 0; count < 20_000; count++) collector.add(row(++time));
      const { times } = collector.begin();
      assert.ok(times.length <= 40_000);
      if (day === 6) assert.ok(times.filter((at) => at <= 20_000).length < times.length / 30);
      collector.trained(report as unknown as TrainingReport, day * DAY);
    }
  });

  it('keeps the model and, where it is refused, leaves the windows since then out until somebody accepts them; tries again after the same time', () => {
    const collector = learned(10);
    for (let time = 11; time <= 15; time++) collector.add(row(time));
    collector.begin();
    assert.equal(collector.refused({ code: 'learn-changed', context: {} }, DAY), 'kept');
    assert.deepEqual([collector.phase, collector.isDue(DAY), collector.refusal?.code], ['learned', false, 'learn-changed']);
    for (let time = 16; time < 46; time++) collector.add(row(time));
    assert.equal(collector.isDue(2 * DAY), true);
    const kept = Collector.restore(collector.options, JSON.parse(JSON.stringify(collector.toState())));
    for (const one of [collector, kept]) {
      assert.equal(one.begin().times.length, 40);
      assert.equal(one.begin({ accept: true }).times.length, 45);
    }
  });

  it('loses nothing where it failed for a reason that the windows are not to blame for', () => {
    const collector = learned(10);
    for (let time = 11; time <= 15; time++) collector.add(row(time));
    for (const code of ['learn-unwritten', 'learn-crashed', 'learn-memory', 'learn-deadline']) {
      assert.equal(collector.begin({ isOwn: true }).times.length, 15);
      assert.equal(collector.refused({ code, context: {} }, DAY), 'kept');
      assert.deepEqual([collector.hasFailed, collector.order], [true, { isOwn: true }]);
    }
  });

  it('is never due where it is not wanted', () => {
    const collector = learned(10, 0);
    assert.equal(collector.add(row(11)).kind, 'idle');
    assert.equal(collector.isDue(1e15), false);
  });
});

describe('windows of another shape', () => {
  it('replace what was collected only when no fewer came, and are not lost', () => {
    const collector = new Collector({ task: 'normal', amount: { windows: 1000 }, everyMs: 0 });
    for (let time = 1; time <= 100; time++) collector.add(row(time));
    for (let time = 101; time < 200; time++) assert.equal(collector.add(row(time, [time])).kind, 'skipped');
    assert.equal(collector.collected, 100);
    assert.equal(collector.add(row(200, [200])).kind, 'other');
    assert.deepEqual([collector.collected, collector.begin().rows.length], [100, 100]);
  });

  it('are also those of another length or unit, but not those whose unit is said later', () => {
    const collector = new Collector({ task: 'normal', amount: { windows: 1000 }, everyMs: 0 });
    const of = (time: number, unit: string, windowMs = 12_000) =>
      collector.add({
        kind: 'row',
        time,
        values: [time],
        shape: { columns: [{ tag: 'p', feature: 'mean', unit }], inputDims: [1, 1], windowMs },
      }).kind;
    assert.deepEqual(
      [of(1, ''), of(2, 'bar'), of(3, 'psi'), of(4, 'bar', 13_000), of(5, 'bar', 60_000)],
      ['collected', 'collected', 'skipped', 'collected', 'skipped'],
    );
  });
});

describe('what may be learned from', () => {
  it('is no value beyond what training takes, and no time that can not be', () => {
    const now = 1_700_000_000_000;
    const reason = (value: number, timestamp: number) => {
      const read = readRow({ payload: { p: value }, timestamp }, now);
      return read.kind === 'skipped' ? read.reason : read.kind;
    };
    assert.deepEqual([reason(1e15, now), reason(-1e16, now)], ['row', 'tooLarge']);
    assert.deepEqual(
      [reason(1, 1.7e18), reason(1, -9e15), reason(1, now + 25 * 3_600_000), reason(1, now + 3_600_000), reason(1, 0)],
      ['noTime', 'noTime', 'noTime', 'row', 'row'],
    );
  });
});

describe('labels of what has come', () => {
  it('go back from the newest window, by the clock of the source', () => {
    const collector = new Collector({ task: 'classes', amount: { windows: 20 }, everyMs: 0 });
    for (let second = 0; second < 100; second++) collector.add(row(1.6e12 + 1000 * second));
    assert.equal(collector.teach('cavitation', { ms: 60_000 }).given, 60);
  });
});

describe('too little to train', () => {
  it('leaves the time that is wanted as it is, and does not count a pause after the first window', () => {
    const collector = new Collector({ task: 'normal', amount: { ms: 3_600_000 }, everyMs: 0 });
    collector.add(row(0));
    assert.equal(collector.add(row(3_600_000)).kind, 'collected');
    assert.equal(collector.progress, 0);
    let time = 3_600_000;
    for (let count = 0; count < 60; count++) {
      time += 60_000;
      assert.equal(collector.add(row(time)).kind, count < 59 ? 'collected' : 'complete');
    }
    collector.begin();
    collector.refused({ code: 'learn-too-few', context: { expected: 84 } }, 0);
    assert.deepEqual([collector.wanted, collector.progress], [undefined, 62 / 84]);
  });

  it('makes it collect as many as training says it needs', () => {
    const collector = new Collector({ task: 'normal', amount: { windows: 3 }, everyMs: 0 });
    for (const time of [1, 2, 3]) collector.add(row(time));
    collector.begin();
    assert.equal(collector.refused({ code: 'learn-too-few', context: { expected: 6, got: 3 } }, 0), 'goesOn');
    assert.equal(collector.wanted, 6);
    assert.deepEqual(
      [4, 5, 6].map((time) => collector.add(row(time)).kind),
      ['collected', 'collected', 'complete'],
    );
    assert.equal(collector.begin().times.length, 6);
  });
});
