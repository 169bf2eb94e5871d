/** Our client against servers that are not ours, which encode and decode by themselves: libmodbus and pymodbus, over TCP and a serial line. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { ModbusConnection } from '../../../../nodes/ingest/modbus/link/connection.ts';
import { defaultUnitSettings } from '../../../../nodes/ingest/modbus/link/unit-settings.ts';
import { Device } from '../../../../nodes/ingest/modbus/read/device.ts';
import { encodeWrite } from '../../../../nodes/ingest/modbus/tag/codec.ts';
import { type Tag, type TagType, tagTypes } from '../../../../nodes/ingest/modbus/tag/tag.ts';
import { realClock } from '../../../../nodes/shared/clock.ts';
import { isInstalled } from '../../../../scripts/debian.ts';
import { hasSocat, openSerialLine, type SerialLine } from '../faults/serial-line.ts';
import { freePort } from '../server.ts';
import { tagOf } from '../tag.ts';
import { type Case, casesOf } from './cases.ts';
import type { Judge, Place } from './judge.ts';
import { hasLibmodbus, startLibmodbus } from './libmodbus.ts';
import { hasPymodbus, startPymodbus } from './pymodbus.ts';

const numbers = tagTypes.filter((type) => type !== 'bool');
const judges: {
  name: string;
  debian: string;
  has(): boolean;
  start(place: Place): Promise<Judge>;
  types: TagType[];
  orderedText: boolean;
  mask: boolean;
}[] = [
  {
    name: 'libmodbus',
    debian: 'gcc libc6-dev libmodbus-dev',
    has: hasLibmodbus,
    start: startLibmodbus,
    types: numbers,
    orderedText: true,
    mask: true,
  },
  {
    name: 'pymodbus',
    debian: 'python3-pymodbus python3-serial-asyncio',
    has: hasPymodbus,
    start: startPymodbus,
    // It has no BCD, and its 8-bit values are halves of a register that it can not write alone.
    types: numbers.filter((type) => !/^bcd|int8$/.test(type)),
    orderedText: false,
    mask: false,
  },
];

for (const judge of judges) {
  for (const transport of ['tcp', 'serial'] as const) {
    describe(`modbus client against ${judge.name}, ${transport}`, function () {
      let server: Judge | undefined;
      let line: SerialLine | undefined;
      let connection: ModbusConnection;
      let port = 0;
      // On the slower serial line one value of each; pymodbus knows no order of texts.
      const cases = casesOf(judge.types, transport === 'tcp' ? 3 : 1).filter(
        ({ tag }) => judge.orderedText || tag.type !== 'string' || tag.order === 'ABCD',
      );

      before(async function () {
        if (!judge.has() || (transport === 'serial' && !hasSocat())) {
          console.log(`      skipped: ${judge.has() ? 'socat' : judge.name} is not installed (apt-get install socat ${judge.debian})`);
          return this.skip();
        }
        const settings = { timeoutMs: 2000 };
        if (transport === 'tcp') {
          port = await freePort();
          server = await judge.start({ port });
          connection = new ModbusConnection({ transport, host: '127.0.0.1', port, ...settings }, realClock, () => 0.1);
          return;
        }
        line = await openSerialLine();
        const [path, device] = line.ends;
        server = await judge.start({ device, unit: 1 });
        const serial = { path, baudRate: 115_200, parity: 'none', stopBits: 1 } as const;
        connection = new ModbusConnection({ transport, ...serial, ...settings }, realClock, () => 0.1);
      });

      after(async () => {
        connection?.close();
        await server?.kill();
        await line?.close();
      });

      const ask = (command: string) => (server as Judge).ask(command);
      const scan = (tags: Tag[]) =>
        new Device({ reader: connection, unit: 1, tags, settings: defaultUnitSettings, clock: realClock }).scan();
      const write = (target: Tag, value: unknown) => connection.write(1, encodeWrite(target, value).request, target.name);

      it('reads what it encoded, in every type and order', async () => {
        for (const { tag, text } of cases) await ask(`put ${tag.type} ${tag.order} ${tag.address} ${text}`);
        const { values, problem } = await scan(cases.map((each) => each.tag));
        assert.equal(problem, undefined);
        assert.deepEqual(byName(cases, values), expectedOf(cases));
      });

      it('writes what it decodes, in every type and order', async () => {
        const decoded: unknown[] = [];
        for (const { tag, value } of cases) {
          // Something else stands there before.
          await ask(`put ${tag.type === 'string' ? 'uint16' : 'uint64'} ABCD ${tag.address} 42`);
          await write(tag, value);
          const answer = await ask(`get ${tag.type} ${tag.order} ${tag.address} ${tag.length}`);
          decoded.push(tag.type === 'string' ? answer : Number(answer));
        }
        assert.deepEqual(byName(cases, decoded), expectedOf(cases));
      });

      it('reads and writes bits', async () => {
        const coil = tagOf('coil', { area: 'coil', address: 7, type: 'bool' });
        await write(coil, true);
        assert.equal(await ask('coil 7'), '1');
        await connection.write(1, { kind: 'coils', address: 8, bits: [true, false, true] }, 'coils');
        const coils = Array.from({ length: 5 }, (_, index) => tagOf(`coil ${index}`, { area: 'coil', address: 6 + index, type: 'bool' }));
        assert.deepEqual((await scan(coils)).values, [false, true, true, false, true]);
        const input = tagOf('input', { area: 'input', address: 42 });
        assert.deepEqual((await scan([input])).values, [42]);
      });

      if (judge.mask) {
        it('writes one bit of a register and leaves the others', async () => {
          await ask('put uint16 ABCD 900 61680');
          await write(tagOf('on', { address: 900, type: 'bool', bit: 0 }), true);
          await write(tagOf('off', { address: 900, type: 'bool', bit: 15 }), false);
          assert.equal(await ask('get uint16 ABCD 900 0'), String(0x70f1));
        });
      } else {
        it('reads the other tags where it does not have an address', async () => {
          const { values, qualities } = await scan([tagOf('last', { address: 999 }), tagOf('beyond', { address: 1001 })]);
          assert.deepEqual([values[1], qualities[0], qualities[1]], [null, 'Good', 'BadOutOfRange']);
        });

        it('is told that a write was refused', async () => {
          await assert.rejects(write(tagOf('beyond', { address: 5000 }), 1), { code: 'modbus-illegal-address' });
        });
      }

      // On the serial line mbpoll would be a second master.
      if (judge.name === 'libmodbus' && transport === 'tcp') {
        // Format, order on the wire, value, what mbpoll shows.
        const shown: [string, Partial<Tag>, number, string][] = [
          ['4:float -B', { type: 'float32' }, -12.625, '-12.625'],
          ['4:float', { type: 'float32', order: 'CDAB' }, 1.5, '1.5'],
          ['4:int -B', { type: 'int32' }, -123456789, '-123456789'],
          ['4:int', { type: 'int32', order: 'CDAB' }, 19088743, '19088743'],
          ['4:hex', { type: 'uint16' }, 0xbeef, '0xBEEF'],
          ['4:hex', { type: 'bcd16', order: 'BADC' }, 1234, '0x3412'],
          ['4', { type: 'int16' }, -2, '65534 (-2)'],
        ];
        it('mbpoll reads what we write', async function () {
          if (!isInstalled('mbpoll')) {
            console.log('      skipped: mbpoll is not installed (apt-get install mbpoll)');
            return this.skip();
          }
          for (const [format, more, value, expected] of shown) {
            await write(tagOf('shown', { address: 950, ...more }), value);
            const [type = '', ...rest] = format.split(' ');
            const { stdout } = spawnSync('mbpoll', ['-0', '-1', '-t', type, ...rest, '-r', '950', '-p', String(port), '127.0.0.1'], {
              encoding: 'utf8',
            });
            assert.equal(/^\[950\]:\s*(.*?)\s*$/m.exec(stdout)?.[1], expected, `${format} ${JSON.stringify(more)}`);
          }
        });
      }
    });
  }
}

const expectedOf = (cases: Case[]) =>
  byName(
    cases,
    cases.map(({ value }) => value),
  );

const byName = (cases: Case[], values: ArrayLike<unknown>) =>
  Object.fromEntries(cases.map(({ tag: { name } }, index) => [name, values[index]]));
