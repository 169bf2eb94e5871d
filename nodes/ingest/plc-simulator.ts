import type { NodeAPI } from 'node-red';
import { defineNode, type Message } from '../node-red/define-node.ts';
import { type ModbusServer, serveModbus } from './modbus/serve.ts';
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
  start({ config, clock, node, RED, status, fail, text }) {
    const { port, host, seed } = config;
    const simulation = new PumpSimulation({ seed, startMs: clock.now() });
    if (config.fault !== 'none') simulation.setFault(config.fault, config.severity);

    let server: ModbusServer | undefined;
    let closed = false;
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

    // Catch nodes exist only once the whole flow has started; a port in use must reach them.
    const started = new Promise<void>((resolve) => RED.events.once('flows:started', () => resolve()));
    const release = clock.hold();
    const opening = serveModbus({ host, port, unit: 1, device: pumpDevice(simulation, () => clock.now(), show) }).then(
      (opened) => {
        if (closed) return opened.close();
        server = opened;
        link.follow();
        show();
      },
      async (error) => {
        await started;
        fail(error);
      },
    );
    void opening.finally(release);

    return {
      input(message: Message, send) {
        const payload = command(message.command);
        send({ ...message, payload });
      },
      async close() {
        closed = true;
        live.delete(node.id);
        link.stop();
        if (server !== undefined) await server.close();
      },
    };
  },
});
