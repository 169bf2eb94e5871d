/** Our client against a server that is not ours: pymodbus (Debian's python3-pymodbus). */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { ModbusConnection } from '../../../nodes/ingest/modbus/connection.ts';
import { Device } from '../../../nodes/ingest/modbus/device.ts';
import { isBitArea, orders, type Tag, tagTypes, widthOf } from '../../../nodes/ingest/modbus/tag.ts';
import { realClock } from '../../../nodes/shared/clock.ts';
import { freePort } from './server.ts';

// Debian's own Python first: another one on PATH does not see Debian's packages.
const python = ['/usr/bin/python3', 'python3'].find((path) => spawnSync(path, ['-c', 'import pymodbus']).status === 0);

// Registers 0..999 and coils 0..99 of unit 1; pymodbus's own encoder has filled 500..511.
const program = `
import asyncio, sys
from pymodbus.constants import Endian
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.payload import BinaryPayloadBuilder
from pymodbus.server import StartAsyncTcpServer
words = [0] * 1000
def put(address, byteorder, wordorder, add):
    builder = BinaryPayloadBuilder(byteorder=byteorder, wordorder=wordorder)
    add(builder)
    words[address:address + len(builder.to_registers())] = builder.to_registers()
put(500, Endian.Big, Endian.Big, lambda b: b.add_32bit_float(-12.625))
put(502, Endian.Big, Endian.Little, lambda b: b.add_32bit_float(-12.625))
put(504, Endian.Big, Endian.Big, lambda b: b.add_64bit_float(1e-300))
put(508, Endian.Big, Endian.Little, lambda b: b.add_32bit_int(-123456789))
block = lambda values: ModbusSequentialDataBlock(0, values)
unit = ModbusSlaveContext(di=block([True, False] * 50), co=block([False] * 100), hr=block(words), ir=block(list(range(100))), zero_mode=True)
asyncio.run(StartAsyncTcpServer(context=ModbusServerContext(slaves={1: unit}, single=False), address=("127.0.0.1", int(sys.argv[1]))))
`;

describe('modbus client against pymodbus', function () {
  let server: ChildProcess;
  let connection: ModbusConnection;

  before(async function () {
    if (python === undefined) {
      console.log('      skipped: pymodbus is not installed (apt-get install python3-pymodbus)');
      this.skip();
    }
    const port = await freePort();
    server = spawn(python, ['-c', program, String(port)], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    server.stderr?.on('data', (text) => {
      said += text;
    });
    connection = new ModbusConnection({ host: '127.0.0.1', port, timeoutMs: 2000 }, realClock, () => 0.1);
    const end = performance.now() + 10_000;
    while (performance.now() < end) {
      const up = await connection.read(1, 'holding', 0, 1).then(
        () => true,
        () => false,
      );
      if (up) return;
      if (server.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`pymodbus did not start: ${said}`);
  });

  after(async () => {
    connection?.close();
    if (server?.exitCode === null && server.kill()) await once(server, 'exit');
  });

  const tag = (name: string, more: Partial<Tag>): Tag => ({
    name,
    area: 'holding',
    address: 0,
    type: 'uint16',
    order: 'ABCD',
    scale: 1,
    offset: 0,
    unit: '',
    ...more,
  });
  const scan = (tags: Tag[]) => new Device(connection, 1, tags, realClock).scan();

  it('reads what pymodbus encoded', async () => {
    const { payload, problem } = await scan([
      tag('big', { address: 500, type: 'float32' }),
      tag('swapped', { address: 502, type: 'float32', order: 'CDAB' }),
      tag('double', { address: 504, type: 'float64' }),
      tag('integer', { address: 508, type: 'int32', order: 'CDAB' }),
      tag('input', { area: 'input', address: 42 }),
      tag('discrete', { area: 'discrete', address: 10, type: 'bool' }),
      tag('coil', { area: 'coil', address: 3, type: 'bool' }),
    ]);
    assert.equal(problem, undefined);
    assert.deepEqual(payload, {
      big: -12.625,
      swapped: -12.625,
      double: 1e-300,
      integer: -123456789,
      input: 42,
      discrete: true,
      coil: false,
    });
  });

  it('reads back what it wrote, in every type and order', async () => {
    const tags: Tag[] = [];
    for (const type of tagTypes) {
      if (type === 'bool') continue;
      for (const order of orders) tags.push(tag(`${type} ${order}`, { address: 4 * tags.length, type, order }));
    }
    const values = tags.map(({ type }, index) =>
      type.startsWith('u') ? 1000 + index : type.startsWith('i') ? -1000 - index : -0.5 * index,
    );
    for (const [index, each] of tags.entries()) assert.equal(await connection.write(1, each, values[index]), values[index]);
    const { payload, good } = await scan(tags);
    assert.equal(good, tags.length);
    assert.deepEqual(Object.values(payload), values);
    assert.ok(tags.every(({ area, type }) => !isBitArea(area) && widthOf(type) <= 4));
  });

  it('writes a coil', async () => {
    const coil = tag('coil', { area: 'coil', address: 7, type: 'bool' });
    await connection.write(1, coil, true);
    assert.deepEqual((await scan([coil])).payload, { coil: true });
  });

  it('reads the other tags where pymodbus does not have an address', async () => {
    const { payload, tags } = await scan([tag('last', { address: 999 }), tag('beyond', { address: 1001 })]);
    assert.deepEqual(payload, { last: 0, beyond: null });
    assert.equal(tags.beyond?.quality, 'BadOutOfRange');
  });

  it('is told that a write was refused', async () => {
    await assert.rejects(connection.write(1, tag('beyond', { address: 5000 }), 1), { code: 'modbus-illegal-address' });
  });
});
