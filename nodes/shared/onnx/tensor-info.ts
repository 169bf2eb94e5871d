/** Where a tensor of an ONNX file keeps its values (TensorProto, StringStringEntryProto), read. */
import type { ProtoReader } from './protobuf-reader.ts';

export interface TensorInfo {
  name: string;
  /** Files that hold its values, as the model writes them; none where the values are in the model itself. */
  locations: string[];
  /** How long these files must be. */
  externalBytes: number;
}

/** TensorProto.DataLocation. */
const EXTERNAL = 1;
const MOST_LOCATIONS = 100;

/** TensorProto, from the reader's position to `end`. @param mostBytes longer names are refused (model-file-limit) */
export async function readTensorInfo(reader: ProtoReader, end: number, mostBytes: number): Promise<TensorInfo> {
  let name = '';
  const locations: string[] = [];
  let offset = 0;
  let length = 0;
  let isExternal = false;
  await reader.message(end, {
    integers: {
      14: (value) => {
        // An enumeration is 32 bits wide, whatever is written above them.
        if (value % 2 ** 32 === EXTERNAL) isExternal = true;
      },
    },
    blocks: {
      8: async (inner) => {
        name = await reader.text(inner, mostBytes, 'tensor.name');
      },
      13: async (inner) => {
        const { key, value } = await readEntry(reader, inner, mostBytes);
        // Should there be several, each is checked: who knows which one a runtime takes.
        if (key === 'location') locations.push(value);
        if (key === 'offset') offset = Number(value) || 0;
        if (key === 'length') length = Number(value) || 0;
        if (locations.length > MOST_LOCATIONS) throw reader.limit('external_data', MOST_LOCATIONS);
      },
    },
  });
  return { name, locations: isExternal ? locations : [], externalBytes: offset + length };
}

/** StringStringEntryProto. */
export async function readEntry(reader: ProtoReader, end: number, mostBytes: number): Promise<{ key: string; value: string }> {
  const entry = { key: '', value: '' };
  await reader.message(end, {
    blocks: {
      1: async (inner) => {
        entry.key = await reader.text(inner, mostBytes, 'key');
      },
      2: async (inner) => {
        entry.value = await reader.text(inner, mostBytes, 'value');
      },
    },
  });
  return entry;
}
