import { defineNode, type Message } from '../node-red/define-node.ts';
import { allowedClients } from './modbus/server/allowed.ts';
import { keepListening } from './modbus/server/listening.ts';
import { readServedValues } from './modbus/server/read-served-values.ts';
import { ServedTable } from './modbus/server/served-table.ts';

/** So many addresses that were not let in are named in the log; more is a scan of the network. */
const MOST_REFUSED = 20;

/** Serves values of messages as Modbus registers, so that a SCADA reads them; what it may write leaves as a message. */
export default defineNode({
  type: 'linewatch-modbus-server',
  url: import.meta.url,
  read: (fields) => ({
    host: fields.text('host', { default: '127.0.0.1' }),
    port: fields.number('port', { default: 10_503, min: 1, max: 65_535, integer: true }),
    unit: fields.optionalNumber('unit', { min: 0, max: 255, integer: true }),
    allows: allowedClients('allowed', fields.names('allowed')),
    maxConnections: fields.number('maxConnections', { default: 16, min: 1, max: 64, integer: true }),
    topic: fields.text('topic', { default: fields.text('name', { optional: true }) }),
    values: readServedValues(fields.rows('values')),
  }),
  start({ config, clock, node, started, send, status, fail, text }) {
    const { host, port, unit, allows, maxConnections, topic, values } = config;
    const onlyHere = host === 'localhost' || host === '::1' || host.startsWith('127.');
    let up = false;
    let clients = 0;
    let troubled = false;

    const table = new ServedTable(
      values,
      () => clock.now(),
      (written, client) => {
        const timestamp = clock.now();
        send({ payload: written, topic, timestamp, write: { client, timestamp } } as unknown as Message);
      },
    );
    const show = () => {
      // An error stays to be seen until a message brings nothing wrong.
      if (!up || troubled) return;
      const { all, good } = table.counts;
      const facts = { count: values.length, good, all, port, clients };
      if (good < all) status('yellow', onlyHere ? 'partlyHere' : 'partly', facts);
      else status('green', onlyHere ? 'servingHere' : 'serving', facts);
    };
    const refused = new Set<string>();
    const onRefused = (address: string, reason: 'address' | 'full') => {
      const line = text(`refused.${reason}`, { address, maxConnections });
      if (refused.has(line) || refused.size >= MOST_REFUSED) return;
      refused.add(line);
      node.warn(line);
    };
    const onUp = () => {
      up = true;
      show();
    };
    // A port in use must reach the Catch nodes.
    const onFailure = (error: unknown) => void started.then(() => fail(error));
    const onClients = (count: number) => {
      clients = count;
    };
    const device = { ...(unit === undefined ? {} : { unit }), device: table };
    const stop = keepListening({ host, port, ...device, allows, maxConnections, onClients, onRefused }, clock, onUp, onFailure);
    const cancel = clock.every(1000, () => {
      table.tick();
      // A client that connects anew for each poll must not make the status flicker.
      show();
    });

    return {
      input(message) {
        try {
          table.take(message);
          troubled = false;
        } catch (thrown) {
          troubled = true;
          throw thrown;
        }
        show();
      },
      async close() {
        cancel();
        await stop();
      },
    };
  },
});
