import assert from 'node:assert/strict';
import { connect as connectSocket, createServer } from 'node:net';
import ModbusRTU from 'modbus-serial';
import modbusServer from '../../nodes/ingest/modbus-server.ts';
import { FastClock } from '../../nodes/shared/fast-clock.ts';
import { type RunningFlow, startFlow } from '../node-red/flow.ts';
import { freePort } from './modbus/server.ts';

type Client = InstanceType<typeof ModbusRTU.default>;
const ModbusClient = ModbusRTU as unknown as typeof ModbusRTU.default;

const rows = [
  { name: 'heartbeat', area: 'holding', address: '0', type: 'uint16', source: '@heartbeat' },
  { name: 'good', area: 'holding', address: '1.0', type: 'bool', source: '@good' },
  { name: 'temperature', area: 'holding', address: '40003', type: 'float32', order: 'ABCD', source: 'payload.temperature' },
  { name: 'state', area: 'holding', address: '4', type: 'uint16', source: 'payload.state', topic: 'alerts' },
  { name: 'setpoint', area: 'holding', address: '10', type: 'uint16', scale: '0.1', source: '', writable: 'true' },
];

describe('modbus server', () => {
  let flow: RunningFlow | undefined;
  let client: Client | undefined;
  let port = 0;

  const nodes = (more: object = {}) => [
    { id: 'tab', type: 'tab' },
    {
      id: 'server',
      type: 'linewatch-modbus-server',
      z: 'tab',
      name: 'results',
      host: '127.0.0.1',
      port,
      values: rows,
      wires: [['out']],
      ...more,
    },
    { id: 'out', type: 'helper', z: 'tab' },
    { id: 'catch', type: 'catch', z: 'tab', wires: [['errors']] },
    { id: 'errors', type: 'helper', z: 'tab' },
    { id: 'complete', type: 'complete', z: 'tab', scope: ['server'], wires: [['completed']] },
    { id: 'completed', type: 'helper', z: 'tab' },
  ];
  const start = async (more: object = {}, options: Parameters<typeof startFlow>[2] = {}) => {
    port ||= await freePort();
    flow = await startFlow([modbusServer], nodes(more), options);
    await flow.status('server', ({ text }) => text !== '');
    return flow;
  };
  const connect = async () => {
    client = new ModbusClient();
    client.on('error', () => {});
    await client.connectTCP('127.0.0.1', { port, timeout: 1000 } as never);
    client.setTimeout(1000);
    client.setID(1);
    return client;
  };

  afterEach(async () => {
    client?.close(() => {});
    await flow?.stop();
    flow = client = undefined;
    port = 0;
  });

  it('serves what messages bring, and says so', async () => {
    const { send, next, status } = await start();
    await status(
      'server',
      ({ fill, text }) => fill === 'yellow' && text === `0 of 2 values good, port ${port} of this machine only, clients: 0`,
    );
    const { readHoldingRegisters } = await connect();
    const read = async () => (await readHoldingRegisters.call(client, 1, 4)).data;
    assert.deepEqual(await read(), [0, 0x7fc0, 0, 0]);
    send('server', { payload: { temperature: -12.5 } });
    await next('completed');
    send('server', { payload: { state: 'raised' }, topic: 'alerts' });
    await next('completed');
    assert.deepEqual(await read(), [1, 0xc148, 0, 1]);
    await status(
      'server',
      ({ fill, text }) => fill === 'green' && text === `serving 5 values on port ${port} of this machine only, clients: 1`,
    );
    send('server', { payload: { temperature: null } });
    await next('completed');
    assert.deepEqual(await read(), [0, 0x7fc0, 0, 1]);
  });

  it('reports a wrong value once, and serves on', async () => {
    const { send, next, status } = await start();
    await connect();
    send('server', { payload: { temperature: 'warm' } });
    const { error } = await next('errors');
    assert.match(error.message, /^row 3, "temperature": msg\.payload\.temperature: expected a number, true, false, got "warm"/);
    await status('server', ({ fill, text }) => fill === 'red' && text.startsWith('row 3, "temperature"'));
    send('server', { payload: 'nonsense' });
    assert.match((await next('errors')).error.message, /^the message has nothing for any row of the table/);
    send('server', { payload: { temperature: 1, state: 'raised' }, topic: 'alerts' });
    await next('completed');
    await status('server', ({ fill }) => fill === 'green');
    assert.equal(flow?.waiting('errors').length, 0);
    assert.equal(flow?.waiting('completed').length, 0);
  });

  it('sends on what a client wrote', async () => {
    const { next, waiting } = await start();
    const { writeRegister, writeRegisters } = await connect();
    await writeRegister.call(client, 10, 755);
    const message = await next('out');
    assert.deepEqual(message.payload, { setpoint: 75.5 });
    assert.equal(message.topic, 'results');
    assert.match(message.write.client, /^127\.0\.0\.1:\d+$/);
    assert.equal(message.timestamp, message.write.timestamp);
    await assert.rejects(writeRegisters.call(client, 2, [0, 0]), { modbusCode: 2 });
    assert.deepEqual(waiting('out'), []);
    assert.equal((await client?.readHoldingRegisters(10, 1))?.data[0], 755);
  });

  it('counts the seconds, and sees values grow old', async () => {
    const clock = new FastClock(Date.UTC(2026, 10, 2));
    const aging = rows.map((row) => ({ ...row, maxAge: row.name === 'temperature' ? '5' : '' }));
    const { send, next } = await start({ values: aging }, { clock });
    await connect();
    send('server', { payload: { temperature: 1, state: 'normal' }, topic: 'alerts' });
    await next('completed');
    const read = async () => (await client?.readHoldingRegisters(0, 4))?.data;
    await clock.runUntil(clock.now() + 5000);
    assert.deepEqual(await read(), [5, 1, 0x3f80, 0]);
    await clock.runUntil(clock.now() + 1000);
    assert.deepEqual(await read(), [6, 0, 0x7fc0, 0]);
  });

  it('turns away whom it does not know, and logs it once', async () => {
    port = await freePort();
    await start({ maxConnections: 1 });
    await connect();
    for (let attempt = 0; attempt < 3; attempt++) {
      await new Promise((resolve) => {
        const socket = connectSocket(port, '127.0.0.1');
        socket.on('error', () => {}).on('close', resolve);
      });
    }
    assert.deepEqual(flow?.logged('server'), ['client 127.0.0.1 was not let in: clients connected already: 1']);
  });

  it('gives its port and its place to its successor', async () => {
    port = await freePort();
    for (let deploy = 0; deploy < 3; deploy++) {
      const { send, next, stop } = await start();
      await connect();
      assert.deepEqual((await client?.readHoldingRegisters(2, 2))?.data, [0x7fc0, 0], 'no value outlives its node');
      send('server', { payload: { temperature: 5 } });
      await next('completed');
      await stop();
      assert.deepEqual(flow?.waiting('errors'), []);
    }
  });

  it('reports a port in use to a Catch node, and takes it once it is free', async () => {
    port = await freePort();
    const clock = new FastClock(Date.UTC(2026, 10, 2));
    const other = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { next, status } = await start({}, { clock });
    assert.equal(
      (await next('errors')).error.message,
      `port: ${port} is in use by another program; choose another port or stop that program`,
    );
    await status('server', ({ fill }) => fill === 'red');
    await clock.runUntil(clock.now() + 12_000);
    assert.equal(flow?.waiting('errors').length, 0, 'once');
    await new Promise((resolve) => other.close(resolve));
    await clock.runUntil(clock.now() + 5000);
    await status('server', ({ fill }) => fill === 'yellow');
    await connect();
    assert.equal((await client?.readHoldingRegisters(1, 1))?.data[0], 0);
  });

  const wrong: [object, RegExp][] = [
    [{ values: [] }, /^values: add at least one row$/],
    [{ port: 70000 }, /^port: expected 1 to 65535, got 70000$/],
    [{ unit: 300 }, /^unit: expected 0 to 255, got 300$/],
    [{ allowed: '192.168.0.0/99' }, /^allowed: expected IP addresses or networks .* got "192\.168\.0\.0\/99"$/],
    [{ maxConnections: 65 }, /^maxConnections: expected 1 to 64, got 65$/],
    [{ values: [rows[2], { ...rows[4], address: '3' }] }, /^row 2, "setpoint": address: holding 3 is taken by "temperature" in row 1/],
  ];
  for (const [more, message] of wrong) {
    it(`does not start with ${JSON.stringify(more).slice(0, 60)}`, async () => {
      port = await freePort();
      flow = await startFlow([modbusServer], nodes(more));
      assert.match((await flow.next('errors')).error.message, message);
      const free = createServer().listen(port, '127.0.0.1');
      await new Promise((resolve, reject) => free.once('listening', resolve).once('error', reject));
      await new Promise((resolve) => free.close(resolve));
    });
  }
});
