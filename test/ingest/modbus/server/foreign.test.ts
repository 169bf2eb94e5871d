/** Clients that are not ours read what we serve, and write what they may: mbpoll, pymodbus (Python), libmodbus (C). */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ModbusServer, serveModbus } from '../../../../nodes/ingest/modbus/server/serve.ts';
import { type Order, orders, type TagType } from '../../../../nodes/ingest/modbus/tag/tag.ts';
import { freePort } from '../server.ts';
import { row, tableOf } from './tables.ts';

const run = promisify(execFile);

/** A value of each type that pymodbus decodes, and what it calls it. */
const types: [type: TagType, decode: string, value: number | string][] = [
  ['int16', '16bit_int', -1234],
  ['uint16', '16bit_uint', 65_432],
  ['int32', '32bit_int', -123_456_789],
  ['uint32', '32bit_uint', 4_123_456_789],
  ['int64', '64bit_int', -1_234_567_890_123_456],
  ['uint64', '64bit_uint', 9_007_199_254_740_991],
  ['float16', '16bit_float', 0.333251953125],
  ['float32', '32bit_float', -12.625],
  ['float64', '64bit_float', 1e-300],
];

/** Registers of the types that it does not know, written out. */
const raw: [type: TagType, value: number | string, words: Record<Order, string>][] = [
  ['bcd16', 1234, { ABCD: '1234', BADC: '3412', CDAB: '1234', DCBA: '3412' }],
  ['bcd32', 12_345_678, { ABCD: '12345678', BADC: '34127856', CDAB: '56781234', DCBA: '78563412' }],
  ['int8', -2, { ABCD: '00fe', BADC: 'fe00', CDAB: '00fe', DCBA: 'fe00' }],
  ['uint8', 200, { ABCD: '00c8', BADC: 'c800', CDAB: '00c8', DCBA: 'c800' }],
  ['string', 'P-17', { ABCD: '502d3137', BADC: '2d503731', CDAB: '3137502d', DCBA: '37312d50' }],
];

// Some calls of pymodbus 3.0 take the unit by another name than the rest.
const pythonClient = `
import json, sys
from pymodbus.client import ModbusTcpClient
from pymodbus.constants import Endian
from pymodbus.payload import BinaryPayloadDecoder
port, rows = int(sys.argv[1]), json.loads(sys.argv[2])
client = ModbusTcpClient("127.0.0.1", port=port)
client.connect()
endian = {"ABCD": (Endian.Big, Endian.Big), "BADC": (Endian.Little, Endian.Big), "CDAB": (Endian.Big, Endian.Little), "DCBA": (Endian.Little, Endian.Little)}
out = {"values": {}, "raw": {}}
for name, decode, order, address, count in rows:
    registers = client.read_input_registers(address, count, slave=1).registers
    if decode:
        byteorder, wordorder = endian[order]
        out["values"][name] = getattr(BinaryPayloadDecoder.fromRegisters(registers, byteorder=byteorder, wordorder=wordorder), "decode_" + decode)()
    else:
        out["raw"][name] = "".join("%04x" % register for register in registers)
out["coils"] = client.read_coils(0, 2, slave=1).bits[:2]
out["discrete"] = client.read_discrete_inputs(0, 2, slave=1).bits[:2]
out["writes"] = [not answer.isError() for answer in (
    client.write_register(0, 5, slave=1),
    client.write_registers(1, [0x4148, 0], slave=1),
    client.write_coil(0, True, slave=1),
    client.write_coils(0, [False, True], slave=1),
    client.mask_write_register(0, 0xFFF0, 0x000A, unit=1),
    client.readwrite_registers(read_address=0, read_count=3, write_address=0, write_registers=[77], unit=1),
)]
out["exceptions"] = [answer.exception_code for answer in (
    client.read_holding_registers(50, 1, slave=1),
    client.write_register(3, 5, slave=1),
    client.read_holding_registers(0, 1, slave=2),
    client.read_exception_status(unit=1),
)]
client.close()
print(json.dumps(out))
`;

