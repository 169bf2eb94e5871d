import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { connect as connectSocket, createServer } from 'node:net';
import ModbusRTU from 'modbus-serial';
import plcSimulator from '../../nodes/ingest/plc-simulator.ts';
import { FastClock } from '../../nodes/shared/fast-clock.ts';
import { type Received, type RunningFlow, startAdmin, startFlow } from '../node-red/flow.ts';
import { freePort } from './modbus/server.ts';

type Client = InstanceType<typeof ModbusRTU.default>;
const ModbusClient = ModbusRTU as unknown as typeof ModbusRTU.default;

const flowFor = (port: number, more: object = {}) => [
  { id: 'tab', type: 'tab' },
  { id: 'plc', type: 'linewatch-plc-simulator', z: 'tab', port, host: '127.0.0.1', seed: 3, wires: [['out']], ...more },
  { id: 'out', type: 'helper', z: 'tab' },
  { id: 'catch', type: 'catch', z: 'tab', wires: [['errors']] },
  { id: 'errors', type: 'helper', z: 'tab' },
];

async function connect(port: number, unit = 1): Promise<Client> {
  const client = new ModbusClient();
  client.on('error', () => {});
  await client.connectTCP('127.0.0.1', { port, timeout: 1000 } as never);
  client.setTimeout(1000);
  client.setID(unit);
  return client;
}

const float = (data: number[], address: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16BE(data[address] as number, 0);
  bytes.writeUInt16BE(data[address + 1] as number, 2);
  return bytes.readFloatBE();
};

const refusal = (code: number) => (error: { modbusCode?: number }) => error.modbusCode === code;

