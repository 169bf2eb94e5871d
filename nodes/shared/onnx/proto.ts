/** ONNX's messages (github.com/onnx/onnx, onnx.proto3): how our tensors, shapes and attributes are written as them. */
import { describe, LinewatchError } from '../errors.ts';
import { elementCount, type Tensor, type TensorType } from '../tensor.ts';
import { dataTypes } from './element-types.ts';
import { ProtoMessage } from './protobuf.ts';

/** A dimension: its size, or the name of one that is known only when the model runs. */
export type Dim = number | string;

/** An attribute that is a real number; a plain number is an integer attribute. */
export interface FloatAttribute {
  readonly float: number;
}
export interface FloatsAttribute {
  readonly floats: readonly number[];
}

/** Anything that writes itself as a GraphProto: the bodies of Loop, If and Scan. */
export interface GraphAttribute {
  toProto(): ProtoMessage;
}

/** integer, integers, text, texts, real number(s), tensor, graph. */
export type Attribute =
  | number
  | bigint
  | readonly number[]
  | string
  | readonly string[]
  | FloatAttribute
  | FloatsAttribute
  | Tensor
  | GraphAttribute;

/** A real-number attribute, e.g. `{ alpha: float(0.1) }`. */
export function float(value: number): FloatAttribute {
  return { float: value };
}

/** A list of real numbers as attribute, e.g. `{ scales: floats([1, 2]) }`. */
export function floats(values: readonly number[]): FloatsAttribute {
  return { floats: values };
}

/** TensorProto. @throws LinewatchError tensor-length where dims and data do not agree */
export function tensorProto(tensor: Tensor, name = ''): ProtoMessage {
  const { type, dims, data } = tensor;
  if (elementCount(dims) !== data.length) {
    throw new LinewatchError('tensor-length', {
      name: name === '' ? type : name,
      dims: dims.join('×'),
      expected: elementCount(dims),
      got: data.length,
    });
  }
  const proto = new ProtoMessage();
  for (const dim of dims) proto.integer(1, dim);
  proto.integer(2, dataTypes[type]);
  if (Array.isArray(data)) {
    for (const text of data) proto.text(6, text);
  }
  if (name !== '') proto.text(8, name);
  // raw_data is little-endian, as is every processor that Node-RED's Node.js is built for but s390x.
  if (!Array.isArray(data)) proto.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return proto;
}

/** ValueInfoProto of a tensor. */
export function valueInfoProto(name: string, type: TensorType, dims: readonly Dim[]): ProtoMessage {
  const shape = new ProtoMessage();
  for (const dim of dims) {
    shape.message(1, typeof dim === 'number' ? new ProtoMessage().integer(1, dim) : new ProtoMessage().text(2, dim));
  }
  const tensorType = new ProtoMessage().integer(1, dataTypes[type]).message(2, shape);
  return new ProtoMessage().text(1, name).message(2, new ProtoMessage().message(1, tensorType));
}

/** AttributeProto. @throws LinewatchError onnx-attribute where the value fits no kind of attribute */
export function attributeProto(name: string, value: Attribute): ProtoMessage {
  const proto = new ProtoMessage().text(1, name);
  if (typeof value === 'string') return proto.text(4, value).integer(20, 3);
  if (typeof value === 'bigint' || Number.isInteger(value)) return proto.integer(3, value as number | bigint).integer(20, 2);
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every((item) => typeof item === 'string')) {
      for (const item of value) proto.text(9, item);
      return proto.integer(20, 8);
    }
    if (value.every((item) => Number.isInteger(item))) {
      for (const item of value as number[]) proto.integer(8, item);
      return proto.integer(20, 7);
    }
  } else if (typeof value === 'object') {
    if ('float' in value) return proto.float(2, value.float).integer(20, 1);
    if ('floats' in value) {
      for (const item of value.floats) proto.float(7, item);
      return proto.integer(20, 6);
    }
    if ('toProto' in value) return proto.message(6, value.toProto()).integer(20, 5);
    if ('dims' in value) return proto.message(5, tensorProto(value)).integer(20, 4);
  }
  throw new LinewatchError('onnx-attribute', { name, got: describe(value) });
}
