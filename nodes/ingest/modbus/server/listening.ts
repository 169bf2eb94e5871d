import type { Cancel, Clock } from '../../../shared/clock.ts';
import { type ModbusServer, type ServeOptions, serveModbus } from './serve.ts';

/** How long until the port is tried again. */
const RETRY_MS = 5000;

/**
 * Keeps a server running: where its port can not be opened (the address of the network card is not there yet, another program still
 * has the port) it tries again until it can.
 * @param onUp called each time it is opened @param onFailure called once for as long as the same error lasts
 * @returns stops it, and resolves when the port is free
 */
export function keepListening(
  options: ServeOptions,
  clock: Clock,
  onUp: () => void,
  onFailure: (error: unknown) => void,
): () => Promise<void> {
  let server: ModbusServer | undefined;
  let cancel: Cancel = () => {};
  let closed = false;
  let told = '';
  const open = async () => {
    try {
      server = await serveModbus(options);
      if (!closed) onUp();
    } catch (error) {
      if (closed) return;
      if (told !== String(error)) onFailure(error);
      told = String(error);
      cancel = clock.after(RETRY_MS, () => {
        opening = open();
        return opening;
      });
    }
  };
  const release = clock.hold();
  let opening = open();
  void opening.finally(release);
  return async () => {
    closed = true;
    cancel();
    // The successor of a node that is just opening its port wants the same one.
    await opening;
    await server?.close();
  };
}
