import type { HostProcess, Task } from './host-process.ts';
import type { HostedModel } from './hosted-model.ts';
import { type Job, precedes } from './job-queue.ts';

/** The next run of those models that are loaded in a process, by priority and age; undefined where nothing is to be run now. */
export function nextTask(models: Iterable<HostedModel>, process: HostProcess): Task | undefined {
  const isIdle = process.busy === 0;
  const waiting = [...models].filter((model) => model.process === process && model.queue.peek() !== undefined);
  if (waiting.length > 1) waiting.sort((a, b) => (precedes(a.queue.peek() as Job, b.queue.peek() as Job) ? -1 : 1));
  for (const model of waiting) {
    // The newest is known only when the process is free; what went ahead of it meanwhile would keep the process busy for ever.
    if (!isIdle && model.queue.peek()?.owner.order === 'latest') return undefined;
    const task = model.nextTask();
    if (task !== undefined) return task;
  }
  return undefined;
}
