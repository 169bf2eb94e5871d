/** What an ONNX model says of itself (github.com/onnx/onnx, onnx.proto): everything but its weights. */
import { type ByteSource, ProtoReader } from './protobuf-reader.ts';
import { readEntry, readTensorInfo } from './tensor-info.ts';
import { readValueInfo, type ValueInfo } from './value-info.ts';

export interface OnnxContents {
  /** Version of the file format; 0 where the file does not say. */
  irVersion: number;
  /** Program that wrote the file, with its version. */
  producer: string;
  /** Operator set → version. ONNX's own set is `ai.onnx`. */
  opsets: Record<string, number>;
  /** Free texts that the exporter put in, such as the names of the classes. */
  metadata: Record<string, string>;
  graphName: string;
  /** What the author says of the model; at most 64 kB of it. */
  description: string;
  /** What a run needs. Inputs that the file gives a value to are left out. */
  inputs: ValueInfo[];
  outputs: ValueInfo[];
  /** Operator → how many; operators of other sets than ONNX's own with their set: `com.microsoft.Gelu`. */
  operators: Record<string, number>;
  externalData: ExternalData[];
  /** Whether there is a graph with all that has to follow it: what a file that is cut off lacks. */
  isComplete: boolean;
}

/** A file of weights beside the model. */
export interface ExternalData {
  /** As the model writes it: relative to the model, with slashes. Not checked at all. */
  location: string;
  /** Length the file must have. */
  bytes: number;
}

const MOST_NAME_BYTES = 65_536;
const MOST_TEXT_BYTES = 4 * 2 ** 20;
const MOST_VALUES = 10_000;
const MOST_INITIALIZERS = 1_000_000;
const MOST_NAMES = 100_000;
/** onnx.proto: from this version of the format on a model has to say its operator sets. */
const IR_VERSION_WITH_OPSETS = 3;

/** The fields of a model that have been met; after an error, those before it. */
export class ModelReader {
  #irVersion = 0;
  #producer = '';
  #producerVersion = '';
  #graphName = '';
  #description = '';
  #hasGraph = false;
  readonly #opsets = new Map<string, number>();
  readonly #metadata = new Map<string, string>();
  #metadataBytes = 0;
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #operators = new Map<string, number>();
  readonly #initializers = new Set<string>();
  readonly #external = new Map<string, number>();
  readonly #reader: ProtoReader;
  readonly #end: number;

  /** @param path for error messages */
  constructor(source: ByteSource, path: string) {
    this.#reader = new ProtoReader(source, path);
    this.#end = source.length;
  }

  get contents(): OnnxContents {
    return {
      irVersion: this.#irVersion,
      producer: `${this.#producer} ${this.#producerVersion}`.trim(),
      opsets: Object.fromEntries(this.#opsets),
      metadata: Object.fromEntries(this.#metadata),
      graphName: this.#graphName,
      description: this.#description,
      inputs: this.#inputs.filter(({ name }) => !this.#initializers.has(name)),
      outputs: [...this.#outputs],
      operators: Object.fromEntries(this.#operators),
      externalData: Array.from(this.#external, ([location, bytes]) => ({ location, bytes })),
      isComplete: this.#hasGraph && (this.#opsets.size > 0 || this.#irVersion < IR_VERSION_WITH_OPSETS),
    };
  }

  /** ModelProto. @throws LinewatchError model-file-truncated, model-file-damaged, model-file-limit */
  async read(): Promise<void> {
    await this.#reader.message(this.#end, {
      integers: {
        1: (value) => {
          this.#irVersion = value;
        },
      },
      blocks: {
        2: async (end) => {
          this.#producer = await this.#name(end, 'producer_name');
        },
        3: async (end) => {
          this.#producerVersion = await this.#name(end, 'producer_version');
        },
        6: async (end) => {
          this.#description = await this.#beginning(end);
        },
        7: (end) => this.#mainGraph(end),
        8: (end) => this.#opset(end),
        14: (end) => this.#property(end),
        // Functions of the model's own, written as nodes.
        25: (end) => this.#reader.message(end, { blocks: { 7: (inner) => this.#node(inner) } }),
      },
    });
  }

  /** GraphProto, the outermost. */
  async #mainGraph(end: number): Promise<void> {
    await this.#reader.message(end, {
      blocks: {
        ...this.#graphBlocks((name) => {
          if (this.#initializers.size >= MOST_INITIALIZERS) throw this.#reader.limit('initializers', MOST_INITIALIZERS);
          this.#initializers.add(name);
        }),
        2: async (inner) => {
          this.#graphName = await this.#name(inner, 'graph.name');
        },
        10: async (inner) => {
          if (this.#description === '') this.#description = await this.#beginning(inner);
        },
        11: (inner) => this.#value(inner, this.#inputs, 'graph.input'),
        12: (inner) => this.#value(inner, this.#outputs, 'graph.output'),
      },
    });
    this.#hasGraph = true;
  }

