import type { WindowColumn } from '../../../shared/messages.ts';
import type { OnnxGraph, OnnxValue } from '../../../shared/onnx/graph.ts';

/** What one window is made of: `samples` times the columns, row-major. Features and single samples have one. */
export interface WindowShape {
  columns: readonly WindowColumn[];
  /** C of [1, T, C], F of [1, F]. */
  columnCount: number;
  samples: number;
  /** Values of one window: samples × columnCount. */
  width: number;
  /** Whether a window is [1, T, C], be it of one sample. */
  isRaw: boolean;
}

/** @param inputDims [1, F] or [1, T, C] */
export function windowShape(inputDims: readonly number[], columns: readonly WindowColumn[]): WindowShape {
  const columnCount = inputDims.at(-1) as number;
  const samples = inputDims.length === 3 ? (inputDims[1] as number) : 1;
  return { columns, columnCount, samples, width: samples * columnCount, isRaw: inputDims.length === 3 };
}

/** Some rows of many, one after the other in a new array. */
export function pickRows<Values extends Float32Array | Float64Array>(rows: Values, width: number, numbers: ArrayLike<number>): Values {
  const picked = new (rows.constructor as new (length: number) => Values)(numbers.length * width);
  for (let i = 0; i < numbers.length; i++) {
    const from = (numbers[i] as number) * width;
    picked.set(rows.subarray(from, from + width), i * width);
  }
  return picked;
}

/** The dimensions of a model's input: any number of windows. */
export function graphDims({ samples, columnCount, isRaw }: WindowShape): (number | string)[] {
  return isRaw ? ['batch', samples, columnCount] : ['batch', columnCount];
}

/** Inside a model: [batch, T, C] as [batch, T·C]; [batch, F] stays. */
export function flattened(graph: OnnxGraph, value: OnnxValue, { isRaw, width }: WindowShape): OnnxValue {
  return !isRaw ? value : graph.node('Reshape', [value, sizes(graph, [-1, width])]);
}

/** The way back. */
export function unflattened(graph: OnnxGraph, value: OnnxValue, { isRaw, samples, columnCount }: WindowShape): OnnxValue {
  return !isRaw ? value : graph.node('Reshape', [value, sizes(graph, [-1, samples, columnCount])]);
}

function sizes(graph: OnnxGraph, dims: number[]): OnnxValue {
  return graph.constant({ type: 'int64', dims: [dims.length], data: BigInt64Array.from(dims, BigInt) });
}

/** `flow mean`; a raw value goes by its tag alone. */
export function columnName({ tag, feature }: { tag: string; feature: string }): string {
  return feature === 'raw' || feature === '' ? tag : `${tag} ${feature}`;
}
