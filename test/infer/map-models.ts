/** Models with values that are no tensors, as ONNX's messages say (github.com/onnx/onnx, onnx.proto). */
import { attributeProto, valueInfoProto } from '../../nodes/shared/onnx/proto.ts';
import { ProtoMessage } from '../../nodes/shared/onnx/protobuf.ts';

const FLOAT = 1;
const INT64 = 7;

/** TypeProto: tensor(float) without a shape. */
const floatTensor = () => new ProtoMessage().message(1, new ProtoMessage().integer(1, FLOAT));
/** TypeProto: sequence(element). */
const sequence = (element: ProtoMessage) => new ProtoMessage().message(4, new ProtoMessage().message(1, element));
/** TypeProto: map(int64, tensor(float)). */
const map = () => new ProtoMessage().message(5, new ProtoMessage().integer(1, INT64).message(2, floatTensor()));
const valueInfo = (name: string, type: ProtoMessage) => new ProtoMessage().text(1, name).message(2, type);

function node(operator: string, input: string, output: string, domain = ''): ProtoMessage {
  return new ProtoMessage().text(1, input).text(2, output).text(4, operator).text(7, domain);
}

function modelOf(graph: ProtoMessage): Uint8Array {
  const model = new ProtoMessage().integer(1, 8).message(7, graph);
  for (const [domain, version] of [
    ['', 17],
    ['ai.onnx.ml', 3],
  ] as const) {
    model.message(8, new ProtoMessage().text(1, domain).integer(2, version));
  }
  return model.toBytes();
}

/** What scikit-learn exports: the probabilities of three classes as a list of maps. `withTensor`: also as a tensor. */
export function zipMapModel(withTensor: boolean): Uint8Array {
  const graph = new ProtoMessage();
  graph.message(1, node('ZipMap', 'x', 'output_probability', 'ai.onnx.ml').message(5, attributeProto('classlabels_int64s', [0, 1, 2])));
  if (withTensor) graph.message(1, node('Identity', 'x', 'probabilities'));
  graph.text(2, 'classifier').message(11, valueInfoProto('x', 'float32', ['batch', 3]));
  graph.message(12, valueInfo('output_probability', sequence(map())));
  if (withTensor) graph.message(12, valueInfoProto('probabilities', 'float32', ['batch', 3]));
  return modelOf(graph);
}

/** y = how many tensors a list of them has. */
export function listModel(): Uint8Array {
  const graph = new ProtoMessage().message(1, node('SequenceLength', 'readings', 'y')).text(2, 'list');
  graph.message(11, valueInfo('readings', sequence(floatTensor()))).message(12, valueInfoProto('y', 'int64', []));
  return modelOf(graph);
}

/** y = x, with an input of any number of dimensions. */
export function anyRankModel(): Uint8Array {
  const graph = new ProtoMessage().message(1, node('Identity', 'x', 'y')).text(2, 'any');
  return modelOf(graph.message(11, valueInfo('x', floatTensor())).message(12, valueInfo('y', floatTensor())));
}
