import assert from 'node:assert/strict';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { residentMb } from '../../nodes/infer/host/resident-memory.ts';
import { modelHandles } from '../../nodes/infer/model/handles.ts';
import onnxInfer from '../../nodes/infer/onnx-infer.ts';
import onnxModel from '../../nodes/infer/onnx-model.ts';
import { type Received, type RunningFlow, startFlow } from '../node-red/flow.ts';
import { echoModel, scaleModel, sumModel, temporaryFolder } from './models.ts';
import { type RandomMessage, randomMessage, tensorOf } from './random-messages.ts';

const MESSAGES = 10_000;
const SEED = Number(process.env.LINEWATCH_SEED ?? 20_261);
/** So many are sent before the flow is waited for; every tenth time more than the queue takes. */
const BURST = 40;
const LONG_BURST = 400;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const models = [
  { id: 'float', host: '', good: tensorOf('float32', [2, 3]), sure: [1, 2, 3] },
  {
    id: 'mixed',
    host: '',
    good: fc.record({
      x: tensorOf('float64', [2, 2]),
      rate: tensorOf('int64', []),
      flags: tensorOf('bool', [3]),
      names: tensorOf('string', [2]),
    }),
    sure: { x: [[1, 2]], rate: 1, flags: [true], names: ['a'] },
  },
  { id: 'text', host: 'shared', good: tensorOf('string', [3]), sure: ['a'] },
  { id: 'sum', host: 'shared', good: tensorOf('float32', [2]), sure: [1, 2] },
] as const;

describe('10,000 random messages', function () {
  this.timeout(120_000);
  const folder = temporaryFolder({
    'float.onnx': scaleModel(3),
    'mixed.onnx': echoModel({
      x: { type: 'float64', dims: ['rows', 2] },
      rate: { type: 'int64', dims: [] },
      flags: { type: 'bool', dims: ['n'] },
      names: { type: 'string', dims: ['n'] },
    }),
    'text.onnx': echoModel({ x: { type: 'string', dims: ['n'] } }),
    'sum.onnx': sumModel(),
  });
  let flow: RunningFlow;
  after(async () => {
    await flow?.stop();
    folder.remove();
  });

  it('are each answered, dropped or refused exactly once, in the same processes and in the same memory', async () => {
    const feeds = [{ input: 'state', source: 'state', from: 'next' }];
    flow = await startFlow(
      [onnxModel, onnxInfer],
      [
        { id: 'tab', type: 'tab' },
        ...models.flatMap(({ id, host }, index) => [
          { id: `model ${id}`, type: 'linewatch-onnx-model', path: `${id}.onnx`, host, threads: 1, feeds: id === 'sum' ? feeds : [] },
          {
            id,
            z: 'tab',
            type: 'linewatch-onnx-infer',
            model: `model ${id}`,
            stateKey: 'topic',
            order: ['fifo', 'deadline', 'fifo', 'deadline'][index],
            wires: [['out'], ['dropped']],
          },
        ]),
        { id: 'catch', z: 'tab', type: 'catch', scope: null, wires: [['caught']] },
        { id: 'complete', z: 'tab', type: 'complete', scope: models.map(({ id }) => id), wires: [['completed']] },
        ...['out', 'dropped', 'caught', 'completed'].map((id) => ({ id, z: 'tab', type: 'helper' })),
      ],
      { settings: { linewatch: { modelFolders: [folder.path] } } },
    );
    const askSurely = async () => {
      for (const { id, sure } of models) {
        flow.send(id, { payload: sure, number: `sure ${id}` });
        const { number } = await flow.next('out');
        assert.equal(number, `sure ${id}`);
        await flow.next('completed');
      }
    };
    await askSurely();
    const pids = () => [...modelHandles()].map(({ id, pid }) => `${id}: ${pid}`);
    const before = pids();

    const messages = fc.sample(
      fc.integer({ min: 0, max: models.length - 1 }).chain((index) => {
        const { id, good } = models[index] as (typeof models)[number];
        return randomMessage(good).map((message) => ({ id, message }));
      }),
      { numRuns: MESSAGES, seed: SEED },
    );
    /** What came of the message: one letter for each thing that happened. */
    const fates: string[] = [];
    const collect = () => {
      for (const [box, letter] of [
        ['out', 'o'],
        ['dropped', 'd'],
        ['caught', 'e'],
        ['completed', 'c'],
      ] as const) {
        for (const { number } of flow.waiting(box).splice(0) as Received[]) fates[number] = (fates[number] ?? '') + letter;
      }
    };
    const settled = async (sent: number) => {
      const end = performance.now() + 10_000;
      for (let done = 0; done < sent; ) {
        collect();
        while (done < sent && /[ce]/.test(fates[done] ?? '')) done++;
        if (performance.now() > end) assert.fail(`seed ${SEED}: message ${done} was never done with: ${inspect(messages[done])}`);
        await nextTurn();
      }
    };
    const memory: { heapMb: number; hostMb: number }[] = [];
    for (let sent = 0, burst = 0; sent < MESSAGES; burst++) {
      const end = Math.min(MESSAGES, sent + (burst % 10 === 9 ? LONG_BURST : BURST));
      for (; sent < end; sent++) {
        const { id, message } = messages[sent] as (typeof messages)[number];
        flow.send(id, { ...sendable(message), number: sent });
      }
      await settled(sent);
      flow.forget();
      if (burst % 10 === 9) {
        collectGarbage();
        const { heapUsed, arrayBuffers } = process.memoryUsage();
        const hosts = new Set([...modelHandles()].map(({ pid }) => pid as number));
        const resident = await Promise.all([...hosts].map(residentMb));
        memory.push({ heapMb: (heapUsed + arrayBuffers) / 2 ** 20, hostMb: resident.reduce<number>((sum, mb) => sum + (mb ?? 0), 0) });
      }
    }
    // What came twice would come now.
    await delay(100);
    collect();

    messages.forEach(({ message }, index) => {
      const fate = [...(fates[index] ?? '')].sort().join('');
      const expected = message.command === undefined ? ['co', 'cd', 'e'] : ['c', 'e'];
      assert.ok(expected.includes(fate), `seed ${SEED}: message ${index} ended as "${fate}": ${inspect(message)}`);
    });
    const count = (fate: string) => fates.filter((each) => [...each].sort().join('') === fate).length;
    const [answered, dropped, refused] = [count('co'), count('cd'), count('e')];
    assert.ok(answered > 1000 && dropped > 100 && refused > 1000, `answered ${answered}, dropped ${dropped}, refused ${refused}`);
    assert.deepEqual(pids(), before, 'no process fell');
    await askSurely();

    const growth = (values: number[]) => median(values.slice(-4)) - median(values.slice(2, 6));
    const heapMb = growth(memory.map((sample) => sample.heapMb));
    const hostMb = growth(memory.map((sample) => sample.hostMb));
    if (process.env.LINEWATCH_SHOW) console.log({ answered, dropped, refused, heapMb, hostMb, memory });
    assert.ok(heapMb < 0.75, `the heap grew by ${heapMb} MB`);
    assert.ok(hostMb < 15, `the model processes grew by ${hostMb} MB`);
  });
});

function sendable({ deadline, ...message }: RandomMessage): object {
  const { inMs } = (deadline ?? {}) as { inMs?: unknown };
  return { ...message, deadline: typeof inMs === 'number' ? Date.now() + inMs : deadline };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
