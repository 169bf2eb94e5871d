/** The peer: a node that runs the model in Node-RED's own process, as every other open pack does. */
import { toOrt } from './onnxruntime.ts';

export const DIRECT = "a node that calls onnxruntime-node in Node-RED's process";

// biome-ignore lint/suspicious/noExplicitAny: Node-RED's own objects
export function registerDirect(RED: any): void {
  // biome-ignore lint/suspicious/noExplicitAny: Node-RED's constructor convention
  RED.nodes.registerType('bench', 'bench-direct', function (this: any, properties: { path: string; threads?: number }) {
    RED.nodes.createNode(this, properties);
    const loading = load(properties.path, properties.threads);
    // biome-ignore lint/suspicious/noExplicitAny: Node-RED's input convention
    this.on('input', async (message: any, send: (message: object) => void, done: (error?: unknown) => void) => {
      try {
        const { session, Tensor } = await loading;
        const results = await session.run({ [session.inputNames[0] as string]: toOrt(Tensor, message.payload) });
        const { type, dims, data } = results[session.outputNames[0] as string] as { type: string; dims: readonly number[]; data: unknown };
        send({ ...message, payload: { type, dims: [...dims], data } });
        done();
      } catch (thrown) {
        done(thrown);
      }
    });
  });
}

/** The library is loaded only where it is used: its memory is not Node-RED's otherwise. */
async function load(path: string, threads = 0) {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  return { session: await InferenceSession.create(path, threads > 0 ? { intraOpNumThreads: threads } : {}), Tensor };
}