  #graphBlocks(onInitializer: (name: string) => void = () => {}): Record<number, (end: number) => Promise<void>> {
    return {
      1: (end) => this.#node(end),
      5: (end) => this.#tensor(end, onInitializer),
      15: (end) => this.#sparseTensor(end, onInitializer),
    };
  }

  /** NodeProto. */
  async #node(end: number): Promise<void> {
    let operator = '';
    let domain = '';
    await this.#reader.message(end, {
      blocks: {
        4: async (inner) => {
          operator = await this.#name(inner, 'node.op_type');
        },
        5: (inner) => this.#attribute(inner),
        7: async (inner) => {
          domain = await this.#name(inner, 'node.domain');
        },
      },
    });
    const name = domain === '' || domain === 'ai.onnx' ? operator : `${domain}.${operator}`;
    this.#operators.set(name, (this.#operators.get(name) ?? 0) + 1);
    if (this.#operators.size > MOST_NAMES) throw this.#reader.limit('operators', MOST_NAMES);
  }

  /** AttributeProto: one value of one kind. Long lists of numbers (decision trees) are stepped over at once. */
  #attribute(end: number): Promise<void> {
    const graph = (inner: number) => this.#reader.message(inner, { blocks: this.#graphBlocks() });
    const tensor = (inner: number) => this.#tensor(inner);
    const sparse = (inner: number) => this.#sparseTensor(inner);
    return this.#reader.message(end, { blocks: { 5: tensor, 6: graph, 10: tensor, 11: graph, 22: sparse, 23: sparse }, stopAt: [7, 8, 9] });
  }

  /** SparseTensorProto: values and indices. */
  #sparseTensor(end: number, onName?: (name: string) => void): Promise<void> {
    return this.#reader.message(end, { blocks: { 1: (inner) => this.#tensor(inner, onName), 2: (inner) => this.#tensor(inner) } });
  }

  async #tensor(end: number, onName?: (name: string) => void): Promise<void> {
    const { name, locations, externalBytes } = await readTensorInfo(this.#reader, end, MOST_NAME_BYTES);
    onName?.(name);
    for (const location of locations) this.#external.set(location, Math.max(this.#external.get(location) ?? 0, externalBytes));
    if (this.#external.size > MOST_NAMES) throw this.#reader.limit('external_data', MOST_NAMES);
  }

  async #value(end: number, values: ValueInfo[], what: string): Promise<void> {
    if (values.length >= MOST_VALUES) throw this.#reader.limit(what, MOST_VALUES);
    values.push(await readValueInfo(this.#reader, end, MOST_NAME_BYTES));
  }

  /** OperatorSetIdProto. */
  async #opset(end: number): Promise<void> {
    let domain = '';
    let version = 0;
    await this.#reader.message(end, {
      integers: {
        2: (value) => {
          version = value;
        },
      },
      blocks: {
        1: async (inner) => {
          domain = await this.#name(inner, 'opset_import.domain');
        },
      },
    });
    this.#opsets.set(domain === '' ? 'ai.onnx' : domain, version);
    if (this.#opsets.size > MOST_NAMES) throw this.#reader.limit('opset_import', MOST_NAMES);
  }

  async #property(end: number): Promise<void> {
    this.#metadataBytes += end - this.#reader.position;
    if (this.#metadataBytes > MOST_TEXT_BYTES) return;
    const { key, value } = await readEntry(this.#reader, end, MOST_TEXT_BYTES);
    this.#metadata.set(key, value);
  }

  #name(end: number, what: string): Promise<string> {
    return this.#reader.text(end, MOST_NAME_BYTES, what);
  }

  #beginning(end: number): Promise<string> {
    return this.#reader.text(Math.min(end, this.#reader.position + MOST_NAME_BYTES), MOST_NAME_BYTES, 'doc_string');
  }
}
