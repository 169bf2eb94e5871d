import assert from 'node:assert/strict';
import { recordPump } from '../../../nodes/ingest/pump/recording.ts';
import { readSamples, type TableOptions } from '../../../nodes/shared/csv/table.ts';

const options: TableOptions = { timeColumn: 'time', intervalMs: 500, columns: [], decimalComma: false };

async function samples(text: string, more: Partial<TableOptions> = {}) {
  const records = (async function* () {
    for (const line of text.trim().split('\n')) yield line.split(',');
  })();
  const rows = [];
  for await (const row of readSamples(records, { ...options, ...more }, 'a.csv')) rows.push(row);
  return rows;
}

describe('table of samples', () => {
  it('makes a sample of each row, with the unit of the heading', async () => {
    assert.deepEqual(await samples('time,flow [m³/h],run\n10,1.5,true\n11,2,false'), [
      {
        time: 10_000,
        payload: { flow: 1.5, run: true },
        tags: { flow: { value: 1.5, unit: 'm³/h', quality: 'Good' }, run: { value: true, unit: '', quality: 'Good' } },
        bad: 0,
      },
      {
        time: 11_000,
        payload: { flow: 2, run: false },
        tags: { flow: { value: 2, unit: 'm³/h', quality: 'Good' }, run: { value: false, unit: '', quality: 'Good' } },
        bad: 0,
      },
    ]);
  });

  it('makes a bad cell null with quality BadOutOfRange, a missing one too', async () => {
    const rows = await samples('time,a,b\n1,1,1\n2,oops,2\n3,3');
    assert.deepEqual(rows[1]?.payload, { a: null, b: 2 });
    assert.equal(rows[1]?.tags.a?.quality, 'BadOutOfRange');
    assert.deepEqual([rows[1]?.bad, rows[2]?.bad], [1, 1]);
    assert.equal(rows[2]?.payload.b, null);
  });

  it('takes only columns with numbers, or those named by heading or tag', async () => {
    assert.deepEqual((await samples('time,a,note,b [bar]\n1,1,hello,2'))[0]?.payload, { a: 1, b: 2 });
    assert.deepEqual((await samples('time,a,note,b [bar]\n1,1,hello,2', { columns: ['b'] }))[0]?.payload, { b: 2 });
    assert.deepEqual((await samples('time,a,note,b [bar]\n1,1,hello,2', { columns: ['b [bar]', 'note'] }))[0]?.payload, {
      b: 2,
      note: null,
    });
  });

  it('gives nothing for a row whose time can not be read or goes back', async () => {
    const rows = await samples('time,a\n5,1\nnoon,2\n4,3\n5,4\n6,5');
    assert.deepEqual(
      rows.map((row) => row?.payload.a),
      [1, undefined, undefined, 4, 5],
    );
  });

  it('counts time by itself without a time column', async () => {
    const rows = await samples('a\n1\n2\n3', { timeColumn: '' });
    assert.deepEqual(
      rows.map((row) => row?.time),
      [0, 500, 1000],
    );
  });

  const wrong: [string, Partial<TableOptions>, string][] = [
    ['a,b,c\n1,2,3', {}, 'timeColumn: column "time" is not in the file; it has: a, b, c'],
    ['time,b\n1,2', { columns: ['flow'] }, 'columns: column "flow" is not in the file; it has: time, b'],
    ['time,b\n1,x', {}, 'columns: no column of the file holds numbers; it has: time, b'],
    ['time,b', {}, 'path: file a.csv has no rows'],
  ];
  for (const [text, more, message] of wrong) {
    it(`says: ${message}`, async () => assert.rejects(samples(text, more), { message }));
  }

  it('reads the example recording: an hour whose last quarter goes wrong', async () => {
    const rows = await samples(recordPump());
    assert.equal(rows.length, 3600);
    assert.equal((rows[3599]?.time ?? 0) - (rows[0]?.time ?? 0), 3_599_000);
    assert.deepEqual(Object.keys(rows[0]?.payload ?? {}).length, 7);
    assert.equal(rows[0]?.tags.vibration_rms?.unit, 'mm/s');
    assert.ok((rows[2600]?.payload.vibration_rms as number) < 3.2 && (rows[3599]?.payload.vibration_rms as number) > 6);
  });
});
