import { LinewatchError } from '../errors.ts';
import type { Tensor, TensorType } from '../tensor.ts';
import { type Attribute, attributeProto, type Dim, tensorProto, valueInfoProto } from './proto.ts';
import { ProtoMessage } from './protobuf.ts';

/** A tensor somewhere in a graph: an input, a constant or what a node gives. */
export interface OnnxValue {
  readonly name: string;
}

interface NamedValue extends OnnxValue {
  name: string;
}

interface GraphNode {
  operator: string;
  domain: string;
  /** null stands for an optional input that is left out. */
  inputs: (OnnxValue | null)[];
  outputs: NamedValue[];
  attributes: Record<string, Attribute>;
}

export interface GraphOptions {
  /** The graph's name, as viewers show it. */
  name: string;
  /** Version of ONNX's own operators; 17 unless said otherwise. */
  opset?: number;
  /** Versions of further operator sets, e.g. `{ 'com.microsoft': 1 }`. */
  domains?: Record<string, number>;
  /** Version of the file format; 8 unless said otherwise (it came with opset 15). */
  irVersion?: number;
  producer?: string;
  /** Free texts kept in the file. */
  metadata?: Record<string, string>;
}

/**
 * Builds an ONNX model, operator by operator in the order in which they run:
 *
 *     const graph = new OnnxGraph({ name: 'scale' });
 *     const x = graph.input('x', 'float32', ['batch', 3]);
 *     const y = graph.node('Mul', [x, graph.constant(float32Tensor([3], new Float32Array([1, 2, 3])))]);
 *     graph.output('y', y, 'float32', ['batch', 3]);
 *     const file = graph.toBytes();
 *
 * What the operators do and expect: onnx.ai/onnx/operators.
 */
export class OnnxGraph {
  readonly #options: GraphOptions;
  readonly #names: Set<string>;
  readonly #inputs: ProtoMessage[] = [];
  readonly #outputs: ProtoMessage[] = [];
  readonly #constants: ProtoMessage[] = [];
  readonly #nodes: GraphNode[] = [];
  /** What `output` may still rename: results of nodes that are no output yet. */
  readonly #unnamed = new Set<OnnxValue>();

  constructor(options: GraphOptions, outer?: OnnxGraph) {
    this.#options = options;
    this.#names = outer === undefined ? new Set() : outer.#names;
  }

  /** @param dims a text names a dimension that is known only when the model runs */
  input(name: string, type: TensorType, dims: readonly Dim[]): OnnxValue {
    this.#claim(name);
    this.#inputs.push(valueInfoProto(name, type, dims));
    return { name };
  }

  /** A tensor stored in the model. Its data is not copied before `toBytes`. */
  constant(tensor: Tensor, name?: string): OnnxValue {
    const value = { name: name === undefined ? this.#freshName('constant') : this.#claim(name) };
    this.#constants.push(tensorProto(tensor, value.name));
    return value;
  }

  /** Adds an operator with one result. `null` among the inputs leaves an optional input out. */
  node(operator: string, inputs: (OnnxValue | null)[], attributes: Record<string, Attribute> = {}, domain = ''): OnnxValue {
    return this.nodeWithOutputs(operator, inputs, 1, attributes, domain)[0] as OnnxValue;
  }

  /** Adds an operator with several results. */
  nodeWithOutputs(
    operator: string,
    inputs: (OnnxValue | null)[],
    outputCount: number,
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): OnnxValue[] {
    const outputs = Array.from({ length: outputCount }, () => ({ name: this.#freshName(operator) }));
    for (const output of outputs) this.#unnamed.add(output);
    this.#nodes.push({ operator, domain, inputs, outputs, attributes });
    return outputs;
  }

  /** Makes a value an output of the model under a name. Outputs stand in the order of these calls. */
  output(name: string, value: OnnxValue, type: TensorType, dims: readonly Dim[]): void {
    // A graph's output is the value of that name, so the node's result gets it; anything else is passed on by an Identity.
    const result = this.#unnamed.has(value) ? value : this.node('Identity', [value]);
    this.#claim(name);
    (result as NamedValue).name = name;
    this.#unnamed.delete(result);
    this.#outputs.push(valueInfoProto(name, type, dims));
  }

  /** An inner graph, for the body of Loop, Scan or If: give it to `node` as attribute. It may use this graph's values. */
  body(name: string): OnnxGraph {
    return new OnnxGraph({ name }, this);
  }

  /** GraphProto. */
  toProto(): ProtoMessage {
    const graph = new ProtoMessage();
    for (const { operator, domain, inputs, outputs, attributes } of this.#nodes) {
      const node = new ProtoMessage();
      for (const input of inputs) node.text(1, input === null ? '' : input.name);
      for (const output of outputs) node.text(2, output.name);
      node.text(4, operator);
      for (const [name, value] of Object.entries(attributes)) node.message(5, attributeProto(name, value));
      if (domain !== '') node.text(7, domain);
      graph.message(1, node);
    }
    graph.text(2, this.#options.name);
    for (const constant of this.#constants) graph.message(5, constant);
    for (const input of this.#inputs) graph.message(11, input);
    for (const output of this.#outputs) graph.message(12, output);
    return graph;
  }

  /** The model as the bytes of an `.onnx` file. */
  toBytes(): Uint8Array {
    const { opset = 17, domains = {}, irVersion = 8, producer = 'linewatch', metadata = {} } = this.#options;
    const model = new ProtoMessage().integer(1, irVersion).text(2, producer).message(7, this.toProto());
    for (const [domain, version] of Object.entries({ '': opset, ...domains })) {
      model.message(8, new ProtoMessage().text(1, domain).integer(2, version));
    }
    for (const [key, value] of Object.entries(metadata)) {
      model.message(14, new ProtoMessage().text(1, key).text(2, value));
    }
    return model.toBytes();
  }

  #freshName(base: string): string {
    let number = this.#names.size;
    while (this.#names.has(`${base}_${number}`)) number++;
    return this.#claim(`${base}_${number}`);
  }

  /** @throws LinewatchError onnx-name where it is taken: ONNX wants each name once, inner graphs included */
  #claim(name: string): string {
    if (this.#names.has(name)) throw new LinewatchError('onnx-name', { name });
    this.#names.add(name);
    return name;
  }
}