describe('plc simulator', () => {
  let flow: RunningFlow | undefined;
  let client: Client | undefined;
  let port = 0;

  const start = async (more: object = {}, options: Parameters<typeof startFlow>[2] = {}) => {
    port = await freePort();
    flow = await startFlow([plcSimulator], flowFor(port, more), options);
    await flow.status('plc', ({ text }) => text !== '');
    return flow;
  };
  const command = async (body: object): Promise<Received> => {
    flow?.send('plc', { command: body, keep: 'me' });
    return await flow?.next('out');
  };

  afterEach(async () => {
    client?.close(() => {});
    await flow?.stop();
    flow = client = undefined;
  });

  it('answers another Modbus client with a running pump', async () => {
    const { status } = await start();
    await status('plc', ({ fill, text }) => fill === 'green' && text === `running · port ${port}`);
    client = await connect(port);
    const { data } = await client.readHoldingRegisters(0, 15);
    assert.ok(float(data, 0) > 15 && float(data, 0) < 28, 'current');
    assert.ok(float(data, 2) > 1340 && float(data, 2) < 1620, 'speed');
    assert.ok(float(data, 12) > 50 && float(data, 12) < 140, 'flow');
    assert.equal(data[14], 1480);
    assert.equal((await client.readHoldingRegisters(14, 1)).data[0], 1480);
    assert.equal((await client.readCoils(0, 1)).data[0], true);
  });

  it('answers mbpoll', async function () {
    const found = spawnSync('mbpoll', ['-V']);
    if (found.error !== undefined) {
      console.log('        skipped: mbpoll is not installed (apt-get install mbpoll)');
      this.skip();
    }
    await start();
    const { spawn } = await import('node:child_process');
    // -B: high word first; -0: addresses from 0.
    const poll = spawn('mbpoll', [
      '-m',
      'tcp',
      '-p',
      String(port),
      '-a',
      '1',
      '-t',
      '4:float',
      '-B',
      '-0',
      '-r',
      '0',
      '-c',
      '7',
      '-1',
      '127.0.0.1',
    ]);
    let text = '';
    poll.stdout.on('data', (part) => {
      text += part;
    });
    const code = await new Promise((resolve) => poll.on('close', resolve));
    assert.equal(code, 0, text);
    const speed = Number(/\[2\]:\s+([\d.]+)/.exec(text)?.[1]);
    assert.ok(speed > 1340 && speed < 1620, text);
  });

  it('takes set-point and run coil from a client, and guards them', async () => {
    const { status } = await start();
    client = await connect(port);
    await client.writeRegister(14, 1200);
    assert.equal((await client.readHoldingRegisters(14, 1)).data[0], 1200);
    await client.writeRegisters(14, [1300]);
    await client.writeCoil(0, false);
    await status('plc', ({ fill, text }) => fill === 'grey' && text === 'status.stopped');
    await client.writeCoils(0, [true]);
    assert.deepEqual((await command({ do: 'clear' })).payload, { running: true, speedSetpoint: 1300, faults: {} });
    await assert.rejects(client.writeRegister(14, 299), refusal(3));
    await assert.rejects(client.writeRegister(14, 1801), refusal(3));
    await assert.rejects(client.writeRegister(0, 1), refusal(2));
    await assert.rejects(client.writeRegisters(13, [1, 1300]), refusal(2));
    await assert.rejects(client.writeCoil(1, true), refusal(2));
    assert.equal((await client.readHoldingRegisters(14, 1)).data[0], 1300);
  });

  it('refuses what it does not have at once, with the exception that says why', async () => {
    await start();
    client = await connect(port);
    await assert.rejects(client.readHoldingRegisters(14, 2), refusal(2));
    await assert.rejects(client.readHoldingRegisters(100, 1), refusal(2));
    await assert.rejects(client.readCoils(0, 2), refusal(2));
    await assert.rejects(client.readInputRegisters(0, 1), refusal(1));
    await assert.rejects(client.readDiscreteInputs(0, 1), refusal(1));
    client.setID(2);
    await assert.rejects(client.readHoldingRegisters(0, 1), refusal(11));
    client.setID(1);
    assert.equal((await client.readHoldingRegisters(0, 2)).data.length, 2);
  });

  it('survives garbage on the wire', async () => {
    await start();
    let state = 1;
    const byte = () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state >>> 24;
    };
    for (let round = 0; round < 200; round++) {
      const length = byte() % 12;
      const frame = Buffer.from([0, round, 0, 0, 0, length, 1, (byte() % 24) + 1, ...Array.from({ length: 10 }, byte)]);
      await new Promise<void>((resolve) => {
        const socket = connectSocket(port, '127.0.0.1', () => socket.end(frame));
        socket.on('error', () => {});
        socket.on('close', () => resolve());
        socket.resume();
      });
    }
    client = await connect(port);
    assert.equal((await client.readHoldingRegisters(0, 15)).data.length, 15);
  });

  it('starts, changes and clears faults by command, passing the message on', async () => {
    const { status } = await start();
    const answer = await command({ do: 'fault', fault: 'cavitation', severity: 30 });
    assert.equal(answer.keep, 'me');
    assert.deepEqual(answer.payload, { running: true, speedSetpoint: 1480, faults: { cavitation: 30 } });
    await status('plc', ({ fill, text }) => fill === 'yellow' && text === 'fault: cavitation 30 %');
    assert.deepEqual((await command({ do: 'fault', fault: 'bearing-wear' })).payload.faults, { 'bearing-wear': 100, cavitation: 30 });
    assert.deepEqual((await command({ do: 'clear', fault: 'cavitation' })).payload.faults, { 'bearing-wear': 100 });
    assert.deepEqual((await command({ do: 'clear' })).payload.faults, {});
    assert.equal((await command({ do: 'setpoint', value: 1000 })).payload.speedSetpoint, 1000);
    assert.equal((await command({ do: 'stop' })).payload.running, false);
    assert.equal((await command({ do: 'run' })).payload.running, true);
  });

  const wrong: [object | string | undefined, RegExp][] = [
    [undefined, /msg\.command: expected one of fault, clear, run, stop, setpoint, got nothing/],
    ['stop', /got "stop"/],
    [{ do: 'explode' }, /got "explode"/],
    [{ do: 'fault', fault: 'rust' }, /msg\.command\.fault: expected one of bearing-wear, .*lost-link, got "rust"/],
    [{ do: 'fault', fault: 'cavitation', severity: 101 }, /msg\.command\.severity: expected 0 to 100, got 101/],
    [{ do: 'fault', fault: '__proto__' }, /got "__proto__"/],
    [{ do: 'setpoint', value: 'fast' }, /msg\.command\.value: expected a number, got "fast"/],
    [{ do: 'setpoint', value: 10 }, /expected 300 to 1800, got 10/],
  ];
  for (const [body, expected] of wrong) {
    it(`answers the command ${JSON.stringify(body)} with an error that says what was expected`, async () => {
      const { send, next, waiting } = await start();
      send('plc', { command: body });
      assert.match((await next('errors')).error.message, expected);
      assert.equal(waiting('out').length, 0);
    });
  }

  it('begins with the fault of the dialog', async () => {
    const { status } = await start({ fault: 'bearing-wear', severity: 50 });
    await status('plc', ({ text }) => text === 'fault: bearing wear 50 %');
  });

  it('reports a port in use to a Catch node', async () => {
    port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    flow = await startFlow([plcSimulator], flowFor(port));
    const { error } = await flow.next('errors');
    assert.equal(error.message, `port: ${port} is in use by another program; choose another port or stop that program`);
    assert.equal((await flow.status('plc', ({ fill }) => fill === 'red')).fill, 'red');
    await new Promise((resolve) => other.close(resolve));
  });

  it('gives its port to its successor even when it is closed while still opening it', async () => {
    port = await freePort();
    for (let deploy = 0; deploy < 5; deploy++) {
      const short = await startFlow([plcSimulator], flowFor(port));
      await short.stop();
      assert.deepEqual(short.waiting('errors'), []);
      const next = createServer();
      await new Promise<void>((resolve, reject) => next.once('error', reject).listen(port, '127.0.0.1', resolve));
      await new Promise((resolve) => next.close(resolve));
    }
  });

  it('frees its port when the flow stops, with clients connected', async () => {
    await start();
    client = await connect(port);
    const before = performance.now();
    await flow?.stop();
    assert.ok(performance.now() - before < 1000);
    const again = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve, reject) => again.once('listening', resolve).once('error', reject));
    await new Promise((resolve) => again.close(resolve));
    flow = undefined;
  });

  describe('lost link', () => {
    it('resets connections at once, refuses new ones, and comes back when cleared', async () => {
      await start();
      client = await connect(port);
      await command({ do: 'fault', fault: 'lost-link', severity: 100 });
      await assert.rejects(client.readHoldingRegisters(0, 1));
      const closed = await new Promise((resolve) => {
        const socket = connectSocket(port, '127.0.0.1');
        socket.on('error', () => {});
        socket.on('close', () => resolve(true));
      });
      assert.equal(closed, true);
      await command({ do: 'clear', fault: 'lost-link' });
      client = await connect(port);
      assert.equal((await client.readHoldingRegisters(0, 1)).data.length, 1);
    });

    it('follows the 20 s cycle on the shared clock', async () => {
      const clock = new FastClock(Date.UTC(2026, 10, 2));
      await start({}, { clock });
      await command({ do: 'fault', fault: 'lost-link', severity: 30 });
      const works = async () => {
        try {
          client = await connect(port);
          await client.readHoldingRegisters(0, 1);
          return true;
        } catch {
          return false;
        }
      };
      const from = clock.now();
      for (const [second, expected] of [
        [0, false],
        [5.5, false],
        [6.5, true],
        [19, true],
        [20.5, false],
        [25.5, false],
        [27, true],
      ] as const) {
        await clock.runUntil(from + second * 1000);
        assert.equal(await works(), expected, `after ${second} s`);
      }
    });
  });

  it('runs on the shared clock, lazily', async () => {
    const clock = new FastClock(Date.UTC(2026, 10, 2));
    await start({}, { clock });
    client = await connect(port);
    const one = (await client.readHoldingRegisters(0, 15)).data;
    assert.deepEqual((await client.readHoldingRegisters(0, 15)).data, one, 'time stands still');
    await clock.runUntil(clock.now() + 1000);
    assert.notDeepEqual((await client.readHoldingRegisters(0, 15)).data, one);
    await command({ do: 'fault', fault: 'blocked-outlet' });
    await clock.runUntil(clock.now() + 60_000);
    assert.ok(float((await client.readHoldingRegisters(0, 15)).data, 12) < 8);
  });

  it('offers the map, the values and commands to its dialog', async () => {
    const admin = await startAdmin();
    try {
      await start();
      const get = async (path: string) => await fetch(`${admin.url}/linewatch/plc-simulator/${path}`);
      const post = (path: string, body: string) =>
        fetch(`${admin.url}/linewatch/plc-simulator/${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
      const registers = (await (await get('registers')).json()) as { name: string; address: number }[];
      assert.equal(registers.length, 9);
      assert.deepEqual(registers[6], {
        name: 'flow',
        area: 'holding',
        address: 12,
        type: 'float32',
        order: 'ABCD',
        unit: 'm³/h',
        description: 'flow at the outlet',
        writable: false,
      });
      const live = (await (await get('plc/signals')).json()) as { signals: { flow: number }; running: boolean };
      assert.ok(live.signals.flow > 50 && live.running);
      assert.equal(await (await get('nobody/signals')).json(), null);
      assert.equal((await post('plc/command', '{"do":"fault","fault":"cavitation","severity":40}')).status, 200);
      const changed = (await (await get('plc/signals')).json()) as { faults: object };
      assert.deepEqual(changed.faults, { cavitation: 40 });
      const refused = await post('plc/command', '{"do":"dance"}');
      assert.equal(refused.status, 400);
      assert.match(((await refused.json()) as { error: string }).error, /expected one of fault, clear/);
      assert.equal((await post('plc/command', JSON.stringify({ do: 'stop', padding: 'x'.repeat(5000) }))).status, 413);
      assert.equal((await post('nobody/command', '{"do":"stop"}')).status, 404);
    } finally {
      await admin.stop();
    }
  });
});
