import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import anomalyScore from '../../nodes/score/anomaly-score.ts';
import { normal, seededRandom } from '../../nodes/shared/random.ts';
import { type RunningFlow, startAdmin, startFlow } from '../node-red/flow.ts';

// biome-ignore lint/suspicious/noExplicitAny: what the gateway answers is what is tested
type Line = any;

const ROWS = 1200;
const random = seededRandom(5);
/** A level that leaves its range for the last minute. */
const levels = Array.from({ length: ROWS }, (_, row) => 50 + normal(random) + (row >= ROWS - 60 ? 60 : 0));
const CSV = ['time,level [%]', ...levels.map((level, row) => `${1_790_000_000 + row},${level}`)].join('\n');

describe('the endpoints of replay to tune', function () {
  this.timeout(30_000);
  const userDir = mkdtempSync(join(tmpdir(), 'linewatch-replay-'));
  let admin: { url: string; stop(): Promise<void> };
  let flow: RunningFlow;

  before(async () => {
    mkdirSync(join(userDir, 'data'));
    writeFileSync(join(userDir, 'data', 'plant.csv'), CSV);
    writeFileSync(join(userDir, 'secrets.json'), 'hidden-value\n1');
    symlinkSync('/etc/passwd', join(userDir, 'data', 'linked.csv'));
    admin = await startAdmin();
    const nodes = [
      { id: 'tab', type: 'tab' },
      { id: 'score', z: 'tab', type: 'linewatch-anomaly-score', falseAlarms: 'week', wires: [['out'], []] },
      { id: 'out', z: 'tab', type: 'helper' },
    ];
    flow = await startFlow([anomalyScore], nodes, { settings: { userDir } });
  });
  after(async () => {
    await flow.stop();
    await admin.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  const address = (query: string) => `${admin.url}/linewatch/anomaly-score/replay?${query}`;
  const ask = async (query: string, options: RequestInit): Promise<{ status: number; lines: Line[]; last: Line }> => {
    const response = await fetch(address(query), options);
    const lines = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return { status: response.status, lines, last: lines.at(-1) };
  };
  const post = (body: object, query = 'id=score') =>
    ask(query, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const put = (body: string, query = 'id=new&name=plant.csv', type = 'text/csv') =>
    ask(query, { method: 'PUT', headers: { 'Content-Type': type }, body });
  const recording = async (id: string) => (await fetch(`${admin.url}/linewatch/anomaly-score/recording?id=${id}`)).json();

  it('say that nothing is recorded yet, and that there is no such node', async () => {
    assert.equal(await recording('score'), null);
    assert.equal(await recording('nobody'), null);
    const { status, last } = await post({ source: 'recording' });
    assert.deepEqual([status, last.code], [404, 'replay-no-recording']);
  });

  it('replay what the node has seen, with the causes in the language that is asked for', async () => {
    for (const [row, payload] of levels.entries()) flow.send('score', { payload, topic: 'level', timestamp: 1e12 + 1000 * row });
    for (let row = 0; row < ROWS; row++) await flow.next('out');
    assert.deepEqual(await recording('score'), {
      ...{ kind: 'sample', messages: ROWS, from: 1e12, to: 1e12 + 1000 * (ROWS - 1), tags: 1, full: false },
    });
    const { status, last } = await post({ source: 'recording' });
    assert.equal(status, 200);
    assert.equal(last.result.scored, ROWS);
    const cause = (line: Line) => line.result.dials.week.alarms.at(-1).cause;
    assert.match(cause(last), /^level .*[a-z]/);
    assert.match(cause((await post({ source: 'recording' }, 'id=score&lng=zh-CN')).last), /[\u4e00-\u9fff]/);
  });

  it('replay a CSV that is sent, for a node that is not there yet', async () => {
    const { status, last } = await put(CSV);
    assert.equal(status, 200);
    assert.deepEqual([last.result.scored, last.result.signals[0].tag, last.result.signals[0].unit], [ROWS, 'level', '%']);
    assert.ok(last.result.dials.week.count > 0);
  });

  it('take the fields of the dialog as they are', async () => {
    const learnt = async (fields: object) => {
      const { last } = await put(CSV, `id=new&fields=${encodeURIComponent(JSON.stringify(fields))}`);
      const [phase] = last.result.phases;
      return (phase.to - phase.from) / 1000;
    };
    assert.ok((await learnt({ learnCount: '600' })) > (await learnt({ learnCount: '' })) + 400);
    for (const fields of [{ learnCount: 'many' }, { falseAlarms: 'never' }]) {
      const { status, last } = await put(CSV, `fields=${encodeURIComponent(JSON.stringify(fields))}`);
      assert.equal(status, 400);
      assert.match(last.code, /^config-/);
    }
    for (const fields of ['{', 'x'.repeat(9000)]) {
      const { last } = await put(CSV, `fields=${fields}`);
      assert.equal(last.code, 'replay-request');
    }
  });

  it('replay a CSV of the user directory, and nothing that lies outside or is no table', async () => {
    const { last } = await post({ source: 'file', path: 'data/plant.csv' });
    assert.equal(last.result.scored, ROWS);
    for (const [path, code] of [
      ['/etc/passwd', 'replay-no-file'],
      ['../../../../../../etc/passwd', 'replay-no-file'],
      ['data/linked.csv', 'replay-no-file'],
      ['secrets.json', 'replay-no-file'],
      ['data/none.csv', 'replay-no-file'],
      ['data', 'replay-no-file'],
      ['', 'config-missing'],
    ]) {
      const answer = await post({ source: 'file', path });
      assert.equal(answer.last.code, code, path);
      assert.ok(answer.status >= 400 && answer.status < 500);
      assert.doesNotMatch(JSON.stringify(answer.last), /root:|hidden-value/);
    }
  });

  it('do not tell whether a file exists outside the user directory', async () => {
    const answers = await Promise.all(['/etc/hostname', '/etc/no-such-name'].map((path) => post({ source: 'file', path })));
    const [there, missing] = answers.map(({ status, last }) => ({ status, ...last, message: last.message.replace(/\/etc\/[a-z-]+/, 'x') }));
    assert.equal(there.status, 404);
    assert.deepEqual(there, missing);
  });

  it('refuse what a page of another origin could send, and what is too large', async () => {
    assert.deepEqual([(await put(CSV, 'id=new', 'text/plain')).last.code], ['upload-request']);
    const form = await ask('id=score', { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: '{"source":"recording"}' });
    assert.deepEqual([form.status, form.last.code], [415, 'upload-request']);
    assert.equal((await post({ source: 'anything' })).last.code, 'replay-request');
    const status = await new Promise((resolve, reject) => {
      const sending = request(address('id=new'), { method: 'PUT', headers: { 'Content-Type': 'text/csv', 'Content-Length': 3e8 } });
      sending.on('response', (response) => {
        resolve(response.statusCode);
        sending.destroy();
      });
      sending.on('error', reject);
      sending.write('a,b\n');
    });
    assert.equal(status, 413);
  });

  it('say what is wrong with a table', async () => {
    for (const [text, code] of [
      ['', 'csv-empty'],
      ['name\nBob', 'csv-columns'],
      ['a,b\n1,"2', 'csv-malformed'],
    ]) {
      const { last, status } = await put(text as string);
      assert.deepEqual([last.code, status], [code, 422]);
    }
  });

  it('run one replay at a time, and end it when its request is given up', async () => {
    const open = () => {
      const sending = request(address('id=new'), { method: 'PUT', headers: { 'Content-Type': 'text/csv', 'Content-Length': 1e6 } });
      sending.on('error', () => {});
      sending.write('a\n1\n');
      return sending;
    };
    const first = open();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const busy = await put(CSV);
    assert.deepEqual([busy.status, busy.last.code], [409, 'replay-busy']);
    first.destroy();
    let after: Line;
    for (let turn = 0; turn < 20 && after?.last.result === undefined; turn++) after = await put(CSV);
    assert.equal(after.last.result.scored, ROWS);
  });
});
