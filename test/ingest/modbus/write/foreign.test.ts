/** Our writer against servers that are not ours; what they hold is what they themselves say. */
import assert from 'node:assert/strict';
import { ModbusConnection } from '../../../../nodes/ingest/modbus/link/connection.ts';
import type { Tag } from '../../../../nodes/ingest/modbus/tag/tag.ts';
import { TagWriter, type WriterOptions } from '../../../../nodes/ingest/modbus/write/tag-writer.ts';
import { realClock } from '../../../../nodes/shared/clock.ts';
import type { Judge } from '../judges/judge.ts';
import { hasLibmodbus, startLibmodbus } from '../judges/libmodbus.ts';
import { freePort, startServer, type TestServer } from '../server.ts';
import { usualOptions } from './options.ts';
import { tagOf } from './tag.ts';

const writer = (connection: ModbusConnection, tag: Partial<Tag>, options: Partial<WriterOptions> = {}) => {
  const target = { connection, unit: 1, tag: tagOf(tag), clock: realClock };
  const subject = { node: '', name: '', connection: '', unit: 1, tag: '', area: '', address: 0 };
  return new TagWriter(target, { ...usualOptions, readBack: true, ...options }, subject, undefined, () => true);
};
const bit = { type: 'bool', address: 900, bit: 3 } as const;
const byte = { type: 'uint8', address: 900, order: 'BADC' } as const;

describe('the writer against libmodbus', () => {
  let server: Judge;
  let connection: ModbusConnection;

  before(async function () {
    if (!hasLibmodbus()) {
      console.log('      skipped: libmodbus is not installed (apt-get install libmodbus-dev)');
      return this.skip();
    }
    const port = await freePort();
    server = await startLibmodbus({ port });
    connection = new ModbusConnection({ host: '127.0.0.1', port, timeoutMs: 2000 }, realClock, Math.random);
  });
  after(async () => {
    connection?.close();
    await server?.kill();
  });

  const words = async (address: number, count: number) => (await server.ask(`words ${address} ${count}`)).trim().split(/\s+/);

  const cases: [string, Partial<Tag>, Partial<WriterOptions>, unknown, string[]][] = [
    ['a register', { scale: 0.1 }, {}, 47.5, ['01db']],
    ['a register by function 16', { scale: 0.1 }, { multiple: true }, 47.6, ['01dc']],
    ['a float32', { type: 'float32', order: 'CDAB' }, {}, 25, ['0000', '41c8']],
    ['several registers', {}, { count: 3 }, [1, 2, 65535], ['0001', '0002', 'ffff']],
    ['a text', { type: 'string', length: 4 }, {}, 'AB', ['4142', '0000']],
  ];
  for (const [what, tag, options, value, held] of cases) {
    it(`writes ${what} and reads it back`, async () => {
      const { outcome, error } = await writer(connection, { address: 800, ...tag }, options).write(value);
      assert.equal(outcome, 'acknowledged', error?.message);
      assert.deepEqual(await words(800, held.length), held);
    });
  }

  it('writes coils, one and several', async () => {
    const coil = { area: 'coil', type: 'bool', address: 40 } as const;
    assert.equal((await writer(connection, coil).write(true)).outcome, 'acknowledged');
    assert.equal((await writer(connection, { ...coil, address: 41 }, { count: 3 }).write([true, false, true])).outcome, 'acknowledged');
    assert.deepEqual(await Promise.all([40, 41, 42, 43].map((address) => server.ask(`coil ${address}`))), ['1', '1', '0', '1']);
  });

  it('changes a bit and a byte of a register, and nothing else of it', async () => {
    await writer(connection, { address: 900 }).write(0x8421);
    assert.equal((await writer(connection, bit).write(true)).outcome, 'acknowledged');
    assert.deepEqual(await words(900, 1), ['8429']);
    assert.equal((await writer(connection, byte).write(0x7e)).outcome, 'acknowledged');
    assert.deepEqual(await words(900, 1), ['7e29']);
  });
});

describe('the writer against modbus-serial, which has no mask write', () => {
  let server: TestServer;
  let connection: ModbusConnection;
  before(async () => {
    server = await startServer();
    connection = new ModbusConnection({ host: '127.0.0.1', port: server.port, timeoutMs: 2000 }, realClock, Math.random);
  });
  after(async () => {
    connection.close();
    await server.close();
  });

  it('has failed, and wrote nothing', async () => {
    server.holding[900] = 0x8421;
    const { outcome, error } = await writer(connection, bit).write(true);
    assert.deepEqual([outcome, error?.code], ['failed', 'modbus-write-mask']);
    assert.equal(server.holding[900], 0x8421);
  });

  it('changes a bit and a byte of a register, and nothing else of it, where that is allowed', async () => {
    server.holding[900] = 0x8421;
    assert.equal((await writer(connection, bit, { maskFallback: true }).write(true)).outcome, 'acknowledged');
    assert.equal(server.holding[900], 0x8429);
    assert.equal((await writer(connection, byte, { maskFallback: true }).write(0x7e)).outcome, 'acknowledged');
    assert.equal(server.holding[900], 0x7e29);
  });
});
