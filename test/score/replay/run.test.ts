import assert from 'node:assert/strict';
import { readMessage } from '../../../nodes/score/detect/read-message.ts';
import { Scorer, type ScorerOptions } from '../../../nodes/score/detect/scorer.ts';
import { Recording } from '../../../nodes/score/replay/recording.ts';
import { replay } from '../../../nodes/score/replay/replay.ts';
import { replayLimits, replayRecording, replayTable } from '../../../nodes/score/replay/replay-source.ts';
import { dials, type ReplayResult } from '../../../nodes/score/replay/run.ts';
import { LinewatchError } from '../../../nodes/shared/errors.ts';
import { normal, seededRandom } from '../../../nodes/shared/random.ts';

const options: ScorerOptions = { falseAlarms: 'week', learnResults: 300, learnSamples: 150 };
const START = Date.UTC(2026, 10, 23);
const ROWS = 3000;
const FAULT = { from: 2500, to: 2560 };

/** A second each: a healthy level and a steady pressure; the level leaves its range for a minute. */
function plant(): { time: number; payload: { level: number; pressure: number } }[] {
  const random = seededRandom(7);
  return Array.from({ length: ROWS }, (_, row) => ({
    time: START + 1000 * row,
    payload: {
      level: 50 + 3 * Math.sin(row / 40) + normal(random) + (row >= FAULT.from && row < FAULT.to ? 60 : 0),
      pressure: 4 + 0.1 * normal(random),
    },
  }));
}

function record(rows = plant()): Recording {
  const recording = new Recording();
  for (const { time, payload } of rows) recording.push(readMessage({ payload, timestamp: time }), time);
  return recording;
}

const csvOf = (rows = plant(), separator = ',') =>
  [
    ['time', 'level [%]', 'pressure [bar]'].join(separator),
    ...rows.map(({ time, payload }) => [new Date(time).toISOString(), payload.level, payload.pressure].join(separator)),
  ].join('\n');

