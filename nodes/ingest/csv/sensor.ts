import type { Message, NodeContext, RunningNode } from '../../node-red/define-node.ts';
import { openTable } from '../../node-red/table-file.ts';
import type { Separator } from '../../shared/csv/cells.ts';
import { readSamples } from '../../shared/csv/table.ts';
import { describe, LinewatchError } from '../../shared/errors.ts';
import type { SampleMessage, TagReading } from '../../shared/messages.ts';
import { locateFile, provideExample } from './file.ts';
import { type Replay, startReplay } from './replay.ts';

export interface CsvConfig {
  path: string;
  separator: Separator | 'auto';
  timeColumn: string;
  intervalMs: number;
  columns: string[];
  speed: number;
  loop: boolean;
  topic: string;
}

/** The CSV mode of sensor in: replays a table from each deploy on, and from the beginning on command. */
export function runCsv({ config, clock, RED, started, send, status, fail, text }: NodeContext<CsvConfig>): RunningNode {
  const { path, speed, loop, topic } = config;
  const { userDir } = RED.settings as { userDir?: string };
  const file = locateFile(path, userDir);
  let replay: Replay | undefined;
  let shownAt = Number.NEGATIVE_INFINITY;

  const open = async () => {
    await provideExample(path, file);
    const { records, separator } = await openTable(file, config.separator);
    return readSamples(records, { ...config, decimalComma: separator !== ',' }, file);
  };
  const begin = (ready: Promise<void>) => {
    let rows = 0;
    let bad = 0;
    // Without a time column the rows count from now.
    const zero = config.timeColumn === '' ? clock.now() : 0;
    const current = startReplay(clock, {
      open: async () => {
        await ready;
        return open();
      },
      speed,
      loop,
      pauseMs: config.intervalMs,
      onRow(row, time) {
        rows++;
        bad += row.bad;
        const timestamp = zero + time;
        const tags: Record<string, TagReading> = {};
        for (const [tag, reading] of Object.entries(row.tags)) tags[tag] = { ...reading, timestamp };
        const sample: SampleMessage = { payload: row.payload, tags, topic, timestamp };
        send([sample as unknown as Message, null]);
        if (clock.now() - shownAt < 1000) return;
        shownAt = clock.now();
        if (bad > 0) status('yellow', 'replayingBad', { rows, bad });
        else status('green', 'replaying', { rows });
      },
      onSkipped(number) {
        send([null, { topic, dropped: { reason: text('dropped.time', { row: number }) } } as unknown as Message]);
      },
    });
    replay = current;
    current.done.then(
      () => {
        if (replay !== current) return;
        if (bad > 0) status('yellow', 'finishedBad', { rows, bad });
        else status('grey', 'finished', { rows });
      },
      (error) => {
        if (replay === current) fail(error);
      },
    );
  };
  const stop = () => {
    const last = replay;
    replay = undefined;
    last?.stop();
  };

  // What the first samples and errors are wired to exists only once the whole flow has started.
  begin(started);
  return {
    input(message) {
      const command = message.command as { do?: unknown } | undefined;
      if (command?.do !== 'start' && command?.do !== 'stop') {
        throw new LinewatchError('input-command', { expected: 'start, stop', got: describe(command?.do ?? command) });
      }
      stop();
      if (command.do === 'start') begin(Promise.resolve());
      else status('grey', 'stopped');
    },
    close: stop,
  };
}
