/** Small models for the tests of this stage, written with the graph writer. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OnnxGraph } from '../../nodes/shared/onnx/graph.ts';
import { type Random, seededRandom } from '../../nodes/shared/random.ts';
import { float32Tensor, type TensorType } from '../../nodes/shared/tensor.ts';

/** y = factor · x, for any batch of `width` values. */
export function scaleModel(factor: number, width = 3): Uint8Array {
  const graph = new OnnxGraph({ name: 'scale' });
  const x = graph.input('x', 'float32', ['batch', width]);
  const y = graph.node('Mul', [x, graph.constant(float32Tensor([], Float32Array.of(factor)))]);
  graph.output('y', y, 'float32', ['batch', width]);
  return graph.toBytes();
}

/** Gives back what came, in any type; one input and one output for each. */
export function echoModel(inputs: Record<string, { type: TensorType; dims: (number | string)[] }>): Uint8Array {
  const graph = new OnnxGraph({ name: 'echo' });
  for (const [name, { type, dims }] of Object.entries(inputs)) {
    graph.output(`${name}_out`, graph.node('Identity', [graph.input(name, type, dims)]), type, dims);
  }
  return graph.toBytes();
}

/** y = x + number of turns, after as many turns as the input `turns` says: how long a run takes is up to the message. */
export function loopModel(): Uint8Array {
  const graph = new OnnxGraph({ name: 'loop' });
  const x = graph.input('x', 'float32', [1]);
  const turns = graph.input('turns', 'int64', [1]);
  const one = graph.constant(float32Tensor([1], Float32Array.of(1)));
  const body = graph.body('turn');
  body.input('number', 'int64', []);
  const goOn = body.input('goOn', 'bool', []);
  const sum = body.input('sum', 'float32', [1]);
  body.output('goOnAfter', goOn, 'bool', []);
  body.output('sumAfter', body.node('Add', [sum, one]), 'float32', [1]);
  const scalar = graph.constant({ type: 'int64', dims: [0], data: new BigInt64Array(0) });
  graph.output('y', graph.node('Loop', [graph.node('Reshape', [turns, scalar]), null, x], { body }), 'float32', [1]);
  return graph.toBytes();
}

/** Turns that no processor finishes within a test. */
export const ENDLESS = 2n ** 50n;

/** width → hidden → width, dense, with random weights. */
export function autoencoder(width: number, hidden: number, random: Random = seededRandom(1)): Uint8Array {
  const weights = (rows: number, columns: number) =>
    float32Tensor(
      [rows, columns],
      Float32Array.from({ length: rows * columns }, () => (random() - 0.5) / Math.sqrt(rows)),
    );
  const graph = new OnnxGraph({ name: 'autoencoder' });
  const x = graph.input('x', 'float32', ['batch', width]);
  const code = graph.node('Tanh', [graph.node('MatMul', [x, graph.constant(weights(width, hidden))])]);
  graph.output('y', graph.node('MatMul', [code, graph.constant(weights(hidden, width))]), 'float32', ['batch', width]);
  return graph.toBytes();
}

/** A new folder with these files; `remove` takes it away again. */
export function temporaryFolder(files: Record<string, Uint8Array | string> = {}): {
  path: string;
  write(name: string, content: Uint8Array | string): string;
  remove(): void;
} {
  const path = mkdtempSync(join(tmpdir(), 'linewatch-'));
  const write = (name: string, content: Uint8Array | string) => {
    writeFileSync(join(path, name), content);
    return join(path, name);
  };
  for (const [name, content] of Object.entries(files)) write(name, content);
  return { path, write, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** y = x for any batch of single values; a batch with a value below `from` never comes back. */
export function crashingModel(from = -100): Uint8Array {
  const graph = new OnnxGraph({ name: 'crashing' });
  const x = graph.input('x', 'float32', ['batch', 1]);
  const limit = graph.constant(float32Tensor([], Float32Array.of(from)));
  const least = graph.node('ReduceMin', [x], { keepdims: 0 });
  const isBad = graph.node('Less', [least, limit]);
  const count = (value: bigint) => graph.constant({ type: 'int64', dims: [], data: BigInt64Array.of(value) });
  const turns = graph.node('Where', [isBad, count(ENDLESS), count(0n)]);
  const body = graph.body('turn');
  body.input('number', 'int64', []);
  const goOn = body.input('goOn', 'bool', []);
  const sum = body.input('sum', 'float32', ['batch', 1]);
  body.output('goOnAfter', goOn, 'bool', []);
  body.output('sumAfter', body.node('Identity', [sum]), 'float32', ['batch', 1]);
  graph.output('y', graph.node('Loop', [turns, null, x], { body }), 'float32', ['batch', 1]);
  return graph.toBytes();
}

/** y = the sum of as many ones as the input `shape` asks memory for: shape [1000, 1000] is 4 MB. */
export function memoryModel(): Uint8Array {
  const graph = new OnnxGraph({ name: 'memory' });
  const shape = graph.input('shape', 'int64', ['rank']);
  const ones = graph.node('ConstantOfShape', [shape], { value: float32Tensor([1], Float32Array.of(1)) });
  graph.output('y', graph.node('ReduceSum', [ones], { keepdims: 0 }), 'float32', []);
  return graph.toBytes();
}

/** y = as many zeros as the input `shape` says. */
export function zerosModel(): Uint8Array {
  const graph = new OnnxGraph({ name: 'zeros' });
  graph.output('y', graph.node('ConstantOfShape', [graph.input('shape', 'int64', ['rank'])]), 'float32', ['size']);
  return graph.toBytes();
}

/** y = x + state, and the next state is y: the sum of all x so far. */
export function sumModel(): Uint8Array {
  const graph = new OnnxGraph({ name: 'sum' });
  const sum = graph.node('Add', [graph.input('x', 'float32', [2]), graph.input('state', 'float32', [2])]);
  graph.output('y', graph.node('Identity', [sum]), 'float32', [2]);
  graph.output('next', sum, 'float32', [2]);
  return graph.toBytes();
}

/** y = what an LSTM of `hidden` cells gives after each step of x; h and c are its state. */
export function lstmModel(width: number, hidden: number, random: Random = seededRandom(1)): Uint8Array {
  const graph = new OnnxGraph({ name: 'lstm' });
  const weights = (...dims: number[]) => {
    const data = Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, () => random() - 0.5);
    return graph.constant(float32Tensor(dims, data));
  };
  const state = [1, 1, hidden];
  const x = graph.input('x', 'float32', ['steps', 1, width]);
  const [h, c] = [graph.input('h', 'float32', state), graph.input('c', 'float32', state)];
  const inputs = [x, weights(1, 4 * hidden, width), weights(1, 4 * hidden, hidden), null, null, h, c];
  const outputs = graph.nodeWithOutputs('LSTM', inputs, 3, { hidden_size: hidden });
  const names = [
    ['y', ['steps', 1, 1, hidden]],
    ['h_next', state],
    ['c_next', state],
  ] as const;
  outputs.forEach((output, index) => {
    const [name, dims] = names[index] as (typeof names)[number];
    graph.output(name, output, 'float32', dims);
  });
  return graph.toBytes();
}
