// Mistakes with ops that move elements, join tensors and take them apart.

import { type Mistake, mistake } from "./mistake.ts";

export const structure: readonly Mistake[] = [
  mistake(
    "reshape([32, 785])(zeros([32, 28, 28]))",
    "zeros([32, 28, 28])",
    "reshape: a shape of as many elements expected, got [32, 28, 28] → [32, 785] (25088 ≠ 25120)",
  ),
  mistake(
    "reshape([dim('batch', 2), 785])(zeros([dim('batch', 2), 28, 28]))",
    "zeros([dim('batch', 2), 28, 28])",
    "reshape: a shape of as many elements expected, got [batch, 28, 28] → [batch, 785] (784 ≠ 785)",
    "names are numbers at run time",
  ),
  mistake(
    "reshape([-1, -1])(zeros([4]))",
    "[-1, -1]",
    "reshape: whole sizes, at most one of them −1, expected, got [-1, -1]",
  ),
  mistake(
    "reshape([-2])(zeros([4]))",
    "[-2]",
    "reshape: whole sizes, at most one of them −1, expected, got [-2]",
  ),
  mistake(
    "permute([1, 0, 0])(zeros([2, 3, 4]))",
    "zeros([2, 3, 4])",
    "permute: each axis of [2, 3, 4] once expected, got [1, 0, 0]",
  ),
  mistake(
    "permute([-1, 1])(zeros([2, 3]))",
    "zeros([2, 3])",
    "permute: each axis of [2, 3] once expected, got [1, 1]",
  ),
  mistake(
    "permute([1, 0])(zeros([2, 3, 4]))",
    "zeros([2, 3, 4])",
    "permute: each axis of [2, 3, 4] once expected, got [1, 0]",
  ),
  mistake(
    "permute([0, 1, 3])(zeros([2, 3, 4]))",
    "zeros([2, 3, 4])",
    "permute: axis in −3…2 expected for rank 3, got 3",
  ),
  mistake(
    "transpose(zeros([3]))",
    "zeros([3])",
    "transpose: at least two axes expected, got shape [3]",
  ),
  mistake(
    "expand([32, 64])(zeros([10]))",
    "zeros([10])",
    "expand: a shape that it broadcasts to expected, got [10] → [32, 64]",
  ),
  mistake(
    "expand([1])(zeros([3]))",
    "zeros([3])",
    "expand: a shape that it broadcasts to expected, got [3] → [1]",
  ),
  mistake(
    "expand([3])(zeros([1, 3]))",
    "zeros([1, 3])",
    "expand: a shape that it broadcasts to expected, got [1, 3] → [3]",
  ),
  mistake(
    "expandDims(3)(zeros([2, 3]))",
    "zeros([2, 3])",
    "expandDims: axis in −3…2 expected for rank 3, got 3",
  ),
  mistake(
    "squeeze(1)(zeros([1, 3, 1]))",
    "zeros([1, 3, 1])",
    "squeeze: size 1 expected on axis 1, got 3 in [1, 3, 1]",
  ),
  mistake(
    "squeeze(-4)(zeros([1, 3, 1]))",
    "zeros([1, 3, 1])",
    "squeeze: axis in −3…2 expected for rank 3, got −4",
  ),
  mistake(
    "pad({ widths: [[1, 1]] })(zeros([2, 3]))",
    "zeros([2, 3])",
    "pad: [before, after] of whole numbers ≥ 0 for each axis of [2, 3] expected, got [[1,1]]",
  ),
  mistake(
    "slice({ start: [0, 0, 1] })(zeros([2, 3]))",
    "zeros([2, 3])",
    "slice: at most 2 entries for shape [2, 3] expected, got 3",
  ),
  mistake(
    "concat({ axis: 1 })([zeros([2, 3]), zeros([4, 3])])",
    "[zeros([2, 3]), zeros([4, 3])]",
    "concat: shapes that agree except on axis 1 expected, got [2, 3], [4, 3]",
  ),
  mistake(
    "concat()([zeros([2, 3]), zeros([4])])",
    "[zeros([2, 3]), zeros([4])]",
    "concat: shapes that agree except on axis 0 expected, got [2, 3], [4]",
  ),
  mistake(
    "concat({ axis: 2 })([zeros([2, 3]), zeros([4, 3])])",
    "[zeros([2, 3]), zeros([4, 3])]",
    "concat: axis in −2…1 expected for rank 2, got 2",
  ),
  mistake(
    "concat()([zeros([2]), zeros([2], 'i32')])",
    "[zeros([2]), zeros([2], 'i32')]",
    "concat: equal dtypes expected, got f32 and i32",
  ),
  mistake(
    "stack()([zeros([2, 3]), zeros([2, 3]), zeros([2, 4])])",
    "[zeros([2, 3]), zeros([2, 3]), zeros([2, 4])]",
    "stack: equal shapes expected, got [2, 3] and [2, 4]",
  ),
  mistake(
    "stack({ axis: -4 })([zeros([2, 3])])",
    "[zeros([2, 3])]",
    "stack: axis in −3…2 expected for rank 3, got −4",
  ),
  mistake(
    "split({ sizes: [4, 5] })(zeros([10, 3]))",
    "zeros([10, 3])",
    "split: whole sizes that add up to 10 (axis 0 of [10, 3]) expected, got [4, 5]",
  ),
  mistake(
    "split({ axis: -1, parts: 2 })(zeros([10, 3]))",
    "zeros([10, 3])",
    "split: whole sizes that add up to 3 (axis 1 of [10, 3]) expected, got 2 equal parts",
  ),
  mistake(
    "split({ axis: 5, parts: 2 })(zeros([10, 3]))",
    "zeros([10, 3])",
    "split: axis in −2…1 expected for rank 2, got 5",
  ),
];
