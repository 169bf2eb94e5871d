/** What Node-RED's process and a model's host process say to each other. */
import { type ErrorCode, type ErrorContext, LinewatchError } from '../../shared/errors.ts';
import type { Tensor, TensorType } from '../../shared/tensor.ts';

export type Backend = 'native' | 'wasm';
export type BackendChoice = 'auto' | Backend;

/** Name → tensor. */
export type Tensors = Record<string, Tensor>;

/** What a model declares of an input or output; a text stands for a dimension that is known only when it runs. */
export interface TensorSpec {
  name: string;
  type: TensorType;
  dims: (number | string)[];
}

/** What a host needs to load a model. */
export interface ModelSetup {
  /** Absolute, already checked to lie within the model folders. */
  path: string;
  backend: BackendChoice;
  /** Threads of one run; 0 lets ONNX Runtime choose. */
  threads: number;
  /** Hexadecimal; a file with another sum is refused. */
  sha256?: string;
}

export interface LoadedModelInfo {
  backend: Backend;
  /** Why the native library is not the one that runs, though it was wanted. */
  fallbackReason?: string;
  inputs: TensorSpec[];
  outputs: TensorSpec[];
}

/** A LinewatchError on its way between processes. */
export interface SentError {
  code: ErrorCode;
  context: ErrorContext;
}

export type ToHost = { kind: 'load'; setup: ModelSetup } | { kind: 'run'; id: number; inputs: Tensors };

export type FromHost =
  | { kind: 'ready'; info: LoadedModelInfo }
  | { kind: 'refused'; error: SentError }
  | { kind: 'answer'; id: number; outputs: Tensors; runMs: number }
  | { kind: 'failed'; id: number; error: SentError };

export function sendable(error: LinewatchError): SentError {
  return { code: error.code, context: error.context };
}

export function received({ code, context }: SentError): LinewatchError {
  return new LinewatchError(code, context);
}
