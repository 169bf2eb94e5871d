import assert from 'node:assert/strict';
import { request } from 'node:http';
import anomalyScore from '../../nodes/score/anomaly-score.ts';
import { FastClock } from '../../nodes/shared/fast-clock.ts';
import { seededRandom } from '../../nodes/shared/random.ts';
import { type RunningFlow, startAdmin, startFlow } from '../node-red/flow.ts';
import { pumpSample, START } from './signals.ts';

describe('what anomaly score has learned, by its dialog', () => {
  let admin: { url: string; stop(): Promise<void> };
  let flow: RunningFlow;
  before(async () => {
    admin = await startAdmin();
    const node = { type: 'linewatch-anomaly-score', z: 'tab', falseAlarms: 'week', learnCount: '', wires: [['out'], []] };
    const nodes = [
      { id: 'tab', type: 'tab' },
      { ...node, id: 'score' },
      { ...node, id: 'other' },
      { ...node, id: 'shorter', learnCount: 60 },
      { ...node, id: 'broken', learnCount: 'x' },
      { id: 'out', z: 'tab', type: 'helper' },
    ];
    flow = await startFlow([anomalyScore], nodes, { clock: new FastClock(START) });
  });
  after(async () => {
    await flow.stop();
    await admin.stop();
  });
  const ask = async (id: string, options: RequestInit = {}) => {
    const response = await fetch(`${admin.url}/linewatch/anomaly-score/state?id=${id}&lng=en-US`, options);
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
  const give = (id: string, body: string, type = 'application/octet-stream') =>
    ask(id, { method: 'PUT', headers: { 'Content-Type': type }, body });

  it('is given as JSON, and taken over by another node, which then scores the same', async () => {
    const random = seededRandom(1);
    for (let second = 0; second < 200; second++) flow.send('score', pumpSample(random, second));
    const { status, type, text } = await ask('score');
    assert.deepEqual([status, type, JSON.parse(text).version], [200, 'application/json', 3]);
    assert.deepEqual(JSON.parse((await give('other', text)).text), { done: true });
    flow.waiting('out').length = 0;
    const sample = pumpSample(random, 200, { flow: 1e6 });
    for (const id of ['score', 'other']) flow.send(id, structuredClone(sample));
    const [ours, theirs] = [await flow.next('out'), await flow.next('out')];
    assert.equal(ours.anomaly.isAnomaly, true);
    assert.deepEqual(theirs.anomaly, ours.anomaly);
  });

  it('is refused where it is none, or learned from another number of messages, and the node goes on as before', async () => {
    const { text } = await ask('score');
    for (const [id, body, problem] of [
      ['score', 'no JSON', /nothing that anomaly score has exported \(.*JSON/],
      ['score', '{"version":7}', /version: expected 3, got 7/],
      ['shorter', text, /learned from 300 results or 150 samples, this node learns from 60 or 60/],
    ] as const) {
      const answer = await give(id, body);
      assert.equal(answer.status, 422);
      assert.match(JSON.parse(answer.text).message, problem);
    }
    assert.deepEqual(JSON.parse((await ask('score')).text), JSON.parse(text));
  });

  it('needs a node that runs, and a request no foreign page can send by itself', async () => {
    for (const id of ['', 'nowhere', 'tab', 'out', 'broken']) {
      const answer = await ask(id);
      assert.equal(answer.status, 404, id);
      assert.match(JSON.parse(answer.text).message, /not deployed yet/);
      assert.equal((await give(id, '{}')).status, 404);
    }
    assert.equal((await give('score', '{}', 'text/plain')).status, 415);
  });

  /** An upload that announces `bytes` and sends `body`. */
  const upload = (bytes: number, body: string) => {
    const headers = { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes };
    const sending = request(`${admin.url}/linewatch/anomaly-score/state?id=score&lng=en-US`, { method: 'PUT', headers });
    const status = new Promise<number | undefined>((resolve, reject) => {
      sending.on('response', (response) => resolve(response.statusCode)).on('error', reject);
    });
    sending.write(body);
    return { status, end: () => sending.destroy() };
  };

  it('is refused before it has come, where it is too large or no state could look like this', async () => {
    const huge = upload(65 * 2 ** 20, '{"version":2,');
    assert.equal(await huge.status, 413);
    huge.end();
    const junk = upload(60 * 2 ** 20, `{"version":2,"x":[${'[],'.repeat(200_000)}`);
    assert.equal(await junk.status, 422);
    junk.end();
  });

  it('is taken from one upload at a time, and from the next when one broke off', async () => {
    const first = upload(1000, '{"version":2,');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const busy = await give('score', '{}');
    assert.deepEqual([busy.status, JSON.parse(busy.text).code], [409, 'score-state-busy']);
    first.status.catch(() => {});
    first.end();
    const { text } = await ask('score');
    let status = 409;
    for (let turn = 0; turn < 50 && status === 409; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      status = (await give('score', text)).status;
    }
    assert.equal(status, 200);
  });
});
