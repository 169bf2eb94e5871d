import type { NodeAPI } from 'node-red';
import { asLinewatchError } from '../../shared/errors.ts';
import { pumpRegisters } from './registers.ts';
import type { PumpSignals } from './simulation.ts';

/** A deployed simulator, as its dialog reaches it. */
export interface LiveSimulator {
  /** @throws LinewatchError where the command is wrong */
  command(given: unknown): object;
  read(): { signals: PumpSignals; running: boolean; speedSetpoint: number; faults: object };
}

interface Request {
  params: { id: string };
  body?: unknown;
  headers: Record<string, string | undefined>;
}
interface Response {
  status(code: number): Response;
  json(body: unknown): void;
}

/** A command takes a few dozen bytes; Node-RED's own limit is megabytes. */
const MAX_BODY = 4096;

/** The dialog's way to the deployed simulators: the register map, the present values, and commands. */
export function simulatorEndpoints(RED: NodeAPI, live: ReadonlyMap<string, LiveSimulator>): void {
  const { httpAdmin, auth } = RED as unknown as {
    httpAdmin: Record<'get' | 'post', (path: string, ...handlers: unknown[]) => void>;
    auth: { needsPermission(permission: string): unknown };
  };
  const deployed =
    (run: (simulator: LiveSimulator, request: Request, response: Response) => void) => (request: Request, response: Response) => {
      const simulator = live.get(request.params.id);
      if (simulator === undefined) response.status(404).json({ error: 'not deployed' });
      else run(simulator, request, response);
    };

  httpAdmin.get('/linewatch/plc-simulator/registers', auth.needsPermission('linewatch.read'), (_: Request, response: Response) =>
    response.json(pumpRegisters),
  );
  httpAdmin.get(
    '/linewatch/plc-simulator/:id/signals',
    auth.needsPermission('linewatch.read'),
    // A dialog may well be open before its node is deployed: that is no error.
    (request: Request, response: Response) => response.json(live.get(request.params.id)?.read() ?? null),
  );
  httpAdmin.post(
    '/linewatch/plc-simulator/:id/command',
    auth.needsPermission('linewatch.write'),
    deployed((simulator, request, response) => {
      // Without a length (chunked) nothing of the size is known before Node-RED has parsed it.
      if (!(Number(request.headers['content-length']) <= MAX_BODY)) return response.status(413).json({ error: 'the command is too long' });
      try {
        response.json(simulator.command(request.body));
      } catch (thrown) {
        const error = asLinewatchError(thrown);
        response.status(error.code === 'internal' ? 500 : 400).json({ error: error.message, code: error.code });
      }
    }),
  );
}
