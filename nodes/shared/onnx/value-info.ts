/** ONNX's description of an input or output (ValueInfoProto, TypeProto), read. */
import { elementTypeName } from './element-types.ts';
import type { ProtoReader } from './protobuf-reader.ts';

export type ValueKind = 'tensor' | 'sparse-tensor' | 'sequence' | 'map' | 'optional' | 'opaque' | 'unknown';

export interface ValueInfo {
  name: string;
  kind: ValueKind;
  /** Of a tensor its element type, e.g. `float32`; of others the whole type, e.g. `sequence<map<int64, float32>>`. */
  type: string;
  /** Of a tensor, unless even its rank is open. A text names a dimension known only when the model runs; `?` has no name. */
  dims?: (number | string)[];
}

type ValueType = Omit<ValueInfo, 'name'>;

const UNKNOWN: ValueType = { kind: 'unknown', type: 'unknown' };
/** Far more than any runtime takes. */
const MOST_DIMS = 1000;

/** ValueInfoProto, from the reader's position to `end`. @param mostNameBytes longer names are refused (model-file-limit) */
export async function readValueInfo(reader: ProtoReader, end: number, mostNameBytes: number): Promise<ValueInfo> {
  let name = '';
  let type = UNKNOWN;
  await reader.message(end, {
    blocks: {
      1: async (inner) => {
        name = await reader.text(inner, mostNameBytes, 'value_info.name');
      },
      2: async (inner) => {
        type = await readType(reader, inner, mostNameBytes);
      },
    },
  });
  return { name, ...type };
}

/** TypeProto: one of several kinds. */
async function readType(reader: ProtoReader, end: number, mostNameBytes: number): Promise<ValueType> {
  let type = UNKNOWN;
  const tensor = (kind: ValueKind) => async (inner: number) => {
    type = await readTensorType(reader, inner, kind, mostNameBytes);
    if (kind !== 'tensor') type = { ...type, type: `${kind}<${type.type}>` };
  };
  const around = (kind: ValueKind) => async (inner: number) => {
    const parts = await readParts(reader, inner, mostNameBytes);
    type = { kind, type: `${kind}<${parts.join(', ')}>` };
  };
  await reader.message(end, {
    blocks: {
      1: tensor('tensor'),
      4: around('sequence'),
      5: around('map'),
      7: () => {
        type = { kind: 'opaque', type: 'opaque' };
      },
      8: tensor('sparse-tensor'),
      9: around('optional'),
    },
  });
  return type;
}

/** TypeProto.Tensor. */
async function readTensorType(reader: ProtoReader, end: number, kind: ValueKind, mostNameBytes: number): Promise<ValueType> {
  let type = elementTypeName(0);
  let dims: (number | string)[] | undefined;
  await reader.message(end, {
    integers: {
      1: (value) => {
        type = elementTypeName(value);
      },
    },
    blocks: {
      2: async (inner) => {
        const shape: (number | string)[] = [];
        dims = shape;
        await reader.message(inner, {
          blocks: {
            1: async (dimEnd) => {
              if (shape.length >= MOST_DIMS) throw reader.limit('dims', MOST_DIMS);
              shape.push(await readDimension(reader, dimEnd, mostNameBytes));
            },
          },
        });
      },
    },
  });
  return { kind, type, ...(dims === undefined ? {} : { dims }) };
}

/** TensorShapeProto.Dimension. Some exporters write -1 where they mean an open one. */
async function readDimension(reader: ProtoReader, end: number, mostNameBytes: number): Promise<number | string> {
  let dim: number | string = '?';
  await reader.message(end, {
    integers: {
      1: (value) => {
        dim = value < 0 ? '?' : value;
      },
    },
    blocks: {
      2: async (inner) => {
        dim = (await reader.text(inner, mostNameBytes, 'dim_param')) || '?';
      },
    },
  });
  return dim;
}

/** TypeProto.Sequence, Map and Optional: a map's key type is a number, all else types again. */
async function readParts(reader: ProtoReader, end: number, mostNameBytes: number): Promise<string[]> {
  const parts: string[] = [];
  const part = async (inner: number) => {
    parts.push((await readType(reader, inner, mostNameBytes)).type);
  };
  await reader.message(end, {
    integers: {
      1: (value) => {
        parts.push(elementTypeName(value));
      },
    },
    blocks: { 1: part, 2: part },
  });
  return parts;
}
