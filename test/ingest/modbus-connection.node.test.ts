import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import type { NodeAPI } from 'node-red';
import type { ModbusConnection } from '../../nodes/ingest/modbus/link/connection.ts';
import modbusConnection from '../../nodes/ingest/modbus-connection.ts';
import { defineNode, serviceOf } from '../../nodes/node-red/define-node.ts';
import { metricsText } from '../../nodes/node-red/metrics.ts';
import { type RunningFlow, startAdmin, startFlow } from '../node-red/flow.ts';
import { makeCertificates } from './modbus/link/certificates.ts';
import { startServer } from './modbus/server.ts';

const runtime = process.env.LINEWATCH_NODE_RED === '4' ? 'node-red-4' : 'node-red';
const requireOfRuntime = createRequire(createRequire(import.meta.url).resolve(runtime));
const tlsConfig = requireOfRuntime('@node-red/nodes/core/network/05-tls.js') as (RED: NodeAPI) => void;

/** Reads one register with each message. */
const probe = defineNode({
  type: 'linewatch-test-probe',
  url: import.meta.url,
  read: (fields) => fields.text('connection'),
  start: ({ config, RED }) => ({
    async input(message, send) {
      const connection = serviceOf<ModbusConnection>(RED, 'connection', config, 'modbus-connection');
      send({ ...message, payload: Array.from(await connection.read(1, 'holding', 0, 1)), label: connection.label });
    },
  }),
});

describe('modbus connection node', () => {
  let flow: RunningFlow | undefined;
  afterEach(async () => {
    await flow?.stop();
    flow = undefined;
  });

  const run = async (connection: object, more: object[] = [], credentials: object = {}) => {
    const nodes = [
      { id: 'c', type: 'linewatch-modbus-connection', name: 'press', ...connection },
      { id: 'tab', type: 'tab' },
      { id: 'p', z: 'tab', type: 'linewatch-test-probe', connection: 'c', wires: [['out']] },
      { id: 'out', z: 'tab', type: 'helper' },
      ...more,
    ];
    flow = await startFlow([modbusConnection, probe, tlsConfig], nodes, { credentials });
    return flow;
  };

  it('connects as a flow of an older version says, by host and port alone, and shows in the metrics', async () => {
    const server = await startServer();
    server.holding[0] = 7;
    const running = await run({ host: '127.0.0.1', port: server.port, timeoutMs: 1000 });
    running.send('p', {});
    const { payload, label } = await running.next('out');
    assert.deepEqual(payload, [7]);
    assert.equal(label, `127.0.0.1:${server.port}`);
    assert.match(metricsText(), /linewatch_modbus_answers_total\{connection="press",id="c",result="good"\} 1/);
    await running.stop();
    flow = undefined;
    assert.doesNotMatch(metricsText(), /linewatch_modbus_answers_total/);
    await server.close();
  });

  it('connects through TLS with what Node-RED’s own TLS configuration says', async () => {
    const { ca, device, client } = makeCertificates();
    const server = createServer({ ...device, ca, requestCert: true, rejectUnauthorized: true }, (socket) => {
      socket.on('error', () => {});
      socket.on('data', (request) => socket.write(Buffer.from([...request.subarray(0, 4), 0, 5, request[6] as number, 3, 2, 0, 9])));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const tls = { id: 't', type: 'tls-config', name: '', cert: '', key: '', ca: '', verifyservercert: true };
    const credentials = { t: { certdata: client.cert, keydata: client.key, cadata: ca } };
    const running = await run({ transport: 'tls', host: '127.0.0.1', port, tls: 't' }, [tls], credentials);
    running.send('p', {});
    assert.deepEqual((await running.next('out')).payload, [9]);
    server.close();
  });

  const wrong: [string, object, RegExp][] = [
    ['a way to connect that there is not', { transport: 'udp', host: 'x' }, /transport: .*tcp, tls, serial, rtu-over-tcp/],
    ['no host', { transport: 'rtu-over-tcp' }, /host/],
    ['no serial port', { transport: 'serial' }, /serialPort/],
    ['a TLS configuration that is gone', { transport: 'tls', host: 'x', tls: 'gone' }, /tls: no tls-config/],
    ['a wrong cell of the table', { host: 'x', units: [{ unit: '1' }, { unit: '2', maxBits: '2001' }] }, /units\[1\]\.maxBits/],
  ];
  for (const [what, connection, message] of wrong) {
    it(`names ${what}`, async () => {
      const running = await run(connection);
      await running.status('c', ({ fill }) => fill === 'red');
      assert.match(running.logged('c').join(), message);
    });
  }

  it('lists the serial ports of the gateway for its dialog', async () => {
    const admin = await startAdmin();
    await run({ host: '127.0.0.1' });
    const response = await fetch(`${admin.url}/linewatch/modbus-connection/ports`);
    assert.equal(response.status, 200);
    assert.ok(Array.isArray(await response.json()));
    await admin.stop();
  });
});
