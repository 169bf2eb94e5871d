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