async function* pieces(text: string, size = 1000) {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const still = () => 0;
const none = () => {};
const bare = ({ tookMs, ...result }: ReplayResult & { tookMs: number }) => result;

describe('replay', function () {
  this.timeout(30_000);

  it('scores a recording as the node does, at each position of the dial', () => {
    const rows = plant();
    const result = replayRecording(options, record(rows).toData(), still, none);
    for (const dial of dials) {
      const scorer = new Scorer({ ...options, falseAlarms: dial });
      const alarms: number[] = [];
      const scores: number[] = [];
      for (const { time, payload } of rows) {
        const outcome = scorer.score(readMessage({ payload, timestamp: time }), time);
        assert.ok('anomaly' in outcome);
        if (outcome.anomaly.alarm) alarms.push(time);
        scores.push(outcome.anomaly.score);
      }
      const found = result.dials[dial];
      assert.deepEqual(
        found.alarms.map(({ at }) => at),
        alarms,
      );
      assert.equal(found.count, alarms.length);
      // 3000 rows stand in columns of two, each with the larger score.
      const half = Array.from({ length: ROWS / 2 }, (_, column) =>
        Math.max(scores[2 * column] as number, scores[2 * column + 1] as number),
      );
      assert.deepEqual(found.score, half);
    }
    assert.equal(result.scored, ROWS);
  });

  it('finds the minute in which the machine was not itself, says which tag, and never fewer alarms at a more sensitive dial', () => {
    const { dials: found, phases, signals } = replayRecording(options, record().toData(), still, none);
    const alarm = found.week.alarms.find(({ at }) => at >= START + 1000 * FAULT.from && at < START + 1000 * FAULT.to);
    assert.equal(alarm?.tags[0]?.[0], 'level');
    assert.ok((alarm?.peak ?? 0) > 0.5);
    assert.equal(alarm?.evidence[0]?.tag, 'level');
    assert.ok(found.hour.count >= found.week.count && found.week.count >= found.month.count);
    assert.equal(phases[0]?.phase, 'learning');
    assert.equal(phases[0]?.from, START);
    assert.equal(signals[0]?.tag, 'level');
    assert.ok(Math.max(...(signals[0] as { max: number[] }).max) > 100);
  });

  it('gives the same for a CSV of the same numbers, cut into whatever pieces, with the units of its headings', async () => {
    const expected = replayRecording(options, record().toData(), still, none);
    for (const size of [7, 1000, 1 << 20]) {
      const table = await replayTable(options, pieces(csvOf(), size), 'plant.csv', still, none);
      assert.equal(table.timeColumn, 'time');
      assert.deepEqual(
        table.signals.map(({ tag, unit }) => [tag, unit]),
        [
          ['level', '%'],
          ['pressure', 'bar'],
        ],
      );
      const plain = (result: ReplayResult) =>
        Object.values(result.dials).map(({ score, threshold, alarms }) => ({ score, threshold, at: alarms.map(({ at }) => at) }));
      assert.deepEqual(plain(table), plain(expected));
    }
  });

  it('reads semicolons and decimal commas, and counts seconds where a table has no times', async () => {
    const german = csvOf(plant(), ';').replace(/(\d)\.(\d+)(?=[;\n]|$)/g, '$1,$2');
    const table = await replayTable(options, pieces(german), 'a.csv', still, none);
    assert.equal(table.scored, ROWS);
    const timeless = plant().map(({ payload }) => payload.level);
    const counted = await replayTable(options, pieces(['level', ...timeless].join('\n')), 'a.csv', still, none);
    assert.equal(counted.timeColumn, '');
    assert.equal(counted.to.at(-1), 1000 * (ROWS - 1));
  });

  it('finds the times that Excel writes in Germany and in China', async () => {
    for (const day of ['05.01.2026', '2026/1/5']) {
      const rows = Array.from({ length: 50 }, (_, row) => `${day} 8:${String(row + 10)};${row}`);
      const table = await replayTable(options, pieces(['Zeitpunkt;level', ...rows].join('\n')), 'a.csv', still, none);
      assert.deepEqual([table.timeColumn, table.scored, table.skipped], ['Zeitpunkt', 50, 0], day);
      assert.equal(table.to.at(-1), new Date(2026, 0, 5, 8, 59).getTime());
    }
  });

  it('leaves out and counts rows without a time or a number', async () => {
    const table = await replayTable(options, pieces('time,a\n1,1\n2,\n3,3\n4,4\nnoon,5\n6,6\n5,7\n8,8'), 'a.csv', still, none);
    assert.deepEqual([table.scored, table.skipped, table.timeColumn], [5, 3, 'time']);
    const dated = ['time,a', ...Array.from({ length: 30 }, (_, row) => `${1_700_000_000 + row},${row}`), 'noon,2', '1600000000,5'].join(
      '\n',
    );
    const late = await replayTable(options, pieces(dated), 'a.csv', still, none);
    assert.deepEqual([late.scored, late.skipped, late.timeColumn], [30, 2, 'time']);
  });

  it('stops at its limits, and says at which', async () => {
    const data = record().toData();
    const limited = (limits: object) => replayRecording(options, data, still, none, { ...replayLimits, ...limits });
    assert.deepEqual([limited({ rows: 100 }).cut, limited({ rows: 100 }).scored], ['rows', 100]);
    assert.deepEqual([limited({ numbers: 100 }).cut, limited({ numbers: 100 }).scored], ['numbers', 50]);
    let now = 0;
    const slow = replayRecording(options, data, () => now++ * 1000, none, { ...replayLimits, ms: 5000 });
    assert.equal(slow.cut, 'ms');
    assert.ok(slow.scored > 0 && slow.scored < ROWS);
    const table = await replayTable(options, pieces(csvOf()), 'a.csv', still, none, { ...replayLimits, rows: 10 });
    assert.deepEqual([table.cut, table.scored], ['rows', 10]);
    assert.equal(limited({}).cut, undefined);
  });

  it('watches only while the machine runs, as recorded, or by another tag of the dialog', () => {
    const rows = plant();
    const running = { ...options, running: { tag: 'pressure', is: 'above' as const, limit: 100, settleMs: 0 } };
    const never = replayRecording(running, record(rows).toData(), still, none);
    assert.deepEqual([never.phases.length, never.phases[0]?.phase], [1, 'paused']);
    const recording = new Recording();
    for (const { time, payload } of rows) {
      recording.push({ ...readMessage({ payload, timestamp: time }), running: time < START + 1_000_000 }, time, 'motor');
    }
    const asRecorded = { ...options, running: { tag: 'motor', is: 'on' as const, settleMs: 0 } };
    const { phases } = replayRecording(asRecorded, recording.toData(), still, none);
    assert.deepEqual([phases.at(-1)?.phase, phases.at(-1)?.from], ['paused', START + 1_000_000]);
  });

  describe('in its thread', () => {
    const never = new AbortController().signal;

    it('gives what it gives without, from a recording and from a CSV, and tells how far it is', async () => {
      const data = record().toData();
      const threaded = await replay(options, { recording: data }, none, never);
      assert.deepEqual(bare(threaded), bare(replayRecording(options, data, still, none)));
      const table = await replay(options, { csv: 'plant.csv', bytes: pieces(csvOf(), 65_536) }, none, never);
      assert.deepEqual(bare(table), bare(await replayTable(options, pieces(csvOf()), 'plant.csv', still, none)));
      const told: number[] = [];
      const long = Array.from({ length: 20 }, (_, part) =>
        plant().map(({ time, payload }) => ({ time: time + 3_000_000 * part, payload })),
      );
      await replay(options, { recording: record(long.flat()).toData() }, (rows, of) => told.push(rows / (of ?? 0)), never);
      assert.ok(told.length > 0 && told.every((share) => share > 0 && share <= 1), String(told));
    });

    it('says what is wrong with a table', async () => {
      await assert.rejects(replay(options, { csv: 'a.csv', bytes: pieces('name\nBob\n') }, none, never), (error) => {
        return error instanceof LinewatchError && error.code === 'csv-columns' && /name/.test(error.message);
      });
      await assert.rejects(replay(options, { csv: 'a.csv', bytes: pieces('') }, none, never), { code: 'csv-empty' });
    });

    it('ends at once when it is cancelled, also while it waits for bytes', async () => {
      const cancel = new AbortController();
      const endless = (async function* () {
        yield new TextEncoder().encode('a\n');
        while (true) yield new TextEncoder().encode('1\n2\n3\n');
      })();
      setTimeout(() => cancel.abort(), 300);
      await assert.rejects(replay(options, { csv: 'a.csv', bytes: endless }, none, cancel.signal), { code: 'replay-cancelled' });
      const waiting = new AbortController();
      const stuck: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
      setTimeout(() => waiting.abort(), 100);
      await assert.rejects(replay(options, { csv: 'a.csv', bytes: stuck }, none, waiting.signal), { code: 'replay-cancelled' });
    });
  });
});
