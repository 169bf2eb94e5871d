import type { Message, NodeContext, RunningNode } from '../../node-red/define-node.ts';
import type { TagReading } from '../../shared/messages.ts';
import { type MappingRow, mapMessage } from './map-message.ts';
import { StaleWatch } from './stale-watch.ts';

export interface MappingConfig {
  rows: MappingRow[];
  /** 0: no watch. */
  staleMs: number;
  topic: string;
  name: string;
}

/** The message mode of sensor in: turns the messages of any other node into samples. */
export function runMapping({ config, clock, send, status, text }: NodeContext<MappingConfig>): RunningNode {
  const { rows, staleMs } = config;
  const units = new Map(rows.map(({ tag, unit }) => [tag, unit]));
  const topics = new Map<string, string>();
  let shown = '';

  const show = () => {
    const stale = watch?.stale ?? [];
    const key = stale.join(', ');
    if (shown === key && key !== '') return;
    if (stale.length > 0) status('yellow', 'stale', { tags: key });
    else if (shown !== 'receiving') status('green', 'receiving');
    shown = stale.length > 0 ? key : 'receiving';
  };
  const topicOf = (message: Message) => config.topic || (typeof message.topic === 'string' && message.topic) || config.name;
  const onStale = (tag: string) => {
    const timestamp = clock.now();
    const reading: TagReading = { value: null, unit: units.get(tag) ?? '', quality: 'BadNoCommunication', timestamp };
    const topic = topics.get(tag) ?? (config.topic || config.name);
    send([{ payload: { [tag]: null }, tags: { [tag]: reading }, topic, timestamp } as unknown as Message, null]);
    show();
  };
  const watch = staleMs > 0 ? new StaleWatch(clock, staleMs, units.keys(), onStale) : undefined;
  status('grey', 'waiting');

  return {
    input(message, reply) {
      const timestamp = clock.now();
      const sample = mapMessage(rows, message, timestamp);
      if (sample === undefined) {
        const reason = text('dropped.topic', { topic: String(message.topic ?? '') });
        reply([null, { ...message, dropped: { reason } }]);
        return;
      }
      const topic = topicOf(message);
      for (const tag of Object.keys(sample.tags)) {
        topics.set(tag, topic);
        watch?.saw(tag);
      }
      reply([{ ...message, ...sample, topic, timestamp } as unknown as Message, null]);
      show();
    },
    close() {
      watch?.stop();
    },
  };
}
