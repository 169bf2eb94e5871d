import assert from 'node:assert/strict';
import { type Job, JobQueue } from '../../../../nodes/ingest/modbus/link/job-queue.ts';

const job = (unit: number): Job => ({ unit, refuse: () => undefined, run: async () => {}, finish: () => {} });

/** Which kinds go in `turns` turns where there are always more of these: w, u, r. */
function order(kinds: string, turns: number): string {
  const queue = new JobQueue();
  const lists = { w: queue.writes, u: queue.urgent, r: queue.reads };
  let taken = '';
  for (let turn = 0; turn < turns; turn++) {
    const jobs = [...kinds].map((kind) => {
      const one = job(1);
      lists[kind as keyof typeof lists].push(one);
      return [one, kind] as const;
    });
    const next = queue.next(() => true);
    taken += jobs.find(([one]) => one === next)?.[1] ?? kindOf(next, lists);
    for (const list of Object.values(lists)) list.length = 0;
  }
  return taken;
}

const kindOf = (next: Job | undefined, lists: Record<string, Job[]>) =>
  Object.entries(lists).find(([, list]) => next !== undefined && list.includes(next))?.[0] ?? '-';

describe('the queue of a connection', () => {
  const cases: [string, string, string][] = [
    ['writes go before reads, but each fifth turn is a read', 'wr', 'wwwwrwwwwr'],
    ['urgent reads go before reads, but not always', 'ur', 'uuuuruuuuu'],
    ['writes and urgent reads together leave reads their turn', 'wur', 'wwwwrwwwwuwwwwr'],
    ['urgent reads have the turn of the reads where there are no others', 'wu', 'wwwwuwwwwu'],
  ];
  for (const [what, kinds, expected] of cases) it(what, () => assert.equal(order(kinds, expected.length), expected));

  it('keeps count of the writes while a unit pauses and nothing can go', () => {
    const queue = new JobQueue();
    const read = job(1);
    queue.reads.push(read);
    const went = [];
    for (let turn = 0; turn < 5; turn++) {
      queue.writes.push(job(1));
      assert.equal(
        queue.next(() => false),
        undefined,
      );
      went.push(queue.next(() => true) === read ? 'r' : 'w');
    }
    assert.equal(went.join(''), 'wwwwr');
  });
});
