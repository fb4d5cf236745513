// Mistakes with layers, told in the words of the op inside under the name of the layer.

import { layerMistake, type Mistake, mistake } from "./mistake.ts";

const linear = "Linear.init(key(0), { inputs: 512, outputs: 10 })";
const broadcasts = "mul, inside, asks for shapes that broadcast, which a size of 1 does";

const gru = "Gru.cell(Gru.init(key(0), { inputs: 3, hidden: 2 }))";
const rnn = "Rnn.cell(Rnn.init(key(0), { inputs: 3, hidden: 2 }))";
const lstm = "Lstm.cell(Lstm.init(key(0), { inputs: 3, hidden: 2 }))";

export const layers: readonly Mistake[] = [
  layerMistake(
    "matmul",
    `Linear.apply(${linear})(zeros([32, 784]))`,
    "zeros([32, 784])",
    "Linear.apply: inner dimensions equal expected, got [32, 784] · [512, 10] (784 ≠ 512)",
  ),
  layerMistake(
    "matmul",
    `pipe(zeros([32, 784]), relu, Linear.apply(${linear}))`,
    `Linear.apply(${linear})`,
    "Linear.apply: inner dimensions equal expected, got [32, 784] · [512, 10] (784 ≠ 512)",
  ),
  layerMistake(
    "matmul",
    "Linear.apply({ weight: zeros([3, 2]), bias: zeros([2]) })(zeros([5, 4]))",
    "zeros([5, 4])",
    "Linear.apply: inner dimensions equal expected, got [5, 4] · [3, 2] (4 ≠ 3)",
  ),
  layerMistake(
    "matmul",
    `Linear.apply(${linear})(scalar(2))`,
    "scalar(2)",
    "Linear.apply: at least one axis expected, got [] · [512, 10]",
  ),
  mistake(
    "Linear.apply(Linear.init(key(0), { inputs: dim('hidden', 8), outputs: 2 }))(zeros([dim('time', 9)]))",
    "zeros([dim('time', 9)])",
    "Linear.apply: inner dimensions equal expected, got [time] · [hidden, 2] (time ≠ hidden)",
    "names are numbers at run time",
  ),
  layerMistake(
    "take",
    "Embedding.apply(Embedding.init(key(0), { symbols: 65, width: 8 }))(zeros([5, 4]))",
    "zeros([5, 4])",
    "Embedding.apply: indices of dtype i32 expected, got f32",
  ),
  layerMistake(
    "matmul",
    "Embedding.scores(Embedding.init(key(0), { symbols: 65, width: 8 }))(zeros([5, 65]))",
    "zeros([5, 65])",
    "Embedding.scores: inner dimensions equal expected, got [5, 65] · [8, 65] (65 ≠ 8)",
  ),
  mistake(
    "LayerNorm.apply(LayerNorm.init(4))(zeros([5, 3]))",
    "zeros([5, 3])",
    "LayerNorm.apply: a last axis as long as the gain expected, got [5, 3] and [4] (3 ≠ 4)",
    broadcasts,
  ),
  mistake(
    "LayerNorm.apply(LayerNorm.init(1))(zeros([5, 3]))",
    "zeros([5, 3])",
    "LayerNorm.apply: a last axis as long as the gain expected, got [5, 3] and [1] (3 ≠ 1)",
    broadcasts,
  ),
  mistake(
    "pipe(zeros([5, 3]), RmsNorm.apply({ gain: ones([4]) }, { epsilon: 0 }))",
    "RmsNorm.apply({ gain: ones([4]) }, { epsilon: 0 })",
    "RmsNorm.apply: a last axis as long as the gain expected, got [5, 3] and [4] (3 ≠ 4)",
    broadcasts,
  ),
  mistake(
    "GroupNorm.apply(GroupNorm.init(4), { groups: 2 })(zeros([5, 7, 6]))",
    "zeros([5, 7, 6])",
    "GroupNorm.apply: a last axis as long as the gain expected, got [5, 7, 6] and [4] (6 ≠ 4)",
    broadcasts,
  ),
  layerMistake(
    "mean",
    "RmsNorm.apply(RmsNorm.init(4))(scalar(2))",
    "scalar(2)",
    "RmsNorm.apply: a tensor with axes expected, got axis −1 for a scalar",
  ),
  layerMistake(
    "matmul",
    `${gru}(zeros([5, 4]), zeros([5, 2]))`,
    "zeros([5, 4])",
    "Gru.cell: inner dimensions equal expected, got [5, 4] · [3, 6] (4 ≠ 3)",
  ),
  layerMistake(
    "matmul",
    `${gru}(zeros([5, 3]), zeros([5, 3]))`,
    "zeros([5, 3])",
    "Gru.cell: inner dimensions equal expected, got [5, 3] · [2, 6] (3 ≠ 2)",
  ),
  layerMistake(
    "add",
    `${gru}(zeros([5, 3]), zeros([4, 2]))`,
    "zeros([4, 2])",
    "Gru.cell: shapes that broadcast expected, got [5, 2] and [4, 2] (axis −2: 5 ≠ 4)",
  ),
  layerMistake(
    "matmul",
    `${rnn}(zeros([5, 4]), zeros([5, 2]))`,
    "zeros([5, 4])",
    "Rnn.cell: inner dimensions equal expected, got [5, 4] · [3, 2] (4 ≠ 3)",
  ),
  mistake(
    `${rnn}(zeros([5, 3]), zeros([5, 2], 'f64'))`,
    "zeros([5, 2], 'f64')",
    "Rnn.cell: equal dtypes expected, got f32 and f64",
    "the product with the weights, of f32 or f64, comes first",
  ),
  layerMistake(
    "matmul",
    `${lstm}(zeros([5, 3]), { h: zeros([5, 3]), c: zeros([5, 2]) })`,
    "h",
    "Lstm.cell: inner dimensions equal expected, got [5, 3] · [2, 8] (3 ≠ 2)",
  ),
  layerMistake(
    "mul",
    `${lstm}(zeros([5, 3]), { h: zeros([5, 2]), c: zeros([4, 2]) })`,
    "c",
    "Lstm.cell: shapes that broadcast expected, got [5, 2] and [4, 2] (axis −2: 5 ≠ 4)",
  ),
  layerMistake(
    "matmul",
    "Attention.apply(Attention.init(key(0), { width: 8 }), { heads: 2 })(zeros([4, 5, 6]))",
    "zeros([4, 5, 6])",
    "Attention.apply: inner dimensions equal expected, got [4, 5, 6] · [8, 24] (6 ≠ 8)",
  ),
  mistake(
    "Attention.apply(Attention.init(key(0), { width: 8 }), { heads: 2 })(zeros([4, 5, 8]), zeros([4, 7, 6]))",
    "zeros([4, 7, 6])",
    "Attention.apply: inner dimensions equal expected, got [4, 7, 6] · [8, 24] (6 ≠ 8)",
    "the context is multiplied by the part of the weight that makes keys and values",
  ),
  layerMistake(
    "conv2d",
    "Conv.apply(Conv.init(key(0), { channels: 3, filters: 16, size: 5 }))(zeros([8, 32, 32, 4]))",
    "zeros([8, 32, 32, 4])",
    "Conv.apply: channels of input and filter equal expected, got [8, 32, 32, 4] and [5, 5, 3, 16] (4 ≠ 3)",
  ),
  layerMistake(
    "conv1d",
    "Conv.apply(Conv.init(key(0), { channels: 3, filters: 16, size: [7] }))(zeros([8, 32, 32, 3]))",
    "zeros([8, 32, 32, 3])",
    "Conv.apply: rank 3 expected, got [8, 32, 32, 3]",
  ),
  layerMistake(
    "conv2d",
    "Conv.apply(Conv.init(key(0), { channels: 4, filters: 8, size: 3, groups: 2 }), { groups: 2 })(zeros([8, 9, 9, 6]))",
    "zeros([8, 9, 9, 6])",
    "Conv.apply: channels of input and filter equal expected, got [8, 9, 9, 6] and [3, 3, 2, 8] (6 ≠ 2 · 2)",
  ),
  layerMistake(
    "matmul",
    "Gcn.apply(Gcn.init(key(0), { inputs: 3, outputs: 2 }), eye(4))(zeros([5, 4, 6]))",
    "zeros([5, 4, 6])",
    "Gcn.apply: inner dimensions equal expected, got [5, 4, 6] · [3, 2] (6 ≠ 3)",
  ),
  layerMistake(
    "matmul",
    "Gcn.apply(Gcn.init(key(0), { inputs: 3, outputs: 2 }), eye(4))(zeros([5, 6, 3]))",
    "zeros([5, 6, 3])",
    "Gcn.apply: inner dimensions equal expected, got [4, 4] · [5, 6, 2] (4 ≠ 6)",
  ),
  layerMistake(
    "matmul",
    "GraphConvolution.apply(GraphConvolution.init(key(0), { inputs: 3, outputs: 2, adjacencies: 1 }), [eye(4)])(zeros([4, 6]))",
    "zeros([4, 6])",
    "GraphConvolution.apply: inner dimensions equal expected, got [4, 6] · [3, 2] (6 ≠ 3)",
  ),
];
