import assert from 'node:assert/strict';
import { ModbusConnection } from '../../../../nodes/ingest/modbus/link/connection.ts';
import { realClock } from '../../../../nodes/shared/clock.ts';
import { plainAnswer, type RawServer, type Request, startRawServer } from '../server.ts';

describe('a Modbus TCP link', () => {
  let server: RawServer;
  let connection: ModbusConnection;

  afterEach(async () => {
    connection.close();
    await server.close();
  });

  const open = async (onRequest: (request: Request) => Buffer | undefined, timeoutMs = 60) => {
    server = await startRawServer(onRequest);
    connection = new ModbusConnection({ transport: 'tcp', host: '127.0.0.1', port: server.port, timeoutMs }, realClock, () => 0);
  };
  /** The values (registers hold their addresses), or the code of the error. */
  const read = (address: number, length: number) =>
    connection.read(1, 'holding', address, length).then(
      (values) => Array.from(values),
      ({ code }) => code as string,
    );

  for (const off of [-1, 1, 2, 256]) {
    it(`does not take a late answer whose transaction id is off by ${off} for that to the next request`, async () => {
      await open(({ count, pdu, transaction, socket, answer }) => {
        if (count > 0) return undefined;
        const late = answer(plainAnswer(pdu), { transaction: (transaction + off) & 0xffff });
        setTimeout(() => socket.write(late), 80);
        return undefined;
      });
      assert.equal(await read(0, 1), 'modbus-timeout');
      assert.match(String(await read(100, 1)), /^modbus-(timeout|answer|lost)$/);
    });
  }

  for (const apart of [false, true]) {
    it(`asks once more after an answer that was cut short and filled up by the one before it, ${apart ? 'in two pieces' : 'in one piece'}`, async () => {
      let first: Buffer;
      await open(({ count, pdu, socket, answer }) => {
        const whole = answer(plainAnswer(pdu));
        if (count !== 1) {
          first = whole;
          return whole;
        }
        const cut = whole.subarray(0, -first.length);
        if (!apart) return Buffer.concat([cut, first]);
        setTimeout(() => socket.write(first), 10);
        return cut;
      });
      assert.deepEqual(await read(30, 2), [30, 31]);
      assert.deepEqual(await read(36, 12), [36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47]);
      assert.equal(server.connections, 1);
    });
  }

  it('takes values of a device that look like the head of another answer', async () => {
    // The words 2 to 4 are protocol 0, length 4, unit 1 and function 3; the first is the id of an answer of a moment ago.
    let last = 0;
    let shown = 0;
    await open(({ count, pdu, transaction, answer }) => {
      if (count % 2 === 0) shown = last;
      last = transaction;
      return answer(plainAnswer(pdu, (address) => [shown, 0, 4, 0x0103, 0][address] ?? 0));
    });
    await read(100, 1);
    await read(100, 1);
    for (let round = 0; round < 5; round++) assert.deepEqual(await read(0, 5), [shown, 0, 4, 0x0103, 0]);
    assert.equal(server.connections, 1);
  });

  it('begins with other ids on each connection', async () => {
    const ids: number[] = [];
    for (let link = 0; link < 3; link++) {
      await open(({ pdu, transaction, answer }) => {
        ids.push(transaction);
        return answer(plainAnswer(pdu));
      });
      await read(0, 1);
      if (link === 2) break;
      connection.close();
      await server.close();
    }
    assert.ok(new Set(ids).size > 1, String(ids));
  });

  it('takes each of 70,000 answers, over all transaction ids', async () => {
    await open(({ pdu, answer }) => answer(plainAnswer(pdu)), 2000);
    for (let done = 0; done < 70_000; done++) {
      const values = await connection.read(1, 'holding', done & 0x7fff, 1);
      if (values[0] !== (done & 0x7fff)) assert.fail(`${values[0]} in read ${done}`);
    }
  }).timeout(20_000);
});
