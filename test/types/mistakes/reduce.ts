// Mistakes with reductions and ops along an axis.

import { type Mistake, mistake } from "./mistake.ts";

export const reduce: readonly Mistake[] = [
  mistake(
    "sum({ axis: 3 })(zeros([2, 3]))",
    "zeros([2, 3])",
    "sum: axis in −2…1 expected for rank 2, got 3",
  ),
  mistake(
    "sum({ axis: -3, keepDims: true })(zeros([2, 3]))",
    "zeros([2, 3])",
    "sum: axis in −2…1 expected for rank 2, got −3",
  ),
  mistake(
    "mean({ axis: [0, 2] })(zeros([2, 3]))",
    "zeros([2, 3])",
    "mean: axis in −2…1 expected for rank 2, got 2",
  ),
  mistake(
    "mean({ axis: [1, -1] })(zeros([2, 3]))",
    "zeros([2, 3])",
    "mean: each axis once expected, got axis −1 twice",
  ),
  mistake(
    "sum({ axis: 0 })(scalar(1))",
    "scalar(1)",
    "sum: a tensor with axes expected, got axis 0 for a scalar",
  ),
  mistake(
    "sum(zeros([2], 'bool'))",
    "zeros([2], 'bool')",
    "sum: dtype f32, f64 or i32 expected, got bool",
  ),
  mistake("any(zeros([2]))", "zeros([2])", "any: dtype bool expected, got f32"),
  mistake(
    "variance({ axis: 2 })(zeros([2, 3]))",
    "zeros([2, 3])",
    "variance: axis in −2…1 expected for rank 2, got 2",
  ),
  mistake(
    "argmax({ axis: 1 })(zeros([5]))",
    "zeros([5])",
    "argmax: axis in −1…0 expected for rank 1, got 1",
  ),
  mistake(
    "softmax({ axis: 2 })(zeros([2, 3]))",
    "zeros([2, 3])",
    "softmax: axis in −2…1 expected for rank 2, got 2",
  ),
  mistake(
    "softmax(scalar(1))",
    "scalar(1)",
    "softmax: a tensor with axes expected, got axis −1 for a scalar",
  ),
  mistake(
    "softmax(zeros([2], 'i32'))",
    "zeros([2], 'i32')",
    "softmax: dtype f32 or f64 expected, got i32",
  ),
  mistake(
    "cumsum({ axis: -2 })(zeros([5]))",
    "zeros([5])",
    "cumsum: axis in −1…0 expected for rank 1, got −2",
  ),
  mistake(
    "flip({ axis: [0, 0] })(zeros([2, 3]))",
    "zeros([2, 3])",
    "flip: each axis once expected, got axis 0 twice",
  ),
  mistake(
    "sort({ axis: 1 })(zeros([5]))",
    "zeros([5])",
    "sort: axis in −1…0 expected for rank 1, got 1",
  ),
];
