/** The only file that knows ONNX Runtime. The native library comes first; WebAssembly runs where it can not be loaded. */
import type { InferenceSession, Tensor as OrtTensor, Tensor as OrtTensorClass } from 'onnxruntime-node';
import { LinewatchError } from '../../shared/errors.ts';
import { OnnxGraph } from '../../shared/onnx/graph.ts';
import { type Tensor, type TensorData, type TensorType, tensorArrays } from '../../shared/tensor.ts';
import type { Backend, BackendChoice, LoadedModelInfo, ModelSetup, TensorSpec, Tensors } from './protocol.ts';

interface Library {
  InferenceSession: typeof InferenceSession;
  Tensor: typeof OrtTensorClass;
}

export interface LoadedModel {
  info: Omit<LoadedModelInfo, 'loadMs'>;
  /** Runs the model once, blocking this process meanwhile. @throws LinewatchError model-run */
  run(inputs: Tensors): Promise<Tensors>;
  /** Gives the memory back as far as the library does. */
  release(): Promise<void>;
}

/**
 * Loads a model.
 * @throws LinewatchError model-backend where the wanted library or execution provider can not be had, model-unreadable
 *   where ONNX Runtime refuses the file, model-input-no-tensor, model-output-no-tensor
 */
export async function loadModel(setup: ModelSetup): Promise<LoadedModel> {
  const { library, backend, fallbackReason } = await chooseLibrary(setup.backend);
  let session: InferenceSession;
  try {
    session = await library.InferenceSession.create(setup.path, {
      ...(setup.threads > 0 ? { intraOpNumThreads: setup.threads } : {}),
      executionProviders: [backend],
      graphOptimizationLevel: setup.optimization,
      logSeverityLevel: 3,
      ...(backend === 'wasm'
        ? { externalData: (setup.externalData ?? []).map(({ location, path }) => ({ path: location, data: path })) }
        : {}),
      ...(setup.spinning ? {} : { extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } } }),
    });
  } catch (thrown) {
    const reason = shortReason(thrown);
    if (backend !== 'cpu' && backend !== 'wasm' && (await refusesProvider(library, backend))) {
      throw new LinewatchError('model-backend', { backend, reason }, thrown);
    }
    throw new LinewatchError('model-unreadable', { path: setup.path, reason }, thrown);
  }
  const inputs = specs(session.inputMetadata, setup.anyRank);
  const otherInputs = others(session.inputNames, inputs);
  if (otherInputs.length > 0) {
    throw new LinewatchError('model-input-no-tensor', { path: setup.path, names: otherInputs.join(', ') });
  }
  const outputs = specs(session.outputMetadata, setup.anyRank);
  const leftOut = others(session.outputNames, outputs);
  if (outputs.length === 0) {
    throw new LinewatchError('model-output-no-tensor', { path: setup.path, names: leftOut.join(', ') });
  }
  const fetches = outputs.map(({ name }) => name);

  return {
    info: { backend, ...(fallbackReason === undefined ? {} : { fallbackReason }), inputs, outputs, leftOut },
    async run(tensors) {
      try {
        const feeds = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toOrt(library, tensor)]));
        const results = await session.run(feeds, fetches);
        return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromOrt(tensor as OrtTensor)]));
      } catch (thrown) {
        throw new LinewatchError('model-run', { reason: shortReason(thrown) }, thrown);
      }
    },
    release: () => session.release(),
  };
}

/** The execution providers that the native library knows here; `bundled`: it needs no further library. */
export async function supportedBackends(): Promise<{ name: string; bundled: boolean }[]> {
  const { listSupportedBackends } = await import('onnxruntime-node');
  return [...listSupportedBackends()];
}

async function chooseLibrary(choice: BackendChoice): Promise<{ library: Library; backend: Backend; fallbackReason?: string }> {
  if (choice === 'wasm') return { library: await webAssembly(), backend: 'wasm' };
  try {
    return { library: await import('onnxruntime-node'), backend: choice === 'auto' ? 'cpu' : choice };
  } catch (thrown) {
    const reason = shortReason(thrown);
    if (choice !== 'auto') throw new LinewatchError('model-backend', { backend: choice, reason }, thrown);
    return { library: await webAssembly(), backend: 'wasm', fallbackReason: reason };
  }
}

async function webAssembly(): Promise<Library> {
  try {
    const library = await import('onnxruntime-web');
    library.env.wasm.numThreads = 1;
    library.env.wasm.proxy = false;
    return library as unknown as Library;
  } catch (thrown) {
    throw new LinewatchError('model-backend', { backend: 'wasm', reason: shortReason(thrown) }, thrown);
  }
}

/** Tells an execution provider that can not start from a model that can not be loaded: even y = x fails. */
async function refusesProvider(library: Library, backend: Backend): Promise<boolean> {
  const graph = new OnnxGraph({ name: 'smallest' });
  graph.output('y', graph.node('Identity', [graph.input('x', 'float32', [])]), 'float32', []);
  try {
    await (await library.InferenceSession.create(graph.toBytes(), { executionProviders: [backend] })).release();
    return false;
  } catch {
    return true;
  }
}

function specs(metadata: readonly InferenceSession.ValueMetadata[], anyRank: readonly string[] = []): TensorSpec[] {
  return metadata
    .filter((value) => value.isTensor)
    .filter(({ type }) => type === 'string' || Object.hasOwn(tensorArrays, type))
    .map(({ name, type, shape }) => ({
      name,
      type: type as TensorType,
      // onnxruntime-web gives an unnamed dimension as 2^32 − 1, onnxruntime-node as an empty name.
      dims: shape.map((dim) => (dim === 0xffff_ffff ? '' : dim)),
      ...(anyRank.includes(name) ? { anyRank: true as const } : {}),
    }));
}

function others(names: readonly string[], known: TensorSpec[]): string[] {
  return names.filter((name) => !known.some((spec) => spec.name === name));
}

function toOrt(library: Library, { type, dims, data }: Tensor): OrtTensor {
  const tensor = new library.Tensor(type as never, data as never, dims) as OrtTensor;
  // Where Node.js has Float16Array the library wraps float16 in one, but its native part (1.30, Node-API 10) reads no bytes from it.
  if (type === 'float16') Object.defineProperty(tensor, 'data', { value: data });
  return tensor;
}

function fromOrt({ type, dims, data }: OrtTensor): Tensor {
  const view = data as Exclude<TensorData, string[]>;
  const bits = type === 'float16' ? new Uint16Array(view.buffer as ArrayBuffer, view.byteOffset, view.length) : (data as TensorData);
  return { type: type as TensorType, dims: [...dims], data: bits };
}

/** The first line of what a library threw, without the paths and signatures of its own sources. */
function shortReason(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const line = (text.split('\n')[0] ?? '')
    .replace(/\/\S*\/(onnxruntime|core)\/\S*\.(cc|h|cpp)(:\d+)?\s*/g, '')
    .replace(/\b(virtual |static |void\* |onnxruntime::|common::|std::)[^()]*\([^)]*\)( const)?\s*/g, '')
    .trim();
  return line.length > 240 ? `${line.slice(0, 239)}…` : line;
}
