/** The only file that knows ONNX Runtime. The native library comes first; WebAssembly runs where it can not be loaded. */
import type { InferenceSession, Tensor as OrtTensor, Tensor as OrtTensorClass } from 'onnxruntime-node';
import { LinewatchError } from '../../shared/errors.ts';
import type { Tensor, TensorData, TensorType } from '../../shared/tensor.ts';
import type { Backend, BackendChoice, LoadedModelInfo, ModelSetup, TensorSpec, Tensors } from './protocol.ts';

interface Library {
  InferenceSession: typeof InferenceSession;
  Tensor: typeof OrtTensorClass;
}

export interface LoadedModel {
  info: LoadedModelInfo;
  /** Runs the model once, blocking this process meanwhile. @throws LinewatchError model-run */
  run(inputs: Tensors): Promise<Tensors>;
}

/**
 * Loads a model.
 * @throws LinewatchError model-backend where the wanted library can not be loaded, model-unreadable where ONNX Runtime
 *   refuses the file, model-no-tensor where it takes or gives something else than tensors
 */
export async function loadModel(setup: ModelSetup): Promise<LoadedModel> {
  const { library, backend, fallbackReason } = await chooseLibrary(setup.backend);
  const threads = setup.threads > 0 ? { intraOpNumThreads: setup.threads } : {};
  let session: InferenceSession;
  try {
    session = await library.InferenceSession.create(setup.path, { ...threads, logSeverityLevel: 3 });
  } catch (thrown) {
    throw new LinewatchError('model-unreadable', { path: setup.path, reason: shortReason(thrown) }, thrown);
  }
  const inputs = specs(session.inputMetadata, (names) => {
    throw new LinewatchError('model-no-tensor', { path: setup.path, what: 'input', names: names.join(', ') });
  });
  // What is no tensor (scikit-learn's ZipMap) is left out: the runtime's binding can not fetch it.
  const outputs = specs(session.outputMetadata, () => {});
  if (outputs.length === 0) {
    throw new LinewatchError('model-no-tensor', { path: setup.path, what: 'output', names: session.outputNames.join(', ') });
  }
  const fetches = outputs.map(({ name }) => name);

  return {
    info: { backend, ...(fallbackReason === undefined ? {} : { fallbackReason }), inputs, outputs },
    async run(tensors) {
      try {
        const feeds = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toOrt(library, tensor)]));
        const results = await session.run(feeds, fetches);
        return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromOrt(tensor as OrtTensor)]));
      } catch (thrown) {
        throw new LinewatchError('model-run', { reason: shortReason(thrown) }, thrown);
      }
    },
  };
}

async function chooseLibrary(choice: BackendChoice): Promise<{ library: Library; backend: Backend; fallbackReason?: string }> {
  if (choice === 'wasm') return { library: await webAssembly(), backend: 'wasm' };
  try {
    return { library: await import('onnxruntime-node'), backend: 'native' };
  } catch (thrown) {
    const reason = shortReason(thrown);
    if (choice === 'native') throw new LinewatchError('model-backend', { backend: choice, reason }, thrown);
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

function specs(metadata: readonly InferenceSession.ValueMetadata[], onOther: (names: string[]) => void): TensorSpec[] {
  const others = metadata.filter(({ isTensor }) => !isTensor).map(({ name }) => name);
  if (others.length > 0) onOther(others);
  return metadata
    .filter((value) => value.isTensor)
    .map(({ name, type, shape }) => ({
      name,
      type: type as TensorType,
      // onnxruntime-web gives an unnamed dimension as 2^32 − 1, onnxruntime-node as an empty name.
      dims: shape.map((dim) => (dim === 0xffff_ffff ? '' : dim)),
    }));
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

/** The first line of what a library threw, without the paths of its own sources. */
function shortReason(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const line = (text.split('\n')[0] ?? '').replace(/\/\S*onnxruntime_src\S*\s*/g, '').trim();
  return line.length > 240 ? `${line.slice(0, 239)}…` : line;
}
