// Mistakes in the middle of a pipe: the error is at the step that does not fit.

import { type Mistake, mistake } from "./mistake.ts";

export const pipes: readonly Mistake[] = [
  mistake(
    "pipe(zeros([32, 784]), relu, matmul(zeros([512, 10])), sum({ axis: 0 }))",
    "matmul(zeros([512, 10]))",
    "matmul: inner dimensions equal expected, got [32, 784] · [512, 10] (784 ≠ 512)",
  ),
  mistake(
    "pipe(zeros([32, 784]), add(zeros([784])), relu, matmul(zeros([784, 10])), sum({ axis: 2 }))",
    "sum({ axis: 2 })",
    "sum: axis in −2…1 expected for rank 2, got 2",
  ),
  mistake(
    "pipe(zeros([32, 784]), add(zeros([32])), relu)",
    "add(zeros([32]))",
    "add: shapes that broadcast expected, got [32, 784] and [32] (axis −1: 784 ≠ 32)",
  ),
  mistake(
    "pipe(zeros([2, 3]), sum, transpose, relu)",
    "transpose",
    "transpose: at least two axes expected, got shape []",
  ),
  mistake(
    "pipe(zeros([2, 3]), cast('i32'), softmax, sum)",
    "softmax",
    "softmax: dtype f32 or f64 expected, got i32",
  ),
  mistake(
    "pipe(zeros([1, 28, 28, 3]), conv2d({ pad: 1 })(zeros([3, 3, 3, 8])), relu, conv2d(zeros([3, 3, 4, 8])))",
    "conv2d(zeros([3, 3, 4, 8]))",
    "conv2d: channels of input and filter equal expected, got [1, number, number, 8] and [3, 3, 4, 8] (8 ≠ 4)",
    "heights and widths are known at run time",
  ),
  mistake(
    "pipe(zeros([8, 16]), reshape([2, 4, 16]), permute([1, 0, 2]), reshape([4, 33]))",
    "reshape([4, 33])",
    "reshape: a shape of as many elements expected, got [4, 2, 16] → [4, 33] (128 ≠ 132)",
  ),
];
