import assert from 'node:assert/strict';
import { type MappingRow, mapMessage } from '../../../nodes/ingest/mapping/map-message.ts';
import { readPath, valueAt } from '../../../nodes/ingest/mapping/property.ts';
import { StaleWatch } from '../../../nodes/ingest/mapping/stale-watch.ts';
import { topicMatches } from '../../../nodes/ingest/mapping/topic-filter.ts';
import { FastClock } from '../../../nodes/shared/fast-clock.ts';

const row = (tag: string, property: string, more: Partial<MappingRow> = {}): MappingRow => ({
  tag,
  path: readPath(property, 1),
  topic: '',
  unit: '',
  scale: 1,
  offset: 0,
  ...more,
});

describe('property path', () => {
  const paths: [string, string[]][] = [
    ['', ['payload']],
    ['payload.temperature', ['payload', 'temperature']],
    ['msg.payload[0].value', ['payload', '0', 'value']],
    ['payload["oil temp"].x', ['payload', 'oil temp', 'x']],
    ["payload['a.b'][2]", ['payload', 'a.b', '2']],
  ];
  for (const [text, expected] of paths) it(`takes "${text}" apart`, () => assert.deepEqual(readPath(text, 1), expected));

  for (const text of ['.a', 'a..b', 'a[', 'a[x]', 'a b', '[0]', 'a.', 'a[0]b']) {
    it(`refuses "${text}"`, () =>
      assert.throws(() => readPath(text, 3), { code: 'sensor-property', message: /^row 3: property: expected a path/ }));
  }

  it('never leads to a prototype', () => {
    for (const path of ['payload.__proto__', 'payload.constructor.name', 'payload.toString', '__proto__.x']) {
      assert.equal(valueAt({ payload: {} }, readPath(path, 1)), undefined, path);
    }
    assert.equal(valueAt({ payload: [5] }, readPath('payload[0]', 1)), 5);
    assert.equal(valueAt({ payload: null }, readPath('payload.x', 1)), undefined);
  });
});

describe('topic filter', () => {
  const cases: [string, string, boolean][] = [
    ['', 'anything', true],
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/c', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a/b/c', false],
    ['a/+/c', 'a/b/c', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'a', true],
    ['#', 'a/b', true],
    ['#', '$SYS/uptime', false],
    ['+', '', true],
    ['a/+', 'a', false],
  ];
  for (const [filter, topic, expected] of cases) {
    it(`"${filter}" ${expected ? 'lets' : 'does not let'} "${topic}" pass`, () => assert.equal(topicMatches(filter, topic), expected));
  }
});

describe('mapping of a message', () => {
  const values: [unknown, unknown, string][] = [
    [21.5, 21.5, 'Good'],
    ['21.5', 21.5, 'Good'],
    [' 7 ', 7, 'Good'],
    [5n, 5, 'Good'],
    [true, true, 'Good'],
    ['on', 'on', 'Good'],
    ['', '', 'Good'],
    [null, null, 'BadOutOfRange'],
    [Number.NaN, null, 'BadOutOfRange'],
    [Number.POSITIVE_INFINITY, null, 'BadOutOfRange'],
  ];
  for (const [raw, value, quality] of values) {
    it(`makes ${typeof raw} ${String(raw)} the value ${value}, ${quality}`, () => {
      assert.deepEqual(mapMessage([row('t', '', { unit: '°C' })], { payload: raw }, 99), {
        payload: { t: value },
        tags: { t: { value, unit: '°C', quality, timestamp: 99 } },
      });
    });
  }

  it('scales numbers', () => {
    assert.equal(mapMessage([row('f', 'payload.c', { scale: 1.8, offset: 32 })], { payload: { c: '100' } }, 0)?.payload.f, 212);
  });

  it('takes the rows whose filter lets the topic pass, and of these what the message has', () => {
    const rows = [row('a', 'payload.a'), row('b', 'payload.b'), row('c', 'payload.a', { topic: 'other/#' })];
    assert.deepEqual(mapMessage(rows, { topic: 'pump', payload: { a: 1 } }, 0)?.payload, { a: 1 });
  });

  it('gives nothing for a topic that no row wants', () => {
    assert.equal(mapMessage([row('a', 'payload', { topic: 'pump/+' })], { topic: 'fan/1', payload: 1 }, 0), undefined);
  });

  it('says which property is missing, and which is no value', () => {
    assert.throws(() => mapMessage([row('a', 'payload.x.y')], { topic: 't', payload: { x: 1 } }, 0), {
      message: 'row 1, tag "a": msg.payload.x.y is missing in a message with topic "t"',
    });
    assert.throws(() => mapMessage([row('a', 'payload')], { payload: { x: 1 } }, 0), {
      message: 'row 1, tag "a": msg.payload: expected a number, true, false or a text, got an object with x',
    });
  });
});

describe('stale watch', () => {
  it('tells once when a tag has been silent for too long, and again after its next silence', async () => {
    const clock = new FastClock(0);
    const told: [string, number][] = [];
    const watch = new StaleWatch(clock, 1000, ['a', 'b'], (tag) => told.push([tag, clock.now()]));
    await clock.runUntil(600);
    watch.saw('a');
    await clock.runUntil(5000);
    assert.deepEqual(told, [
      ['b', 1000],
      ['a', 1600],
    ]);
    assert.deepEqual(watch.stale.sort(), ['a', 'b']);
    watch.saw('b');
    assert.deepEqual(watch.stale, ['a']);
    await clock.runUntil(9000);
    assert.deepEqual(told[2], ['b', 6000]);
    assert.equal(told.length, 3);
    watch.stop();
  });
});
