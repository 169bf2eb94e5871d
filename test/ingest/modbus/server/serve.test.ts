import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { allowedClients } from '../../../../nodes/ingest/modbus/server/allowed.ts';
import { type ModbusServer, type ServeOptions, serveModbus } from '../../../../nodes/ingest/modbus/server/serve.ts';
import { freePort } from '../server.ts';
import { plainDevice } from './devices.ts';

/** A frame that asks for input registers; each holds its own address. */
function request(transaction: number, address: number, count = 1, unit = 1): Buffer {
  const frame = Buffer.from([0, 0, 0, 0, 0, 6, unit, 4, 0, 0, 0, 0]);
  frame.writeUInt16BE(transaction, 0);
  frame.writeUInt16BE(address, 8);
  frame.writeUInt16BE(count, 10);
  return frame;
}

function answer(transaction: number, address: number, unit = 1): Buffer {
  const frame = Buffer.from([0, 0, 0, 0, 0, 5, unit, 4, 2, 0, 0]);
  frame.writeUInt16BE(transaction, 0);
  frame.writeUInt16BE(address, 9);
  return frame;
}

describe('modbus server: connections', () => {
  let server: ModbusServer | undefined;
  let port = 0;
  const sockets: Socket[] = [];

  const start = async (more: Partial<ServeOptions> = {}) => {
    port = await freePort();
    server = await serveModbus({ host: '127.0.0.1', port, unit: 1, device: plainDevice(), ...more });
  };
  const client = async () => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    // One that is turned away may never see that it was connected.
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
    return socket;
  };
  /** The next `length` bytes; fewer where the connection ended. */
  const read = async (socket: Socket, length: number) => {
    const parts: Buffer[] = [];
    let got = 0;
    while (got < length) {
      const part = socket.read(Math.min(length - got, socket.readableLength || 1)) as Buffer | null;
      if (part !== null) {
        parts.push(part);
        got += part.length;
      } else if (socket.readableEnded || socket.destroyed) break;
      else await new Promise<void>((resolve) => socket.once('readable', resolve).once('close', resolve));
    }
    return Buffer.concat(parts);
  };
  const isCut = async (socket: Socket) => {
    socket.resume();
    if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve));
    return true;
  };

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server?.close();
    server = undefined;
  });

  it('answers a request that comes byte by byte', async () => {
    await start();
    const socket = await client();
    socket.setNoDelay(true);
    for (const byte of request(7, 1000)) {
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(await read(socket, 11), answer(7, 1000));
  });

  it('answers pipelined requests in their order, those cut in two as well', async () => {
    await start();
    const socket = await client();
    const all = Buffer.concat(Array.from({ length: 1000 }, (_, index) => request(index, index)));
    socket.write(all.subarray(0, 5003));
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.write(all.subarray(5003));
    const expected = Buffer.concat(Array.from({ length: 1000 }, (_, index) => answer(index, index)));
    assert.deepEqual(await read(socket, expected.length), expected);
  });

  it('answers what was asked before a client ended its side', async () => {
    await start();
    const socket = await client();
    socket.end(Buffer.concat([request(1, 1), request(2, 2)]));
    assert.deepEqual(await read(socket, 1000), Buffer.concat([answer(1, 1), answer(2, 2)]));
  });

  it('answers any unit, or the only one it has', async () => {
    await start();
    const socket = await client();
    socket.write(request(1, 5, 1, 2));
    assert.equal((await read(socket, 9)).toString('hex'), '000100000003 02 840b'.replaceAll(' ', ''));
    await server?.close();
    port = await freePort();
    server = await serveModbus({ host: '127.0.0.1', port, device: plainDevice() });
    const other = await client();
    other.write(Buffer.concat([request(1, 5, 1, 0), request(2, 5, 1, 255)]));
    assert.deepEqual(await read(other, 22), Buffer.concat([answer(1, 5, 0), answer(2, 5, 255)]));
  });

  it('answers the shortest request there is: a function without data', async () => {
    await start();
    const socket = await client();
    socket.write(Buffer.from([0, 9, 0, 0, 0, 2, 1, 17]));
    assert.equal((await read(socket, 9)).toString('hex'), '000900000003019101');
  });

  const garbage: [string, string][] = [
    ['another protocol', '0001 0001 0006 01 04 0000 0001'],
    ['a length of 0', '0001 0000 0000 01 04 0000 0001'],
    ['a length without a function', '0001 0000 0001 01 04 0000 0001'],
    ['a length beyond the longest frame', '0001 0000 00ff 01 04 0000 0001'],
    ['a web browser', Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex')],
  ];
  for (const [what, bytes] of garbage) {
    it(`cuts off ${what}, and that client alone`, async () => {
      await start();
      const [good, bad] = [await client(), await client()];
      bad.write(Buffer.concat([request(1, 1), Buffer.from(bytes.replaceAll(' ', ''), 'hex'), request(2, 2)]));
      assert.deepEqual(await read(bad, 1000), answer(1, 1), 'what came before is answered, what comes after is not');
      assert.ok(await isCut(bad));
      good.write(request(3, 3));
      assert.deepEqual(await read(good, 11), answer(3, 3));
    });
  }

  it('serves 64 clients at once and turns the 65th away', async () => {
    const counts: number[] = [];
    const refused: string[] = [];
    await start({ onClients: (count) => counts.push(count), onRefused: (address, reason) => refused.push(`${address} ${reason}`) });
    const clients = await Promise.all(Array.from({ length: 64 }, client));
    const answers = await Promise.all(
      clients.map((socket, index) => {
        socket.write(request(index, 100 + index));
        return read(socket, 11);
      }),
    );
    answers.forEach((got, index) => {
      assert.deepEqual(got, answer(index, 100 + index));
    });
    assert.ok(await isCut(await client()));
    assert.deepEqual(refused, ['127.0.0.1 full']);
    assert.equal(Math.max(...counts), 64);
    clients[0]?.destroy();
    while (counts.at(-1) !== 63) await new Promise((resolve) => setTimeout(resolve, 5));
    const next = await client();
    next.write(request(1, 1));
    assert.deepEqual(await read(next, 11), answer(1, 1));
  });

  it('works no further for a client that takes no answers, and answers all once it does', async () => {
    const device = plainDevice();
    let asked = 0;
    const readInput = (address: number, count: number) => {
      asked++;
      return device.readInput(address, count);
    };
    await start({ device: { readInput } });
    const greedy = await client();
    greedy.pause();
    // A request of 12 bytes brings 259: all of them at once take 15 MB, more than the system holds for a connection.
    const count = 60_000;
    const all = Buffer.concat(Array.from({ length: count }, (_, index) => request(index & 0xffff, 0, 125)));
    greedy.write(all);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const stoppedAt = asked;
    assert.ok(stoppedAt < count, `${asked} answers for a client that takes none`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(asked, stoppedAt);
    const other = await client();
    other.write(request(1, 1));
    assert.deepEqual(await read(other, 11), answer(1, 1));
    let taken = 0;
    greedy.on('data', (part) => {
      taken += part.length;
    });
    greedy.resume();
    while (taken < count * 259) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(asked, count + 1);
  });

  it('cuts off a client that neither sends nor takes anything', async () => {
    const counts: number[] = [];
    await start({ idleMs: 50, onClients: (count) => counts.push(count) });
    const half = await client();
    half.write(request(1, 1).subarray(0, 8));
    assert.ok(await isCut(half));
    const stuck = await client();
    stuck.pause();
    stuck.write(Buffer.concat(Array.from({ length: 60_000 }, (_, index) => request(index & 0xffff, 0, 125))));
    while (counts.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(counts, [1, 0, 1, 0]);
  });

  it('lets in whom the list names', async () => {
    const refused: string[] = [];
    await start({ allows: (address) => address !== '127.0.0.1', onRefused: (address, reason) => refused.push(`${address} ${reason}`) });
    assert.ok(await isCut(await client()));
    assert.deepEqual(refused, ['127.0.0.1 address']);
  });

  it('resets clients while it is not to be reached', async () => {
    await start();
    const socket = await client();
    server?.setReachable(false);
    assert.ok(await isCut(socket));
    assert.ok(await isCut(await client()));
    server?.setReachable(true);
    const back = await client();
    back.write(request(1, 1));
    assert.deepEqual(await read(back, 11), answer(1, 1));
  });

  it('frees its port at once, with clients connected', async () => {
    await start();
    await client();
    await server?.close();
    const next = createServer().listen(port, '127.0.0.1');
    await once(next, 'listening');
    next.close();
  });

  it('says why a port can not be opened', async () => {
    await start();
    const options = { host: '127.0.0.1', port, device: plainDevice() };
    await assert.rejects(serveModbus(options), {
      message: `port: ${port} is in use by another program; choose another port or stop that program`,
    });
    await assert.rejects(serveModbus({ ...options, host: '192.0.2.1' }), /host: can not listen on 192\.0\.2\.1/);
  });
});

describe('modbus server: who may connect', () => {
  const cases: [list: string[], address: string, allowed: boolean][] = [
    [[], '8.8.8.8', true],
    [['192.168.0.10'], '192.168.0.10', true],
    [['192.168.0.10'], '192.168.0.11', false],
    [['192.168.0.10'], '127.0.0.1', true],
    [['192.168.0.0/24', '10.0.0.0/8'], '192.168.0.255', true],
    [['192.168.0.0/24', '10.0.0.0/8'], '10.9.8.7', true],
    [['192.168.0.0/24', '10.0.0.0/8'], '192.168.1.1', false],
    [['fd00::/8'], 'fd12::1', true],
    [['fd00::/8'], 'fe80::1', false],
    [['0.0.0.0/0'], '8.8.8.8', true],
    [['192.168.0.10'], '', false],
  ];
  for (const [list, address, allowed] of cases) {
    it(`${list.join(', ') || 'an empty list'} ${allowed ? 'lets in' : 'turns away'} ${address || 'who has no address'}`, () => {
      assert.equal(allowedClients('allowed', list)(address), allowed);
    });
  }

  for (const wrong of ['scada', '192.168.0', '192.168.0.0/33', '192.168.0.0/24/8', '192.168.0.0/x', 'fd00::/129']) {
    it(`refuses ${wrong}`, () => {
      assert.throws(() => allowedClients('allowed', ['10.0.0.1', wrong]), {
        message: `allowed: expected IP addresses or networks such as 192.168.0.10, 192.168.0.0/24, got "${wrong}"`,
      });
    });
  }
});
