import type { OnnxGraph, OnnxValue } from '../../../shared/onnx/graph.ts';
import { floats } from '../../../shared/onnx/proto.ts';
import { float32Tensor } from '../../../shared/tensor.ts';
import { putBack, scalar, sharedOut } from './contributions.ts';
import type { Forest, TypicalScore } from './isolation-forest.ts';
import type { WindowShape } from './shape.ts';

/**
 * An isolation forest inside a model: the trees as TreeEnsembleRegressor of ai.onnx.ml, which ONNX Runtime has native and as WebAssembly. What a column is
 * put back to, to see how much it weighs, are its typical values.
 * @param rows [batch, width]
 * @returns [batch, columns]: errors whose root mean square is what `forestError` gives
 */
export function forestInGraph(
  graph: OnnxGraph,
  rows: OnnxValue,
  forest: Forest,
  shape: WindowShape,
  { mean, deviation }: TypicalScore,
): OnnxValue {
  const typical = graph.constant(float32Tensor([1, shape.width], forest.typical));
  const depths = graph.node('TreeEnsembleRegressor', [putBack(graph, rows, typical, shape)], treeAttributes(forest), 'ai.onnx.ml');
  const scores = graph.node('Pow', [scalar(graph, 2), graph.node('Neg', [depths])]);
  return sharedOut(graph, scores, shape, (own) => {
    const above = graph.node('Div', [graph.node('Sub', [own, scalar(graph, mean)]), scalar(graph, deviation)]);
    const root = graph.node('Relu', [graph.node('Add', [above, scalar(graph, 1)])]);
    return graph.node('Mul', [root, root]);
  });
}

/** Leaves weigh their depth as a part of the normal depth of all trees, so that the sum is the exponent of the score. */
function treeAttributes({ trees, normalDepth }: Forest) {
  const nodes = trees.flatMap((tree, id) => tree.feature.map((feature, node) => ({ id, node, feature, tree })));
  const leaves = nodes.filter(({ feature }) => feature < 0);
  return {
    n_targets: 1,
    nodes_treeids: nodes.map(({ id }) => id),
    nodes_nodeids: nodes.map(({ node }) => node),
    nodes_featureids: nodes.map(({ feature }) => Math.max(0, feature)),
    nodes_modes: nodes.map(({ feature }) => (feature < 0 ? 'LEAF' : 'BRANCH_LEQ')),
    nodes_values: floats(nodes.map(({ tree, node }) => tree.threshold[node] as number)),
    nodes_truenodeids: nodes.map(({ tree, node }) => tree.left[node] as number),
    nodes_falsenodeids: nodes.map(({ tree, node, feature }) => (feature < 0 ? 0 : (tree.left[node] as number) + 1)),
    target_treeids: leaves.map(({ id }) => id),
    target_nodeids: leaves.map(({ node }) => node),
    target_ids: leaves.map(() => 0),
    target_weights: floats(leaves.map(({ tree, node }) => (tree.depth[node] as number) / trees.length / normalDepth)),
  };
}
