import { defineNode, type Message, serviceOf } from '../node-red/define-node.ts';
import { dataFolder, stateFile } from '../node-red/files.ts';
import { addMetrics } from '../node-red/metrics.ts';
import { type Language, wordError } from '../node-red/wording.ts';
import { LinewatchError } from '../shared/errors.ts';
import type { WriteResult } from '../shared/messages.ts';
import type { ModbusConnection } from './modbus/link/connection.ts';
import { ArmedSwitch } from './modbus/write/armed-switch.ts';
import { readWrite } from './modbus/write/config.ts';
import { TagWriter, type WriteEnd } from './modbus/write/tag-writer.ts';
import { lostLines, writeLogIn } from './modbus/write/write-log.ts';

/** Each Node-RED that was told that it keeps no write log. */
const toldOfNoLog = new WeakSet<object>();

/** Writes one tag of one unit with each message. A write ends exactly once, and is never repeated by itself. */
export default defineNode({
  type: 'linewatch-modbus-out',
  url: import.meta.url,
  register: () =>
    addMetrics('modbus-write-log', () => [
      {
        name: 'linewatch_modbus_write_log_lost_lines_total',
        help: 'Lines of the log of Modbus writes that could not be written.',
        type: 'counter',
        samples: [{ value: lostLines() }],
      },
    ]),

  read: (fields) => ({
    fields,
    name: fields.text('name', { optional: true }),
    connection: fields.text('connection', { optional: true }),
    unit: fields.number('unit', { default: 1, min: 0, max: 255, integer: true }),
    armed: fields.boolean('armed', true),
  }),

  start({ config, clock, node, RED, language, started, status }) {
    const { unit } = config;
    const connection = serviceOf<ModbusConnection>(RED, 'connection', config.connection, 'modbus-connection');
    // Only the connection knows how the addresses of its units count.
    const { tag, options } = readWrite(config.fields, connection.settingsOf(unit));
    const folder = dataFolder(RED.settings as Parameters<typeof dataFolder>[0]);
    const log = folder === undefined ? undefined : writeLogIn(folder);
    const armed = new ArmedSwitch(folder === undefined ? undefined : stateFile(folder, node.id), config.armed);
    const subject = { node: node.id, name: config.name, connection: connection.label, unit, ...placeOf(tag) };
    const writer = new TagWriter({ connection, unit, tag, clock }, options, subject, log, () => armed.isArmed);

    const warn = (error: LinewatchError) => node.warn(worded(error, language));
    if (armed.problem !== undefined) warn(armed.problem);
    if (log === undefined && !toldOfNoLog.has(RED)) {
      toldOfNoLog.add(RED);
      warn(new LinewatchError('write-log-nowhere'));
    }
    void Promise.all([log?.orphans, started]).then(([orphans = []]) => {
      const count = orphans.filter((orphan) => orphan.node === node.id).length;
      if (count > 0 && log !== undefined) warn(new LinewatchError('modbus-write-orphans', { count, path: log.path }));
    });

    const show = () => {
      const { phase } = connection.state;
      const address = connection.label;
      if (!armed.isArmed) status('grey', 'disarmed');
      else if (phase === 'connecting') status('yellow', 'connecting', { address });
      else if (phase === 'up') status('green', 'ready');
      else if (phase === 'down') status('red', 'notConnected', { address });
    };
    const showWritten = ({ value, unlogged }: WriteEnd) => {
      const text = `${[value].flat().join(', ')} ${tag.unit}`.trim();
      status(unlogged === undefined ? 'green' : 'yellow', unlogged === undefined ? 'written' : 'writtenUnlogged', { value: text });
    };
    show();
    const unsubscribe = connection.onState(show);

    return {
      async input(message, send) {
        if (message.command !== undefined) {
          await armed.obey(message.command).finally(show);
          return;
        }
        const end = await writer.write(message.payload);
        const { value, outcome, error, unlogged } = end;
        const reason = error && worded(error, language);
        const write: WriteResult = { tag: tag.name, value, outcome, ...(reason && { error: reason }), timestamp: clock.now() };
        send({ ...message, write } as Message);
        if (unlogged?.isNews) warn(unlogged.error);
        if (error === undefined) showWritten(end);
        else if (error.code === 'modbus-write-disarmed') show();
        else throw outcome === 'unknown' ? new LinewatchError('modbus-write-unknown', { reason: reason as string }, error) : error;
      },
      async close() {
        unsubscribe();
        await writer.close();
      },
    };
  },
});

const placeOf = ({ name, area, address }: { name: string; area: string; address: number }) => ({ tag: name, area, address });

/** An error in the runtime's language, the error that it names as its reason included. */
function worded(error: LinewatchError, language: Language): string {
  const { code, context, cause } = error;
  if (!('reason' in context) || !(cause instanceof LinewatchError)) return wordError(error, language);
  return wordError(new LinewatchError(code, { ...context, reason: wordError(cause, language) }), language);
}
