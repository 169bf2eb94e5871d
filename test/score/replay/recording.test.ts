import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Reading, readMessage } from '../../../nodes/score/detect/read-message.ts';
import { Recording, recorded } from '../../../nodes/score/replay/recording.ts';

const sample = (payload: object, timestamp: number, more: object = {}) => readMessage({ payload, timestamp, ...more });
/** Of the mixed messages below: time, shape, four values, four times, and whether the machine runs. */
const LARGEST = 11;
const entries = (recording: Recording) => [...recorded(recording.toData())];
const messages = (recording: Recording) => entries(recording).flatMap((entry) => ('reading' in entry ? [entry] : []));

describe('recording', () => {
  it('gives back every message as it was read, samples and results, whatever stands in them', () => {
    const healthy = { quantiles: [0.5, 0.99], errors: [0.4, 1.2] };
    const columns = [{ tag: 'flow', feature: 'mean', unit: 'm³/h', value: 1, expected: 2, error: -1 }];
    const readings: [Reading, number][] = [
      [sample({ flow: 1.5, pressure: null, run: true }, 1000, { tags: { flow: { unit: 'm³/h' } } }), 1000],
      [sample({ flow: 1.6, pressure: 2 }, 2000, { tags: { flow: { unit: 'm³/h', timestamp: 1990 } } }), 2000],
      [sample({ flow: Number.NaN }, 3000), 3000],
      [readMessage({ payload: 7 }), 4000],
      [readMessage({ payload: { error: 0.5, byColumn: { flow: 1 }, columns, healthy } }), 5000],
      [readMessage({ payload: { error: 0.7, byColumn: { flow: 1 } } }), 6000],
    ];
    const recording = new Recording();
    for (const [reading, time] of readings) recording.push(reading, time);
    const restored = messages(recording);
    assert.deepEqual(
      restored.map(({ reading, time }) => [reading, time]),
      readings.map(([reading, time]) => {
        if (reading.kind !== 'reconstruction') return [reading, time];
        return [{ kind: 'reconstruction', result: { ...reading.result, columns: reading.result.columns ?? [] } }, time];
      }),
    );
  });

  it('keeps the newest messages that fit, whole, and says so', () => {
    const recording = new Recording(100);
    for (let time = 1; time <= 1000; time++) recording.push(sample({ a: time, b: -time }, time), time);
    // Time, shape, two numbers: 4 of 100.
    assert.deepEqual(
      messages(recording).map(({ time }) => time),
      Array.from({ length: 25 }, (_, index) => 976 + index),
    );
    assert.deepEqual(recording.summary, { kind: 'sample', messages: 25, from: 976, to: 1000, tags: 2, full: true });
  });

  it('holds any mix of messages, in bounded memory, the newest last', () => {
    const message = fc.record({
      tags: fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 }),
      value: fc.double({ noNaN: true, min: -1e30, max: 1e30 }),
      late: fc.boolean(),
      running: fc.constantFrom(undefined, true, false, 'on', null, 3),
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 200 }), fc.integer({ min: LARGEST, max: 400 }), (all, room) => {
        const recording = new Recording(room);
        const pushed: unknown[] = [];
        for (const [index, { tags, value, late, running }] of all.entries()) {
          const read = sample(Object.fromEntries(tags.map((tag) => [tag, value])), late ? index - 5 : index);
          const reading: Reading = running === undefined ? read : { ...read, running };
          recording.push(reading, index, 'run');
          pushed.push({ time: index, reading, runningTag: running === undefined ? undefined : 'run' });
        }
        assert.ok(recording.toData().numbers.length <= room);
        const kept = entries(recording);
        assert.ok(kept.length >= Math.min(all.length, Math.floor(room / LARGEST)));
        assert.deepEqual(kept, pushed.slice(pushed.length - kept.length));
      }),
      { numRuns: 200 },
    );
  });

  it('does not grow with names that are always new', () => {
    const recording = new Recording();
    for (let time = 0; time < 20_000; time++) recording.push(sample({ [`tag ${time}`]: time }, time), time);
    const { shapes, messages: kept } = recording.toData();
    assert.ok(shapes.length < 2500, `${shapes.length} shapes`);
    assert.equal(kept, shapes.length);
    assert.equal(recording.summary?.to, 19_999);
  });

  it('notes where a pause by command has ended, once', () => {
    const recording = new Recording();
    recording.interrupt();
    recording.push(sample({ a: 1 }, 1), 1);
    recording.interrupt();
    recording.interrupt();
    recording.push(sample({ a: 2 }, 9), 9);
    assert.deepEqual(
      entries(recording).map((entry) => ('resumed' in entry ? 'resumed' : entry.time)),
      [1, 'resumed', 9],
    );
    assert.equal(recording.summary?.messages, 2);
  });

  it('has nothing to say before a message has come', () => {
    const recording = new Recording();
    recording.push({ kind: 'unusable', reason: 'noNumber' }, 1);
    recording.push({ kind: 'unusable', reason: 'noNumber', running: true }, 1, 'run');
    assert.equal(recording.summary, undefined);
  });

  it('takes 7 tags a second for half a day, and one tag for two days', () => {
    const hoursOf = (tags: number) => {
      const recording = new Recording();
      const payload = Object.fromEntries(Array.from({ length: tags }, (_, index) => [`tag${index}`, index]));
      for (let second = 0; second < 200_000; second++) recording.push(sample(payload, 1000 * second), 1000 * second);
      const { from, to } = recording.summary as { from: number; to: number };
      return (to - from) / 3_600_000;
    };
    assert.ok(hoursOf(7) > 16);
    assert.ok(hoursOf(1) > 48);
  });
});
