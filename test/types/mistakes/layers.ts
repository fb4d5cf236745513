// Mistakes with layers, told in the words of the op inside under the name of the layer.

import { layerMistake, type Mistake, mistake } from "./mistake.ts";

const linear = "Linear.init(key(0), { inputs: 512, outputs: 10 })";

export const layers: readonly Mistake[] = [
  layerMistake(
    "matmul",
    `Linear.apply(${linear})(zeros([32, 784]))`,
    "zeros([32, 784])",
    "Linear: inner dimensions equal expected, got [32, 784] · [512, 10] (784 ≠ 512)",
  ),
  layerMistake(
    "matmul",
    `pipe(zeros([32, 784]), relu, Linear.apply(${linear}))`,
    `Linear.apply(${linear})`,
    "Linear: inner dimensions equal expected, got [32, 784] · [512, 10] (784 ≠ 512)",
  ),
  layerMistake(
    "matmul",
    "Linear.apply({ weight: zeros([3, 2]), bias: zeros([2]) })(zeros([5, 4]))",
    "zeros([5, 4])",
    "Linear: inner dimensions equal expected, got [5, 4] · [3, 2] (4 ≠ 3)",
  ),
  layerMistake(
    "matmul",
    `Linear.apply(${linear})(scalar(2))`,
    "scalar(2)",
    "Linear: at least one axis expected, got [] · [512, 10]",
  ),
  mistake(
    "Linear.apply(Linear.init(key(0), { inputs: dim('hidden', 8), outputs: 2 }))(zeros([dim('time', 9)]))",
    "zeros([dim('time', 9)])",
    "Linear: inner dimensions equal expected, got [time] · [hidden, 2] (time ≠ hidden)",
    "names are numbers at run time",
  ),
];
