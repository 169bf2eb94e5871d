import { defineNode, type Message, serviceOf } from '../node-red/define-node.ts';
import { addMetrics } from '../node-red/metrics.ts';
import type { ModbusConnection } from './modbus/link/connection.ts';
import { qualityOf } from './modbus/protocol/fault.ts';
import { ChangeFilter } from './modbus/read/change.ts';
import { Device, type Scan } from './modbus/read/device.ts';
import { LastMinute } from './modbus/read/last-minute.ts';
import { LinkWatch, OFTEN } from './modbus/read/link-watch.ts';
import { OneScan } from './modbus/read/one-scan.ts';
import { Outage } from './modbus/read/outage.ts';
import { SampleMaker } from './modbus/read/sample.ts';
import { type ScanFigures, scanFamilies } from './modbus/read/scan-metrics.ts';
import { badStatus, type ScanStatus, ShownProblem, statusOf, workingStatus } from './modbus/read/scan-status.ts';
import { readTags } from './modbus/tag/table.ts';
import { tagEndpoints } from './modbus/tag/tag-endpoints.ts';

/** A counter that grows with each scan is not to send a status with each. */
const COUNTED_EVERY_MS = 5000;

/** Of the nodes that run, by id. */
const figuresOf = new Map<string, ScanFigures>();

/** Reads the tags of one unit every so often, or when a message comes, and sends them as one sample. */
export default defineNode({
  type: 'linewatch-modbus-in',
  url: import.meta.url,
  register(RED) {
    tagEndpoints(RED);
    addMetrics('modbus-in', () => scanFamilies(figuresOf.values()));
  },
  read: (fields) => ({
    connection: fields.text('connection', { optional: true }),
    unit: fields.number('unit', { default: 1, min: 0, max: 255, integer: true }),
    trigger: fields.choice('trigger', ['scan', 'input'], 'scan'),
    scanMs: fields.number('scanMs', { default: 1000, min: 10, max: 86_400_000, integer: true }),
    onlyChanges: fields.choice('send', ['every', 'change'], 'every') === 'change',
    topic: fields.text('topic', { default: fields.text('name', { optional: true }) }),
    name: fields.text('name', { optional: true }),
    // The unit's settings say how their addresses count, and stand in the connection.
    rows: fields.rows('tags'),
    // Version 0.1 had no such field, and its addresses were those on the wire.
    isOld: fields.text('trigger', { optional: true }) === '',
  }),
  start({ config, clock, node, RED, started, send, status, fail }) {
    const { unit, topic, onlyChanges } = config;
    const scanMs = config.trigger === 'scan' ? config.scanMs : undefined;
    const connection = serviceOf<ModbusConnection>(RED, 'connection', config.connection, 'modbus-connection');
    const settings = connection.settingsOf(unit);
    const tags = readTags(config.rows, { ...settings, asWire: config.isOld });
    const device = new Device({ reader: connection, unit, tags, settings, clock });
    const samples = new SampleMaker(tags);
    const changes = new ChangeFilter(tags);
    const outage = new Outage();
    const shown = new ShownProblem();
    const skips = new LastMinute();
    const watch = new LinkWatch(connection.label, connection.state.phase === 'up');
    const figures: ScanFigures = {
      labels: { id: node.id, node: config.name },
      tags: tags.length,
      good: 0,
      requests: device.requests,
      scans: 0,
      skipped: 0,
    };
    figuresOf.set(node.id, figures);
    const view = { unit, address: connection.label, count: tags.length, scanMs, skipped: 0, lost: 0 };
    const show = ([colour, key, values]: ScanStatus) => status(colour, key, values);
    let countedAt = Number.NEGATIVE_INFINITY;
    let everGood = false;
    /** When the last scan began, and whether nothing could be read, or not all for want of a link. */
    let last: { at: number; failed: boolean } | undefined;

    const changedIn = (scan: Scan) => (onlyChanges ? changes.changed(scan.values, scan.qualities) : undefined);
    const sampleOf = (scan: Scan, changed = changedIn(scan)): Message => {
      if (changed !== undefined) changes.sent(scan.values, scan.qualities);
      const sample = { ...samples.make(scan), topic, timestamp: scan.timestamp, ...(changed && { changed }) };
      return sample as unknown as Message;
    };
    const recount = () => {
      const now = clock.elapsed();
      const [skipped, lost] = [skips.sum(now), watch.lost(now)];
      const isNews = lost >= OFTEN && view.lost < OFTEN;
      if ((skipped === view.skipped && lost === view.lost) || (now - countedAt < COUNTED_EVERY_MS && !isNews)) return;
      Object.assign(view, { skipped, lost });
      countedAt = now;
    };
    const report = (scan: Scan, forMessage: boolean, at = clock.elapsed()): Scan => {
      const verdict = outage.judge(scan);
      last = { at, failed: scan.problem !== undefined && (scan.good === 0 || qualityOf(scan.problem) === 'BadNotConnected') };
      everGood ||= scan.good > 0;
      figures.good = scan.good;
      figures.requests = device.requests;
      const toLog = watch.toLog(verdict.report, verdict.level === 'good', clock.elapsed());
      if (toLog !== undefined) fail(toLog);
      recount();
      show(statusOf({ good: scan.good, problem: shown.of(scan.problem) }, verdict.level, view));
      if (forMessage || !verdict.send) return scan;
      const changed = changedIn(scan);
      if (changed?.length !== 0) send(sampleOf(scan, changed));
      return scan;
    };
    const scans = new OneScan(async (forMessage) => {
      figures.scans++;
      const at = clock.elapsed();
      return report(await device.scan(), forMessage, at);
    });

    void started.then(() => {
      for (const misfit of device.misfits) fail(misfit);
    });
    const unsubscribe = connection.onState((state) => {
      watch.saw(state.phase === 'up', figures.good > 0, clock.elapsed());
      if (state.phase === 'connecting' && !outage.lasting && view.lost < OFTEN)
        status('yellow', 'connecting', { address: connection.label });
      if (scanMs === undefined) {
        if (state.phase === 'up') show(workingStatus(view));
        if (state.phase === 'down') show(badStatus(state.error, view));
        return;
      }
      // Between two scans nobody would notice; a server that only starts later than this flow is no outage yet.
      if (state.phase === 'down' && everGood && !scans.isRunning) report(device.failed(state.error), false);
      // A link that is lost after each answer must not cause a scan each time.
      const isDue = last === undefined || last.failed || clock.elapsed() - last.at >= scanMs;
      if (state.phase === 'up' && isDue && !scans.isRunning) {
        const release = clock.hold();
        void scans.any().finally(release);
      }
    });
    const scan = async () => {
      await scans.any();
    };
    const skip = (turns: number) => {
      // While there is no link no scan could take place.
      if (connection.state.phase !== 'up') return;
      figures.skipped += turns;
      skips.add(turns, clock.elapsed());
    };
    const cancel = scanMs === undefined ? () => {} : clock.every(scanMs, scan, skip);

    return {
      async input(message, reply) {
        const scan = await scans.fresh();
        reply({ ...message, ...sampleOf(scan) });
      },
      close() {
        cancel();
        unsubscribe();
        device.close();
        if (figuresOf.get(node.id) === figures) figuresOf.delete(node.id);
      },
    };
  },
});
