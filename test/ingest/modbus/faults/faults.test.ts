/** Our client against a real server whose answers are spoilt on their way; the million reads are the bench's (modbus.wrong-values). */
import assert from 'node:assert/strict';
import ModbusSerial from 'modbus-serial';
import { seededRandom } from '../../../../nodes/shared/random.ts';
import type { Judge } from '../judges/judge.ts';
import { hasLibmodbus, startLibmodbus } from '../judges/libmodbus.ts';
import { freePort } from '../server.ts';
import { type FaultyTransport, faultyTransports, openFaultyLink } from './faulty-link.ts';
import { hammer, noOutcome } from './hammer.ts';
import { faultsOf } from './injury.ts';
import { startFaultProxy } from './proxy.ts';
import { hasSocat } from './serial-line.ts';

const RUN_MS = 2500;
/** Links side by side of each transport, half of which scan tags, and half of both ask for exactly what they want. */
const LINKS: Record<FaultyTransport, number> = { tcp: 6, 'rtu-over-tcp': 10, serial: 6 };
const RATE = 0.2;

describe('modbus through spoilt answers', function () {
  let server: Judge;
  let serverPort: number;

  before(async function () {
    if (!hasLibmodbus()) {
      console.log('      skipped: libmodbus is not installed (apt-get install gcc libc6-dev libmodbus-dev)');
      this.skip();
    }
    serverPort = await freePort();
    server = await startLibmodbus({ port: serverPort });
    await server.ask('stamps');
  });

  after(() => server?.kill());

  it('no value is wrong and no read without an end, over TCP, RTU over TCP and a serial line', async () => {
    const transports = faultyTransports.filter((transport) => transport !== 'serial' || hasSocat());
    const wanted = transports.flatMap((transport) => new Array<FaultyTransport>(LINKS[transport]).fill(transport));
    const links = await Promise.all(
      wanted.map((transport, index) =>
        openFaultyLink({ transport, serverPort, unit: index + 1, rate: RATE, seed: 100 * (index + 1), mayReadPast: index % 4 < 2 }),
      ),
    );
    const start = performance.now();
    await Promise.all(links.map((link, index) => link.run(index % 2 === 0 ? 'reads' : 'scans', () => performance.now() - start < RUN_MS)));
    for (const transport of transports) {
      const same = links.filter(({ options }) => options.transport === transport);
      const outcomes = same.map(({ outcome }) => outcome);
      assert.deepEqual(
        outcomes.flatMap(({ examples }) => examples),
        [],
        transport,
      );
      assert.equal(
        outcomes.reduce((sum, { stuck }) => sum + stuck, 0),
        0,
        transport,
      );
      assert.ok(
        outcomes.every(({ good }) => good > 0),
        `${transport}: each link gets values through`,
      );
      const happened = new Set(same.flatMap(({ proxy }) => [...proxy.happened.keys()]));
      const framing = transport === 'tcp' ? 'mbap' : 'rtu';
      assert.deepEqual([...happened].sort(), faultsOf(framing, transport !== 'serial').sort(), `${transport}: every fault happened`);
    }
    for (const link of links) await link.close();
  });

  it('would be seen: a client that takes whatever comes gets wrong values', async () => {
    const random = seededRandom(1);
    const proxy = await startFaultProxy({ framing: 'rtu', serverPort, timeoutMs: 50, rate: 0.5, random, only: ['late', 'duplicated'] });
    const client = new ModbusSerial.default();
    await client.connectTelnet('127.0.0.1', { port: proxy.port });
    client.setID(200);
    client.setTimeout(50);
    const outcome = noOutcome();
    const start = performance.now();
    const going = () => outcome.wrong === 0 && performance.now() - start < 3000;
    await hammer(
      outcome,
      random,
      going,
      () => proxy.served.get(200) ?? 0,
      (address, length) => client.readHoldingRegisters(address, length).then(({ data }) => data),
    );
    client.close(() => {});
    await proxy.close();
    assert.ok(outcome.wrong > 0, `${outcome.good} good, ${outcome.failed} failed`);
  });
});