describe('modbus server: clients that are not ours', () => {
  let server: ModbusServer | undefined;
  let port = 0;
  let folder = '';

  const serve = async (rows: object[], message: object) => {
    const served = tableOf(rows);
    served.table.take(message);
    port = await freePort();
    server = await serveModbus({ host: '127.0.0.1', port, unit: 1, device: served.table });
    return served;
  };
  afterEach(async () => {
    await server?.close();
    server = undefined;
    if (folder !== '') rmSync(folder, { recursive: true });
    folder = '';
  });

  it('pymodbus reads every type in every order and all areas, writes by every function, and understands each refusal', async function () {
    const python = ['/usr/bin/python3', 'python3'].find((path) => spawnSync(path, ['-c', 'import pymodbus']).status === 0);
    if (python === undefined) {
      console.log('      skipped: pymodbus is not installed (apt-get install python3-pymodbus)');
      return this.skip();
    }
    const asked: [name: string, decode: string, order: string, address: number, count: number][] = [];
    const rows: object[] = [];
    const payload: Record<string, number | string> = {};
    for (const [type, decode, value] of [...types, ...raw.map(([each, of]) => [each, '', of] as const)]) {
      for (const order of orders) {
        const [name, address] = [`${type} ${order}`, 4 * rows.length];
        rows.push(row(name, `#${address}`, { source: `payload["${name}"]`, area: 'input', type, order, length: '4' }));
        payload[name] = value;
        asked.push([name, decode, order, address, type.endsWith('64') ? 4 : /32|string/.test(type) ? 2 : 1]);
      }
    }
    const { writes } = await serve(
      [
        ...rows,
        ...[0, 1].map((at) => row(`coil ${at}`, at, { source: `coil${at}`, area: 'coil', type: 'bool', writable: 'true' })),
        ...[0, 1].map((at) => row(`discrete ${at}`, at, { source: `discrete${at}`, area: 'discrete', type: 'bool' })),
        row('word', 0, { source: '', writable: 'true' }),
        row('float', 1, { source: '', type: 'float32', writable: 'true' }),
        row('fixed', 3, { source: 'fixed' }),
      ],
      { payload, coil0: 0, coil1: true, discrete0: true, discrete1: 0, fixed: 1 },
    );
    const { stdout } = await run(python, ['-c', pythonClient, String(port), JSON.stringify(asked)]);
    const got = JSON.parse(stdout);
    for (const [type, decode, value] of types) {
      for (const order of orders) assert.equal(got.values[`${type} ${order}`], value, `${type} ${order} by decode_${decode}`);
    }
    for (const [type, , words] of raw)
      for (const order of orders) assert.equal(got.raw[`${type} ${order}`], words[order], `${type} ${order}`);
    assert.deepEqual(
      [got.coils, got.discrete],
      [
        [false, true],
        [true, false],
      ],
    );
    assert.deepEqual(got.writes, [true, true, true, true, true, true]);
    assert.deepEqual(got.exceptions, [2, 2, 11, 1]);
    assert.deepEqual(
      writes.map(({ written }) => written),
      [{ word: 5 }, { float: 12.5 }, { 'coil 0': true }, { 'coil 0': false, 'coil 1': true }, { word: 10 }, { word: 77 }],
    );
  });

  it('libmodbus reads all areas, writes by every function, and understands each refusal', async function () {
    if (spawnSync('gcc', ['--version']).status !== 0 || !existsSync('/usr/include/modbus/modbus.h')) {
      console.log('      skipped: libmodbus or gcc is not installed (apt-get install gcc libmodbus-dev)');
      return this.skip();
    }
    const { writes } = await serve(
      [
        ...orders.map((order, index) => row(order, 2 * index, { type: 'float32', order, source: 'float' })),
        row('a', 0, { area: 'input', type: 'int16', source: 'small' }),
        row('b', 1, { area: 'input', type: 'int32', source: 'middle' }),
        row('c', 3, { area: 'input', type: 'int64', source: 'large' }),
        row('c0', 0, { area: 'coil', type: 'bool', source: 'yes' }),
        row('c1', 1, { area: 'coil', type: 'bool', source: '', writable: 'true' }),
        row('d0', 0, { area: 'discrete', type: 'bool', source: 'yes' }),
        row('d1', 1, { area: 'discrete', type: 'bool', source: 'no' }),
        row('setpoint', 20, { type: 'float32', order: 'CDAB', source: '', writable: 'true' }),
        row('mode', 22, { source: '', writable: 'true' }),
      ],
      { float: 0.15625, small: -2, middle: -123_456, large: 1_234_567_890_123, yes: true, no: false },
    );
    folder = mkdtempSync(join(tmpdir(), 'linewatch-client-'));
    const program = join(folder, 'client');
    await run('gcc', ['-I/usr/include/modbus', '-o', program, join(import.meta.dirname, 'client.c'), '-lmodbus']);
    const { stdout } = await run(program, [String(port)]);
    assert.deepEqual(stdout.trim().split('\n'), [
      'float32 0.15625 0.15625 0.15625 0.15625',
      'int16 -2 int32 -123456 int64 1234567890123',
      'coils 1 0 discrete 1 0',
      'read back -12.5 99',
      'refused -1 address',
      'other unit -1 target',
    ]);
    assert.deepEqual(
      writes.map(({ written }) => written),
      [{ setpoint: -12.5 }, { mode: 7 }, { mode: 9 }, { c1: true }, { c1: false }, { mode: 99 }],
    );
  });

  it('mbpoll reads and writes', async function () {
    if (spawnSync('mbpoll', ['-V']).error !== undefined) {
      console.log('      skipped: mbpoll is not installed (apt-get install mbpoll)');
      return this.skip();
    }
    const { writes } = await serve(
      [
        row('temperature', '40001', { type: 'float32', source: 'temperature' }),
        row('state', '30011', { area: 'input', source: 'payload.state' }),
        row('good', '10001', { area: 'discrete', type: 'bool', source: '@good' }),
        row('setpoint', '40011', { type: 'float32', order: 'CDAB', source: '', writable: 'true' }),
      ],
      { temperature: 71.5, payload: { state: 'acknowledged' } },
    );
    // As an engineer types it: references from 1, as in the table.
    const poll = async (...options: string[]) => (await run('mbpoll', ['-p', String(port), '-1', '127.0.0.1', ...options])).stdout;
    assert.match(await poll('-t', '4:float', '-B', '-r', '1'), /\[1\]:\s+71\.5/);
    assert.match(await poll('-t', '3', '-r', '11'), /\[11\]:\s+2/);
    assert.match(await poll('-t', '1', '-r', '1'), /\[1\]:\s+1/);
    assert.match(await poll('-t', '4:float', '-r', '11', '--', '-3.25'), /Written 1 references/);
    assert.deepEqual(
      writes.map(({ written }) => written),
      [{ setpoint: -3.25 }],
    );
  });
});
