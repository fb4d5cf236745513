// Mistakes in making tensors.

import { type Mistake, mistake } from "./mistake.ts";

export const create: readonly Mistake[] = [
  mistake(
    "tensor([[1, 2], [3]])",
    "[[1, 2], [3]]",
    "tensor: nested arrays of equal lengths (2 at depth 1) expected, got length 1 at data[1]",
  ),
  mistake(
    "tensor([[[1, 2], [3, 4]], [[5, 6], [7]]])",
    "[[[1, 2], [3, 4]], [[5, 6], [7]]]",
    "tensor: nested arrays of equal lengths (2 at depth 2) expected, got length 1 at data[1][1]",
  ),
  mistake(
    "tensor([[1], 2])",
    "[[1], 2]",
    "tensor: nested arrays of equal lengths (1 at depth 1) expected, got number at data[1]",
  ),
  mistake(
    "tensor([true, [false]])",
    "[true, [false]]",
    "tensor: a number or boolean at the innermost level expected, got an array of length 1 at data[1]",
  ),
  mistake(
    "full([-1, 3], 0)",
    "[-1, 3]",
    "full: a shape of whole, non-negative sizes expected, got [-1, 3]",
  ),
  mistake(
    "normal(zeros([4]), [2, 3])",
    "zeros([4])",
    "normal: a key, i32[4], expected, got f32[4]",
  ),
  mistake(
    "splitKey(zeros([3], 'i32'))",
    "zeros([3], 'i32')",
    "splitKey: a key, i32[4], expected, got i32[3]",
  ),
  mistake(
    "uniform(key(0), [2, -3])",
    "[2, -3]",
    "uniform: a shape of whole, non-negative sizes expected, got [2, -3]",
  ),
  mistake(
    "categorical(key(0), zeros([2, 3]), { axis: 2 })",
    "zeros([2, 3])",
    "categorical: axis in −2…1 expected for rank 2, got 2",
  ),
];
