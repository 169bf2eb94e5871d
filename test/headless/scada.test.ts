import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ModbusRTU from 'modbus-serial';
import { freePort } from '../node-red/process.ts';
import { startFastGateway } from './fast-gateway.ts';

const ModbusClient = ModbusRTU as unknown as typeof ModbusRTU.default;

describe('example 04 on a headless Node-RED, in fast time', function () {
  this.timeout(60_000);

  it('shows a SCADA values, score, alerts and a heartbeat, and takes its acknowledgement', async () => {
    const flow = JSON.parse(readFileSync(join(import.meta.dirname, '../../examples/04-scada-reads-scores.json'), 'utf8')) as {
      id: string;
      type: string;
      port?: number;
    }[];
    // Other programs on this machine may have the example's ports.
    const ports = new Map([
      [10503, await freePort()],
      [10504, await freePort()],
    ]);
    for (const node of flow) if (node.port !== undefined) node.port = ports.get(node.port) as number;
    const simulator = flow.find(({ type }) => type === 'linewatch-plc-simulator')?.id as string;
    const gateway = await startFastGateway(flow, Date.UTC(2026, 10, 23));
    const scada = new ModbusClient();
    scada.on('error', () => {});
    try {
      await scada.connectTCP('127.0.0.1', { port: ports.get(10503) as number, timeout: 2000 } as never);
      scada.setTimeout(2000);
      const read = async () => {
        const { buffer } = await scada.readHoldingRegisters(0, 11);
        const word = (at: number) => buffer.readUInt16BE(2 * at);
        const float = (at: number) => buffer.readFloatBE(2 * at);
        const [flow, temperature, score] = [float(2), float(4), float(6)] as const;
        return { heartbeat: word(0), good: word(1), flow, temperature, score, learning: word(8), pump: word(9), noData: word(10) };
      };
      const until = async (test: (now: Awaited<ReturnType<typeof read>>) => boolean, seconds: number) => {
        for (let second = 0; second < seconds; second++) {
          await gateway.runFor(1);
          const now = await read();
          if (test(now)) return now;
        }
        throw new Error(`not within ${seconds} s: ${JSON.stringify(await read())}`);
      };
      const before = await read();
      assert.deepEqual([before.good, before.pump, before.noData, before.flow], [0, 0, 0, Number.NaN], 'nothing is known yet');

      await gateway.runFor(30);
      const learning = await read();
      assert.equal(learning.heartbeat, before.heartbeat + 30);
      assert.deepEqual([learning.good, learning.learning, learning.pump], [1, 1, 0]);
      assert.ok(learning.flow > 50 && learning.flow < 140, `flow ${learning.flow}`);
      assert.ok(learning.temperature > 20 && learning.temperature < 90, `temperature ${learning.temperature}`);

      const watching = await until((now) => now.learning === 0, 150);
      assert.ok(watching.score >= 0 && watching.score <= 1, `score ${watching.score}`);

      await gateway.send(simulator, { command: { do: 'fault', fault: 'cavitation', severity: 100 } });
      const raised = await until((now) => now.pump === 1, 60);
      assert.ok(raised.score > 0.9, `score ${raised.score}`);
      await scada.writeCoil(0, true);
      await until((now) => now.pump === 2, 10);
      assert.equal((await scada.readCoils(0, 1)).data[0], false, 'a SCADA that writes only what changes can acknowledge again');

      await gateway.send(simulator, { command: { do: 'fault', fault: 'lost-link', severity: 100 } });
      const lost = await until((now) => now.noData === 1, 60);
      assert.deepEqual([lost.good, lost.flow], [0, Number.NaN], 'the last value is not shown as if it were true');
      assert.ok(lost.heartbeat > raised.heartbeat);
      await gateway.send(simulator, { command: { do: 'clear' } });
      await until((now) => now.noData === 3 && now.good === 1, 60);
      await scada.writeCoil(1, true);
      await until((now) => now.noData === 0, 10);
      assert.equal((await scada.readCoils(1, 1)).data[0], false);
    } finally {
      scada.close(() => {});
      await gateway.stop();
    }
  });
});
