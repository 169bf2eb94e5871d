import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { hostRig, type RunOptions, turns } from './open-host.ts';

describe('the queue of a model', () => {
  const { open, setupOf } = hostRig();
  /** A host that is busy for a while, with nothing sent ahead. */
  const busy = async () => {
    const { run } = open('loop.onnx');
    await run(turns(0, 1n));
    const finished: (number | string)[] = [];
    const ask = (name: number, options: RunOptions) =>
      run(turns(name, 0n), options).then(
        () => finished.push(name),
        (error) => finished.push(`${name} ${error.code}`),
      );
    const blocks = [run(turns(0, 300_000n)), run(turns(0, 300_000n))];
    return { ask, finished, blocks };
  };

  it('runs the messages of the node with the higher priority first', async () => {
    const { ask, finished } = await busy();
    const [low, high] = [{ priority: -1 }, { priority: 5 }];
    await Promise.all([ask(1, low), ask(2, low), ask(3, high), ask(4, high)]);
    assert.deepEqual(finished, [3, 4, 1, 2]);
  });

  it('serves nodes of the same priority in the order in which messages came', async () => {
    const { ask, finished } = await busy();
    const [one, other] = [{ limit: 5 }, { limit: 5 }];
    await Promise.all([ask(1, one), ask(2, other), ask(3, one), ask(4, other)]);
    assert.deepEqual(finished, [1, 2, 3, 4]);
  });

  it('keeps the latest only, where that is wanted, and says of the others that a newer one came', async () => {
    const { ask, finished } = await busy();
    const latest: RunOptions = { order: 'latest' };
    await Promise.all([ask(1, latest), ask(2, latest), ask(3, latest)]);
    assert.deepEqual(finished, ['1 model-newer', '2 model-newer', 3]);
  });

  it('has not even sent ahead what a newer one may replace', async () => {
    const { ask, finished, blocks } = await busy();
    const latest: RunOptions = { order: 'latest' };
    const first = ask(1, latest);
    await blocks[0];
    await Promise.all([first, ask(2, latest)]);
    assert.deepEqual(finished, ['1 model-newer', 2]);
  });

  it('runs first what is due first, where that is wanted', async () => {
    const { ask, finished } = await busy();
    const deadline: RunOptions = { order: 'deadline' };
    const due = (dueInMs: number) => Object.assign(deadline, { dueInMs });
    await Promise.all([ask(1, due(30_000)), ask(2, due(10_000)), ask(3, due(20_000)), ask(4, due(Number.POSITIVE_INFINITY))]);
    assert.deepEqual(finished, [2, 3, 1, 4]);
  });

  it('drops what has waited longer than it may', async () => {
    const { ask, finished } = await busy();
    const order: RunOptions = {};
    await Promise.all([ask(1, Object.assign(order, { dueInMs: 1 })), ask(2, Object.assign(order, { dueInMs: 60_000 })), delay(5)]);
    assert.deepEqual(finished, ['1 model-late', 2]);
  });

  describe('that never empties', () => {
    /** Twenty messages of one node always wait, while another sends a new one every few milliseconds and keeps the latest only. */
    const answeredBeside = async (busyOne: ReturnType<typeof open>, other: ReturnType<typeof open>) => {
      const fifo: RunOptions = { limit: 1000 };
      const latest: RunOptions = { order: 'latest' };
      await Promise.all([busyOne.run(turns(0, 1n), fifo), other.run(turns(0, 1n), latest)]);
      let over = false;
      const keepBusy = async () => {
        while (!over) await busyOne.run(turns(0, 3000n), fifo);
      };
      const load = Array.from({ length: 20 }, keepBusy);
      let answered = 0;
      const asked: Promise<unknown>[] = [];
      for (const end = performance.now() + 1200; performance.now() < end; await delay(5)) {
        asked.push(
          other.run(turns(0, 1n), latest).then(
            () => answered++,
            (error) => assert.equal(error.code, 'model-newer'),
          ),
        );
      }
      const meanwhile = answered;
      over = true;
      await Promise.all([...load, ...asked]);
      return meanwhile;
    };

    it('lets a node that keeps the latest only have its turn', async () => {
      const one = open('loop.onnx');
      assert.ok((await answeredBeside(one, one)) >= 3);
    });

    it('lets a model that shares the process have its turn', async () => {
      const one = open('loop.onnx');
      assert.ok((await answeredBeside(one, open('loop.onnx', { host: one.host }))) >= 3);
    });
  });

  for (const [what, limit] of [
    ['be dropped in time', 1000],
    ['leave their places to others', 5],
  ] as const) {
    it(`has late messages ${what} while the model is being loaded`, async () => {
      const { run } = open('', {
        locate: async () => {
          await delay(700);
          return setupOf('loop.onnx');
        },
      });
      const short: RunOptions = { limit, dueInMs: 50 };
      const outcomes: Promise<{ outcome: string; afterMs: number }>[] = [];
      for (const end = performance.now() + 600; performance.now() < end; await delay(20)) {
        const start = performance.now();
        const told = (outcome: string) => ({ outcome, afterMs: performance.now() - start });
        const outcome = run(turns(1, 1n), short).then(
          () => told('answered'),
          (error) => told(error.code),
        );
        outcomes.push(outcome);
      }
      const all = await Promise.all(outcomes);
      assert.ok(all.length > 10);
      assert.deepEqual([...new Set(all.map(({ outcome }) => outcome))], ['model-late']);
      assert.ok(Math.max(...all.map(({ afterMs }) => afterMs)) < 300, 'none waited for the model');
    });
  }
});
