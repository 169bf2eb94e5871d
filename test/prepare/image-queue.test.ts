import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ImageQueue } from '../../nodes/prepare/image-queue.ts';

/** Work that ends when it is told to. */
function gate<T>() {
  let open: (value: T) => void = () => {};
  const work = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { open, work: () => work };
}

describe('image › queue', () => {
  it('gives results in the order in which pictures came, errors too', async () => {
    const queue = new ImageQueue({ order: 'fifo', queueLimit: 10 });
    const [slow, seen] = [gate<string>(), [] as string[]];
    const note = (outcome: unknown) => void seen.push(JSON.stringify(outcome));
    const all = [
      queue.run(slow.work).then(note),
      queue.run(() => Promise.reject(new Error('bad'))).catch(({ message }: Error) => note(message)),
      queue.run(async () => 'last').then(note),
    ];
    await new Promise(setImmediate);
    assert.deepEqual(seen, []);
    slow.open('first');
    await Promise.all(all);
    assert.deepEqual(seen, ['{"result":"first"}', '"bad"', '{"result":"last"}']);
  });

  it('drops what waits and what is under way when it is closed', async () => {
    const queue = new ImageQueue({ order: 'fifo', queueLimit: 10, atOnce: 1 });
    const slow = gate<string>();
    const [running, waiting] = [queue.run(slow.work), queue.run(async () => 'never')];
    queue.close();
    slow.open('too late');
    assert.deepEqual(await Promise.all([running, waiting, queue.run(async () => 'after')]), [
      { dropped: 'closed' },
      { dropped: 'closed' },
      { dropped: 'closed' },
    ]);
  });

  it('keeps nothing of what it has given', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const queue = new ImageQueue({ order: 'fifo', queueLimit: 10 });
    const before = process.memoryUsage().arrayBuffers;
    for (let index = 0; index < 100; index++) await queue.run(async () => new Uint8Array(1e6));
    await new Promise(setImmediate);
    collect();
    assert.ok(process.memoryUsage().arrayBuffers - before < 20e6, 'the results are still there');
  });
});
