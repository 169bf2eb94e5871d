import assert from 'node:assert/strict';
import { FEATURES, recordWindows, TAGS, UNITS, WINDOW_SECONDS } from '../../../models/training/pump-windows.ts';
import { anchorOf } from '../../../nodes/score/learn/anchor/anchor.ts';
import { MOST_MOVED, movedFrom } from '../../../nodes/score/learn/anchor/moved.ts';
import { Collector } from '../../../nodes/score/learn/collect/collector.ts';
import type { Anchor, Moved, TrainingReport } from '../../../nodes/score/learn/contract.ts';
import { windowShape } from '../../../nodes/score/learn/methods/shape.ts';
import { LinewatchError } from '../../../nodes/shared/errors.ts';
import { type Change, columns, eventsOf, is, machineRows, off, requestFor } from './machine.ts';

const DAY = 24 * 3_600_000;
const START = Date.UTC(2026, 9, 5);
const shape = windowShape([1, columns.length], columns);
const anchor = anchorOf(requestFor(machineRows(1000)));
const moved = (change: Change, from = anchor, seed = 5) => movedFrom(from, machineRows(300, { seed, change }), shape) as Moved;
const add = (row: number[], column: number, amount: number) => {
  row[column] = (row[column] as number) + amount;
};

describe('what has moved since the anchor', () => {
  it('is nothing of a healthy machine, whatever the chance', () => {
    for (let seed = 100; seed < 140; seed++) assert.ok(moved(() => {}, anchor, seed).deviations < 0.5, `seed ${seed}`);
  });

  it('is nothing of a machine that runs at another duty point for good, where all tags are elsewhere but fit together', () => {
    const slower: Change = (row) => {
      add(row, 0, -4);
      add(row, 2, -25);
      add(row, 3, 1);
      add(row, 4, -2);
    };
    assert.ok(moved(slower).deviations < MOST_MOVED / 2, JSON.stringify(moved(slower)));
  });

  it('is the tag that crept, by how much it did, though all others lie in its way', () => {
    for (const [column, amount] of [
      [0, 1],
      [2, -6],
      [3, -0.4],
      [4, 2],
    ] as const) {
      const { column: name, unit, got, expected, deviations } = moved(off(column, amount));
      assert.equal(name, `${columns[column]?.tag} mean`);
      assert.equal(unit, columns[column]?.unit);
      assert.ok(Math.abs(got - expected - amount) < 0.25 * Math.abs(amount), `${name}: ${got} against ${expected}`);
      assert.ok(deviations > 1);
    }
  });

  it('is told in units also of a feature that is compared by factors', () => {
    const { column, got, expected } = moved((row) => {
      row[1] = 6 * (row[1] as number);
    });
    assert.equal(column, 'current std');
    assert.ok(got / expected > 5 && got / expected < 7, `${got} / ${expected}`);
  });

  it('is found of one tag alone, by how it was itself', () => {
    const one = windowShape([1, 1], columns.slice(3, 4));
    const pressures = (rows: Float32Array) => rows.filter((_, at) => at % columns.length === 3);
    const alone = { ...anchor, rows: pressures(anchor.rows), width: 1 };
    const { column, deviations } = movedFrom(alone, pressures(machineRows(300, { change: off(3, 6) })), one) as Moved;
    assert.equal(column, 'pressure mean');
    assert.ok(deviations > MOST_MOVED);
  });

  it('is a constant that changed by more than some hundredths of its size, and no less', () => {
    const constant = anchorOf(requestFor(machineRows(1000, { change: is(4, 55) })));
    assert.ok(moved(is(4, 55.5), constant).deviations < 2);
    const changed = moved(is(4, 58), constant);
    assert.deepEqual([changed.column, changed.got, changed.expected], ['temperature mean', 58, 55]);
    assert.ok(changed.deviations > MOST_MOVED);
  });

  it('is not an episode among the windows since then', () => {
    const episode: Change = (row, index) => {
      if (index < 60) add(row, 3, 40);
    };
    assert.ok(moved(episode).deviations < 0.6, JSON.stringify(moved(episode)));
  });
});

