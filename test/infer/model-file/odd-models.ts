/** Model files that the graph writer does not write, as ONNX's messages say (github.com/onnx/onnx, onnx.proto). */
import { valueInfoProto } from '../../../nodes/shared/onnx/proto.ts';
import { ProtoMessage } from '../../../nodes/shared/onnx/protobuf.ts';

export interface Weights {
  location: string;
  offset?: number;
  length?: number;
}

/** StringStringEntryProto. */
export function entry(key: string, value: string): ProtoMessage {
  return new ProtoMessage().text(1, key).text(2, value);
}

/** TensorProto: three float32 values that stand in a file beside the model. */
export function outsideTensor(name: string, { location, offset, length }: Weights): ProtoMessage {
  const tensor = new ProtoMessage().integer(1, 3).integer(2, 1).text(8, name).message(13, entry('location', location));
  if (offset !== undefined) tensor.message(13, entry('offset', String(offset)));
  if (length !== undefined) tensor.message(13, entry('length', String(length)));
  return tensor.integer(14, 1);
}

/** ModelProto around a GraphProto. */
export function modelOf(graph: ProtoMessage): Uint8Array {
  return new ProtoMessage().integer(1, 8).message(7, graph).message(8, new ProtoMessage().text(1, '').integer(2, 17)).toBytes();
}

/** NodeProto without inputs and outputs. */
export function nodeOf(operator: string, attribute?: ProtoMessage): ProtoMessage {
  const node = new ProtoMessage().text(4, operator);
  return attribute === undefined ? node : node.message(5, attribute);
}

/** y = x · w, three values, with w in a file beside the model. */
export function outsideModel(weights: Weights): Uint8Array {
  const mul = new ProtoMessage().text(1, 'x').text(1, 'w').text(2, 'y').text(4, 'Mul');
  const graph = new ProtoMessage().message(1, mul).text(2, 'outside').message(5, outsideTensor('w', weights));
  return modelOf(graph.message(11, valueInfoProto('x', 'float32', [3])).message(12, valueInfoProto('y', 'float32', [3])));
}
