// Mistakes with reads and writes by index.

import { type Mistake, mistake } from "./mistake.ts";

export const gather: readonly Mistake[] = [
  mistake(
    "take(zeros([1000, 64]), zeros([12]))",
    "zeros([12])",
    "take: indices of dtype i32 expected, got f32",
  ),
  mistake(
    "take({ axis: 2 })(zeros([1000, 64]), zeros([12], 'i32'))",
    "zeros([12], 'i32')",
    "take: axis in −2…1 expected for rank 2, got 2",
  ),
  mistake(
    "take({ axis: 2 })(zeros([12], 'i32'))(zeros([1000, 64]))",
    "zeros([1000, 64])",
    "take: axis in −2…1 expected for rank 2, got 2",
  ),
  mistake(
    "takeAlongAxis({ axis: 1 })(zeros([5, 64]), zeros([4, 3], 'i32'))",
    "zeros([4, 3], 'i32')",
    "takeAlongAxis: shapes that agree except on axis 1 expected, got [5, 64], [4, 3]",
  ),
  mistake(
    "scatterAdd({ size: 1000 })(zeros([32, 12, 64]), zeros([32, 13], 'i32'))",
    "zeros([32, 13], 'i32')",
    "scatterAdd: updates shaped as the indices from axis 0 on expected, got [32, 12, 64] and [32, 13]",
  ),
  mistake(
    "scatterAdd({ size: 1000 })(zeros([32], 'i32'))(zeros([12, 64]))",
    "zeros([12, 64])",
    "scatterAdd: updates shaped as the indices from axis 0 on expected, got [12, 64] and [32]",
  ),
  mistake(
    "scatterAdd({ size: 9, axis: -1 })(zeros([2, 3, 5]), zeros([3], 'i32'))",
    "zeros([3], 'i32')",
    "scatterAdd: updates shaped as the indices from axis −1 on expected, got [2, 3, 5] and [3]",
  ),
  mistake(
    "scatterAdd({ size: 9 })(zeros([3]), zeros([2, 3], 'i32'))",
    "zeros([2, 3], 'i32')",
    "scatterAdd: updates shaped as the indices from axis 0 on expected, got [3] and [2, 3]",
  ),
  mistake(
    "scatterAdd({ size: 9, axis: 2 })(zeros([2, 3, 5]), zeros([2, 3], 'i32'))",
    "zeros([2, 3], 'i32')",
    "scatterAdd: axis in −2…1 expected for rank 2, got 2",
  ),
  mistake(
    "scatterAdd({ size: 9, axis: 3 })(zeros([2, 3]), zeros([], 'i32'))",
    "zeros([], 'i32')",
    "scatterAdd: axis in −3…2 expected for rank 3, got 3",
  ),
  mistake(
    "scatterAddAlongAxis({ size: 9, axis: 1 })(zeros([5, 3]), zeros([5, 2], 'i32'))",
    "zeros([5, 2], 'i32')",
    "scatterAddAlongAxis: equal shapes expected, got [5, 3] and [5, 2]",
  ),
  mistake(
    "oneHot({ classes: 10 })(zeros([3]))",
    "zeros([3])",
    "oneHot: indices of dtype i32 expected, got f32",
  ),
  mistake(
    "topK({ k: 5, axis: 1 })(zeros([9]))",
    "zeros([9])",
    "topK: axis in −1…0 expected for rank 1, got 1",
  ),
  mistake(
    "segmentSum({ segments: 3 })(zeros([9, 4]), zeros([8], 'i32'))",
    "zeros([8], 'i32')",
    "segmentSum: one segment id for each row expected, got [9, 4] and [8] (9 ≠ 8)",
  ),
  mistake(
    "segmentSoftmax({ segments: 3 })(zeros([9], 'i32'))(scalar(1))",
    "scalar(1)",
    "segmentSoftmax: rows and a vector of segment ids expected, got [] and [9]",
  ),
  mistake(
    "segmentSum({ segments: 3 })(zeros([9, 4]), zeros([9]))",
    "zeros([9])",
    "segmentSum: segment ids of dtype i32 expected, got f32",
  ),
  mistake(
    "segmentSum({ segments: 3 })(zeros([9], 'bool'), zeros([9], 'i32'))",
    "zeros([9], 'i32')",
    "segmentSum: dtype f32, f64 or i32 expected, got bool",
  ),
];