/** A pump over days, whose discharge pressure sinks by so many bar a day; the same day by day, learned as the node does it. */
describe('a machine that is trained on again each day', function () {
  this.timeout(120_000);
  const pump = TAGS.flatMap((tag, index) => FEATURES.map((feature) => ({ tag, feature, unit: UNITS[index] as string })));
  const pressure = pump.findIndex(({ tag, feature }) => tag === 'discharge_pressure' && feature === 'mean');
  const DAYS = 9;
  let recorded: ReturnType<typeof recordWindows>;
  /** The pressure sinks by 0.05 bar a day; the first day on which that is not learned. */
  let crept: ReturnType<typeof days>;
  let first: number;
  before(() => {
    recorded = recordWindows({ seed: 91, hours: 24 * DAYS, hop: 600 });
    crept = days(0.05);
    first = crept.findIndex(({ outcome }) => outcome !== 'learned');
  });

  /** @param barPerDay how fast the pressure creeps away @param isHeld whether the anchor is looked at */
  function days(barPerDay: number, { isHeld = true, acceptOn = -1 } = {}) {
    let collector = new Collector({ task: 'normal', amount: { ms: 23 * 3_600_000 }, everyMs: DAY });
    const outcomes: { outcome: string; text?: string; moved?: Moved }[] = [];
    for (let day = 0; day < DAYS; day++) {
      for (const { end, features } of recorded) {
        if (Math.floor((end - 1) / 86_400) !== day) continue;
        const values = features.slice();
        values[pressure] = (values[pressure] as number) - (barPerDay * end) / 86_400;
        collector.add({
          kind: 'row',
          values,
          time: START + 1000 * end,
          shape: { columns: pump, inputDims: [1, pump.length], windowMs: 1000 * WINDOW_SECONDS },
        });
      }
      const now = START + (day + 1) * DAY;
      const accept = day === acceptOn;
      const { shape: rowShape, ...rows } = collector.begin(accept ? { accept } : {});
      const held = isHeld ? rows : { ...rows, anchor: undefined };
      const last = eventsOf({ ...requestFor(rows.rows, { method: 'pca' }), ...rowShape, ...held, accept } as never).at(-1);
      assert.ok(last !== undefined && last.kind !== 'progress');
      if (last.kind === 'done') {
        collector.trained(last.report, now, last.anchor);
        outcomes.push({ outcome: 'learned', ...(last.report.moved && { moved: last.report.moved }) });
      } else {
        const text = new LinewatchError(last.code, last.context).message;
        outcomes.push({ outcome: `${collector.refused(last, now)}: ${last.code}`, text });
      }
      // A restart every night.
      collector = Collector.restore(collector.options, JSON.parse(JSON.stringify(collector.toState())));
    }
    return outcomes;
  }

  it('learns a healthy one every day', () => {
    const outcomes = days(0);
    assert.deepEqual(new Set(outcomes.map(({ outcome }) => outcome)), new Set(['learned']), JSON.stringify(outcomes));
    assert.equal(outcomes[0]?.moved, undefined);
    assert.ok(outcomes.slice(1).every(({ moved: most }) => most !== undefined && most.deviations < MOST_MOVED / 2));
  });

  it('would learn wear that creeps, as each day is like the one before', () => {
    assert.deepEqual(new Set(days(0.05, { isHeld: false }).map(({ outcome }) => outcome)), new Set(['learned']));
  });

  it('but held against the anchor says when wear has gone too far, which tag and by how much, and learns it no more', () => {
    const outcomes = crept;
    assert.ok(first >= 2 && first <= 8, JSON.stringify(outcomes));
    const moves = outcomes.slice(1, first).map((one) => one.moved?.deviations as number);
    assert.deepEqual(
      moves,
      moves.toSorted((a, b) => a - b),
      'it is seen growing beforehand',
    );
    for (const { outcome, text } of outcomes.slice(first)) {
      assert.equal(outcome, 'kept: learn-moved');
      assert.match(
        text as string,
        /^discharge_pressure mean has moved since the machine was learned \(2026-10-05 .*\): [\d.]+ bar, where it was [\d.]+ bar/,
      );
    }
    const [, got, expected] = /: ([\d.]+) bar, where it was ([\d.]+) bar/.exec(outcomes[first]?.text as string) as string[];
    const amount = 0.05 * (first + 0.5) - 0.025;
    assert.ok(Math.abs(Number(expected) - Number(got) - amount) < 0.06, `${expected} - ${got} on day ${first}`);
  });

  it('goes on from there once somebody has accepted it', () => {
    const outcomes = days(0.05, { acceptOn: first + 1 });
    assert.deepEqual(
      outcomes.slice(first).map(({ outcome }) => outcome),
      ['kept: learn-moved', ...new Array(DAYS - first - 1).fill('learned')],
    );
  });
});

describe('the anchor', () => {
  const report = { task: 'normal', method: 'pca', warnings: [] } as unknown as TrainingReport;
  const one: Anchor = { rows: Float32Array.of(1, 2), width: 2, from: 1, to: 2 };
  const two: Anchor = { rows: Float32Array.of(3, 4), width: 2, from: 3, to: 4 };
  const collecting = () => {
    const collector = new Collector({ task: 'normal', amount: { windows: 10 }, everyMs: DAY });
    const add = (count: number, from = 0) => {
      for (let time = from + 1; time <= from + count; time++) {
        collector.add({ kind: 'row', values: [time, 1], time, shape: { columns: pair, inputDims: [1, 2], windowMs: 0 } });
      }
    };
    add(10);
    return { collector, add };
  };
  const pair = ['a', 'b'].map((tag) => ({ tag, feature: 'raw', unit: '' }));
  const restarted = (collector: Collector) => Collector.restore(collector.options, JSON.parse(JSON.stringify(collector.toState())));

  it('is that of the first model, whatever is learned by itself or by command, and over a restart', () => {
    const { collector, add } = collecting();
    assert.equal('anchor' in collector.begin(), false);
    collector.trained(report, 0, one);
    add(40, 10);
    collector.begin({ isOwn: true });
    collector.trained(report, DAY, two);
    add(5, 50);
    assert.deepEqual(collector.begin().anchor, one);
    assert.equal(collector.begin().latest, 5);
    assert.deepEqual(restarted(collector).begin().anchor, one);
  });

  it('is another one where somebody accepted it, the old one again when its model is, and none after { do: "learn" }', () => {
    const { collector, add } = collecting();
    collector.begin();
    collector.trained(report, 0, one);
    add(40, 10);
    collector.begin({ accept: true });
    collector.trained(report, DAY, two);
    assert.deepEqual(collector.begin().anchor, two);
    collector.trained(report, DAY, two);
    collector.begin({ accept: true });
    collector.trained(report, DAY, one);
    const back = restarted(collector);
    back.rolledBack();
    assert.deepEqual(back.begin().anchor, two);
    back.learn();
    assert.throws(() => back.begin(), /nothing has been collected/);
    assert.equal(back.toState().anchor, null);
  });

  it('is none where what was kept comes from a version that had none', () => {
    const { collector } = collecting();
    collector.begin();
    collector.trained(report, 0, one);
    const { anchor: _, anchorBefore: __, ...older } = collector.toState();
    const restored = Collector.restore(collector.options, JSON.parse(JSON.stringify(older)));
    assert.equal('anchor' in restored.begin(), false);
  });
});
