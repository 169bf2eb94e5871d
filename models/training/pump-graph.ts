import { OnnxGraph } from '../../nodes/shared/onnx/graph.ts';
import { float32Tensor, type Tensor } from '../../nodes/shared/tensor.ts';
import type { Layer } from './autoencoder.ts';

/** How a row of features becomes what the network sees: deviations go through a logarithm, then all are standardised. */
export interface Scaling {
  /** Smallest value of a column before its logarithm; undefined: no logarithm. */
  floors: (number | undefined)[];
  mean: number[];
  deviation: number[];
}

/** One row of features as the network sees it. */
export function standardised(row: ArrayLike<number>, { floors, mean, deviation }: Scaling): Float64Array {
  return Float64Array.from(row, (value, c) => {
    const floor = floors[c];
    const scaled = floor === undefined ? value : Math.log(Math.max(value, floor));
    return (scaled - (mean[c] as number)) / (deviation[c] as number);
  });
}

/** The model: features in engineering units in, their reconstruction in the same units out. */
export function pumpGraph(layers: Layer[], scaling: Scaling): Uint8Array {
  const width = scaling.mean.length;
  const graph = new OnnxGraph({ name: 'pump-autoencoder', metadata: { licence: 'Apache-2.0' } });
  const row = (values: number[]) => graph.constant(float32Tensor([values.length], Float32Array.from(values)));
  const indices = (values: number[]): Tensor => ({ type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) });
  const columns = scaling.mean.map((_, c) => c);
  const plain = columns.filter((c) => scaling.floors[c] === undefined);
  const logged = columns.filter((c) => scaling.floors[c] !== undefined);
  const grouped = [...plain, ...logged];
  const pick = (values: number[]) => row(grouped.map((c) => values[c] as number));

  const input = graph.input('features', 'float32', ['batch', width]);
  const floored = graph.node('Max', [
    graph.node('Gather', [input, graph.constant(indices(logged))], { axis: 1 }),
    row(logged.map((c) => scaling.floors[c] as number)),
  ]);
  const raw = graph.node(
    'Concat',
    [graph.node('Gather', [input, graph.constant(indices(plain))], { axis: 1 }), graph.node('Log', [floored])],
    { axis: 1 },
  );
  let value = graph.node('Div', [graph.node('Sub', [raw, pick(scaling.mean)]), pick(scaling.deviation)]);
  // The network was trained on columns in their own order.
  value = graph.node('Gather', [value, graph.constant(indices(columns.map((c) => grouped.indexOf(c))))], { axis: 1 });
  for (const { inputs, outputs, weights, bias, activation } of layers) {
    const matrix = graph.constant(float32Tensor([inputs, outputs], Float32Array.from(weights)));
    value = graph.node('Gemm', [value, matrix, row([...bias])]);
    if (activation === 'tanh') value = graph.node('Tanh', [value]);
  }
  value = graph.node('Add', [graph.node('Mul', [value, row(scaling.deviation)]), row(scaling.mean)]);
  const powers = graph.node('Exp', [graph.node('Gather', [value, graph.constant(indices(logged))], { axis: 1 })]);
  const back = graph.node('Concat', [graph.node('Gather', [value, graph.constant(indices(plain))], { axis: 1 }), powers], { axis: 1 });
  const result = graph.node('Gather', [back, graph.constant(indices(columns.map((c) => grouped.indexOf(c))))], { axis: 1 });
  graph.output('reconstruction', result, 'float32', ['batch', width]);
  return graph.toBytes();
}
