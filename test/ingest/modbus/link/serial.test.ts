/** Modbus RTU on a serial port: a pseudo-terminal (socat), with a device of ours and one that is not behind it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { ModbusConnection } from '../../../../nodes/ingest/modbus/link/connection.ts';
import { listSerialPorts, openInTime } from '../../../../nodes/ingest/modbus/link/serial.ts';
import { realClock } from '../../../../nodes/shared/clock.ts';
import { plainAnswer, type RawServer, serialFrame, startRtuServer } from '../server.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const folder = mkdtempSync(join(tmpdir(), 'linewatch-serial-'));
const path = join(folder, 'port');

describe('a serial port that does not open', () => {
  it('is given up after a while, and closed should it open later', async () => {
    const port = new PassThrough();
    const opening = pause(40).then(() => port);
    await assert.rejects(openInTime(opening, '/dev/ttyUSB0', 10), /ttyUSB0: it did not open within 0.01 s/);
    assert.equal(port.destroyed, false);
    await opening;
    await pause(1);
    assert.equal(port.destroyed, true);
  });

  it('tells its own error, or opens, where it does in time', async () => {
    const port = new PassThrough();
    assert.equal(await openInTime(Promise.resolve(port), 'x', 1000), port);
    await assert.rejects(openInTime(Promise.reject(new Error('busy')), 'x', 1000), /busy/);
  });
});

describe('modbus on a serial port', function () {
  this.timeout(10_000);
  let device: RawServer;
  let terminal: ChildProcess | undefined;
  const connections: ModbusConnection[] = [];

  const connect = (where = path) => {
    const settings = {
      transport: 'serial',
      path: where,
      baudRate: 115_200,
      parity: 'none',
      stopBits: 1,
      timeoutMs: 500,
    } as const;
    const connection = new ModbusConnection(settings, realClock, () => 0);
    connections.push(connection);
    return connection;
  };
  /** Plugs the adapter in: the port is there, with the device behind it. */
  const plugIn = async () => {
    terminal = spawn('socat', [`pty,raw,echo=0,link=${path}`, `tcp:127.0.0.1:${device.port},nodelay`]);
    while (!existsSync(path) || device.connections === 0) await pause(10);
    await pause(50);
  };
  const pullOut = async () => {
    if (terminal?.kill()) await once(terminal, 'exit');
    terminal = undefined;
  };

  before(async function () {
    if (spawnSync('socat', ['-V']).status !== 0) {
      console.log('      skipped: serial ports are tested with socat (apt-get install socat)');
      return this.skip();
    }
    device = await startRtuServer(({ unit, pdu }) => (unit === 0 ? undefined : serialFrame(unit, plainAnswer(pdu))));
    await plugIn();
  });
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close();
  });
  after(async () => {
    await pullOut();
    await device?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('reads and writes', async () => {
    const line = connect();
    assert.deepEqual(Array.from(await line.read(1, 'holding', 7, 3)), [7, 8, 9]);
    await line.write(1, { kind: 'register', address: 1, word: 5 }, 't');
    assert.equal(line.label, path);
  });

  it('has one owner: a second connection is told that the port is in use', async () => {
    await connect().read(1, 'holding', 0, 1);
    await assert.rejects(connect().read(1, 'holding', 0, 1), { code: 'modbus-serial-busy' });
  });

  it('can be opened again as soon as it was closed, as on a deploy', async () => {
    const first = connect();
    await first.read(1, 'holding', 0, 1);
    first.close();
    assert.deepEqual(Array.from(await connect().read(1, 'holding', 7, 1)), [7]);
  });

  it('fails at once when the adapter is pulled out, and goes on when it is back', async () => {
    const line = connect();
    await line.read(1, 'holding', 0, 1);
    await pullOut();
    const start = performance.now();
    await assert.rejects(line.read(1, 'holding', 0, 1), /is not there|was lost/);
    assert.ok(performance.now() - start < 1500);
    await plugIn();
    const end = performance.now() + 5000;
    const read = () => line.read(1, 'holding', 7, 1).then(Array.from, () => undefined);
    let values = await read();
    while (values === undefined && performance.now() < end) {
      await pause(50);
      values = await read();
    }
    assert.deepEqual(values, [7]);
  });

  it('names the ports that there are when one is missing', async () => {
    await assert.rejects(connect(join(folder, 'none')).read(1, 'holding', 0, 1), /none is not there; .* found: /);
    assert.ok(Array.isArray(await listSerialPorts()));
  });

  it('says that the user may not open it', async function () {
    if (process.getuid?.() === 0) return this.skip();
    await assert.rejects(connect('/dev/console').read(1, 'holding', 0, 1), { code: 'modbus-serial-permission' });
  });

  it('says that something else than a port is none', async () => {
    await assert.rejects(connect('/dev/null').read(1, 'holding', 0, 1), /serial port \/dev\/null: /);
  });
});
