/** What Node-RED's process and a host process say to each other. A host holds one model, or several that share it. */
import type { RawPicture } from '../../media/image/picture.ts';
import type { Preparation } from '../../media/image/preparation.ts';
import { type ErrorCode, type ErrorContext, LinewatchError } from '../../shared/errors.ts';
import type { ImageInfo } from '../../shared/messages.ts';
import type { Tensor, TensorType } from '../../shared/tensor.ts';

/** An execution provider by ONNX Runtime's own name (`cpu`, `cuda`, `coreml`, `dml` …), or `wasm`: the WebAssembly library. */
export type Backend = string;
/** `auto`: the native library on the processor where it can be loaded, else WebAssembly. */
export type BackendChoice = 'auto' | Backend;

export type Optimization = 'all' | 'extended' | 'basic' | 'disabled';

/** Name → tensor. */
export type Tensors = Record<string, Tensor>;

/** A picture in place of a tensor: the host makes the input of it, so that the tensor never goes from process to process. */
export interface PictureInput {
  type: 'picture';
  /** Encoded; or raw pixels, where `raw` says how they lie. */
  data: Uint8Array;
  raw?: Omit<RawPicture, 'data'>;
  preparation: Preparation;
  /** What errors call it, e.g. `msg.payload`. */
  property: string;
  /** Names a picture that comes with many runs: the host keeps what it made of it. */
  key?: string;
}

export type Input = Tensor | PictureInput;
/** Name → tensor or picture. */
export type Inputs = Record<string, Input>;

/** What is known of a picture that became an input. */
export type PreparedImage = Omit<ImageInfo, 'buffer'>;

/** What a model declares of an input or output; a text stands for a dimension that is known only when it runs. */
export interface TensorSpec {
  name: string;
  type: TensorType;
  dims: (number | string)[];
  /** The model leaves even the number of dimensions open; `dims` is empty then. */
  anyRank?: true;
}

/** An input that gets what an output gave in the run before. */
export interface StateLink {
  input: string;
  output: string;
}

/** What a host needs to load a model. */
export interface ModelSetup {
  /** Absolute, already checked to lie within the model folders. */
  path: string;
  backend: BackendChoice;
  /** Threads of one run; 0 lets ONNX Runtime choose. */
  threads: number;
  /** Whether idle threads wait for work in a busy loop: faster, at the price of processor time. */
  spinning: boolean;
  optimization: Optimization;
  /** Hexadecimal; a file with another sum is refused. */
  sha256?: string;
  state: StateLink[];
  /** Tells this content of the files from any other. */
  signature: string;
  /** Inputs and outputs of any rank: ONNX Runtime itself gives them as scalars. */
  anyRank?: string[];
  /** Files of weights: WebAssembly does not look for them by itself. `location` as the model names it, `path` absolute. */
  externalData?: { location: string; path: string }[];
}

export interface LoadedModelInfo {
  backend: Backend;
  /** Why WebAssembly runs though the native library was wanted. */
  fallbackReason?: string;
  /** Without those that get what an output gave. */
  inputs: TensorSpec[];
  /** Without those that are fed back (unless there is no other) or left out. */
  outputs: TensorSpec[];
  /** Outputs that are no tensors (scikit-learn's ZipMap): the runtime can not fetch them. */
  leftOut: string[];
  loadMs: number;
}

/** A LinewatchError on its way between processes. */
export interface SentError {
  code: ErrorCode;
  context: ErrorContext;
}

/** One message's part of a batch that was run message by message. */
export type Part<Outputs = Tensors> = { outputs: Outputs } | { error: SentError };

/** `model` numbers the models of one process. Everything is done in the order in which it comes. */
export type ToHost<Sent = Inputs> =
  | { kind: 'load'; id: number; model: number; setup: ModelSetup }
  /**
   * `state`: whose state goes in and is kept, for a model that has one. `rows`: the rows of each message of a batch; `check`: whether they
   * come out the same alone. `apart`: the rows of one message are pictures of their own, and may go through the model one by one.
   * `place`: where in the shared memory large tensors and pictures are.
   */
  | {
      kind: 'run';
      id: number;
      model: number;
      inputs: Sent;
      state?: string;
      rows?: number[];
      check?: boolean;
      apart?: boolean;
      place?: number;
    }
  | { kind: 'warmUp'; id: number; model: number; inputs: Inputs }
  /** Frees the states of a lane. */
  | { kind: 'forget'; id: number; model: number; lane: string }
  | { kind: 'unload'; id: number; model: number };

/** `fresh`: the run began with a new state. `cpuMs`: processor time of all threads. */
export interface Answer<Outputs = Tensors> {
  id: number;
  kind: 'answer';
  outputs: Outputs;
  runMs: number;
  cpuMs: number;
  /** Of inputs that were pictures. `prepareMs`: from when they came until they were tensors, meanwhile another run may have gone on. */
  images?: Record<string, PreparedImage>;
  prepareMs?: number;
  fresh?: boolean;
  /** In place of `outputs`: a batch that was run message by message, since it failed or was to be checked. */
  parts?: Part<Outputs>[];
  /** Whether they were the same as in the batch. */
  independent?: boolean;
}

/** What came of the message with this `id`. */
export type FromHost<Outputs = Tensors> =
  | { id: number; kind: 'ready'; info: LoadedModelInfo }
  | Answer<Outputs>
  | { id: number; kind: 'done' }
  | { id: number; kind: 'failed'; error: SentError };

export function sendable(error: LinewatchError): SentError {
  return { code: error.code, context: error.context };
}

export function received({ code, context }: SentError): LinewatchError {
  return new LinewatchError(code, context);
}
