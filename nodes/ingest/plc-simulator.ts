import type { NodeAPI } from 'node-red';
import { defineNode, type Message } from '../node-red/define-node.ts';
import { type ModbusServer, serveModbus } from './modbus/server/serve.ts';
import { applyCommand, readCommand } from './pump/command.ts';
import { pumpDevice } from './pump/device.ts';
import { type LiveSimulator, simulatorEndpoints } from './pump/endpoints.ts';
import { FAULTS } from './pump/faults.ts';
import { linkFault } from './pump/link-fault.ts';
import { PumpSimulation } from './pump/simulation.ts';

const live = new Map<string, LiveSimulator>();

/** A pump skid with its PLC: a real Modbus TCP server over a simulation in which faults can be started. */
export default defineNode({
  type: 'linewatch-plc-simulator',
  url: import.meta.url,
  read: (fields) => ({
    port: fields.number('port', { default: 10_502, min: 1024, max: 65_535, integer: true }),
    host: fields.text('host', { default: '127.0.0.1' }),
    seed: fields.number('seed', { default: 1, min: 0, max: 2 ** 31 - 1, integer: true }),
    fault: fields.choice('fault', ['none', ...FAULTS], 'none'),
    severity: fields.number('severity', { default: 100, min: 0, max: 100 }),
  }),
  register: (RED: NodeAPI) => simulatorEndpoints(RED, live),
  start({ config, clock, node, started, status, fail, text }) {
    const { port, host, seed } = config;
    const simulation = new PumpSimulation({ seed, startMs: clock.now() });
    if (config.fault !== 'none') simulation.setFault(config.fault, config.severity);

    let server: ModbusServer | undefined;
    const show = () => {
      if (server === undefined) return;
      const faults = Object.entries(simulation.faults).map(([fault, severity]) => `${text(`fault.${fault}`)} ${severity} %`);
      if (!simulation.running) status('grey', 'stopped');
      else if (faults.length > 0) status('yellow', 'fault', { faults: faults.join(', ') });
      else status('green', 'running', { port });
    };
    const link = linkFault(simulation, clock, (up) => server?.setReachable(up));
    const state = () => ({ running: simulation.running, speedSetpoint: simulation.speedSetpoint, faults: simulation.faults });
    const command = (given: unknown) => {
      const checked = readCommand(given);
      simulation.advanceTo(clock.now());
      applyCommand(simulation, checked);
      link.follow();
      show();
      return state();
    };
    live.set(node.id, {
      command,
      read() {
        simulation.advanceTo(clock.now());
        return { ...state(), signals: simulation.signals() };
      },
    });

    const release = clock.hold();
    const opening = serveModbus({ host, port, unit: 1, device: pumpDevice(simulation, () => clock.now(), show) }).then((opened) => {
      server = opened;
      link.follow();
      show();
    });
    void opening
      .catch(async (error) => {
        // A port in use must reach the Catch nodes.
        await started;
        fail(error);
      })
      .finally(release);

    return {
      input(message: Message, send) {
        const payload = command(message.command);
        send({ ...message, payload });
      },
      async close() {
        live.delete(node.id);
        // The successor of a node that is just opening its port wants the same one.
        await opening.catch(() => {});
        link.stop();
        await server?.close();
      },
    };
  },
});
