import { defineNode, type Message, serviceOf } from '../node-red/define-node.ts';
import type { LinewatchError } from '../shared/errors.ts';
import type { SampleMessage } from '../shared/messages.ts';
import type { ModbusConnection } from './modbus/connection.ts';
import { Device, type Scan } from './modbus/device.ts';
import { qualityOf } from './modbus/fault.ts';
import { Outage } from './modbus/outage.ts';
import { readTags } from './modbus/tag.ts';

/** Reads the tags of one unit every so often, and whenever a message comes, and sends them as one sample. */
export default defineNode({
  type: 'linewatch-modbus-in',
  url: import.meta.url,
  read: (fields) => ({
    connection: fields.text('connection', { optional: true }),
    unit: fields.number('unit', { default: 1, min: 0, max: 255, integer: true }),
    scanMs: fields.number('scanMs', { default: 1000, min: 10, max: 86_400_000, integer: true }),
    topic: fields.text('topic', { default: fields.text('name', { optional: true }) }),
    tags: readTags(fields.rows('tags')),
  }),
  start({ config, clock, RED, send, status, fail }) {
    const { unit, scanMs, topic, tags } = config;
    const connection = serviceOf<ModbusConnection>(RED, 'connection', config.connection, 'modbus-connection');
    const address = `${connection.endpoint.host}:${connection.endpoint.port}`;
    const device = new Device(connection, unit, tags, clock);
    const outage = new Outage();
    let running: Promise<Scan> | undefined;
    let next: Promise<Scan> | undefined;
    let everGood = false;

    const showBad = (problem: LinewatchError) => {
      const quality = qualityOf(problem);
      if (quality === 'BadNotConnected') status('red', 'notConnected', { address });
      else if (quality === 'BadTimeout') status('red', 'noAnswer', { unit });
      else status('red', 'refused', { unit });
    };
    const sampleOf = ({ payload, tags, timestamp }: Scan): SampleMessage => ({ payload, tags, topic, timestamp });
    const report = (scan: Scan, alwaysSend: boolean): Scan => {
      const verdict = outage.judge(scan, clock.now());
      everGood ||= scan.good > 0;
      if (verdict.report !== undefined) fail(verdict.report);
      if (scan.good === tags.length) status('green', 'scanning', { count: tags.length, scanMs });
      else if (verdict.level === 'bad') showBad(scan.problem as LinewatchError);
      else status('yellow', 'partly', { good: scan.good, count: tags.length });
      if (verdict.send && !alwaysSend) send(sampleOf(scan) as unknown as Message);
      return scan;
    };
    const scan = (forInput = false): Promise<Scan> => {
      running = device.scan().then((result) => {
        running = undefined;
        return report(result, forInput);
      });
      return running;
    };
    /** A scan that begins after this call. Messages that come during one share the next. */
    const fresh = (): Promise<Scan> => {
      if (running === undefined) return scan(true);
      next ??= running.then(() => {
        next = undefined;
        return fresh();
      });
      return next;
    };

    const unsubscribe = connection.onState((state) => {
      if (state.phase === 'connecting' && !outage.lasting) status('yellow', 'connecting', { address });
      // Between two scans nobody would notice; a server that only starts later than this flow is no outage yet.
      if (state.phase === 'down' && everGood && running === undefined) report(device.failed(state.error), false);
      if (state.phase === 'up' && running === undefined) {
        const release = clock.hold();
        void scan().finally(release);
      }
    });
    const cancel = clock.every(scanMs, async () => {
      await (running ?? scan());
    });

    return {
      async input(message, reply) {
        const result = await fresh();
        reply({ ...message, ...sampleOf(result) } as unknown as Message);
      },
      close() {
        cancel();
        unsubscribe();
      },
    };
  },
});
