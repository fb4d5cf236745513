// Mistakes with convolution, pooling and resizing.

import { type Mistake, mistake } from "./mistake.ts";

export const image: readonly Mistake[] = [
  mistake(
    "conv2d(zeros([8, 32, 32, 3]), zeros([3, 3, 4, 16]))",
    "zeros([3, 3, 4, 16])",
    "conv2d: channels of input and filter equal expected, got [8, 32, 32, 3] and [3, 3, 4, 16] (3 ≠ 4)",
  ),
  mistake(
    "conv2d({ stride: 2 })(zeros([3, 3, 4, 16]))(zeros([8, 32, 32, 3]))",
    "zeros([8, 32, 32, 3])",
    "conv2d: channels of input and filter equal expected, got [8, 32, 32, 3] and [3, 3, 4, 16] (3 ≠ 4)",
  ),
  mistake(
    "conv2d({ groups: 2 })(zeros([8, 32, 32, 4]), zeros([3, 3, 3, 16]))",
    "zeros([3, 3, 3, 16])",
    "conv2d: channels of input and filter equal expected, got [8, 32, 32, 4] and [3, 3, 3, 16] (4 ≠ 3 · 2)",
  ),
  mistake(
    "conv2d(zeros([32, 32, 3]), zeros([3, 3, 3, 16]))",
    "zeros([3, 3, 3, 16])",
    "conv2d: rank 4 expected, got [32, 32, 3]",
  ),
  mistake(
    "conv1d(zeros([8, 12, 5]), zeros([3, 6, 16]))",
    "zeros([3, 6, 16])",
    "conv1d: channels of input and filter equal expected, got [8, 12, 5] and [3, 6, 16] (5 ≠ 6)",
  ),
  mistake(
    "convTranspose2d({ stride: 2 })(zeros([8, 16, 16, 16]), zeros([3, 3, 3, 8]))",
    "zeros([3, 3, 3, 8])",
    "convTranspose2d: channels of input and filter equal expected, got [8, 16, 16, 16] and [3, 3, 3, 8] (16 ≠ 8)",
  ),
  mistake(
    "maxPool2d({ size: 2 })(zeros([32, 32, 3]))",
    "zeros([32, 32, 3])",
    "maxPool2d: rank 4 expected, got [32, 32, 3]",
  ),
  mistake(
    "maxUnpool2d({ size: [4, 4] })(zeros([1, 2, 2, 3]), zeros([1, 2, 2, 4], 'i32'))",
    "zeros([1, 2, 2, 4], 'i32')",
    "maxUnpool2d: equal shapes of values and indices expected, got [1, 2, 2, 3] and [1, 2, 2, 4]",
  ),
  mistake(
    "globalAvgPool2d(zeros([8, 3]))",
    "zeros([8, 3])",
    "globalAvgPool2d: rank 4 expected, got [8, 3]",
  ),
  mistake(
    "resizeNearest({ size: [4, 4] })(zeros([8, 3]))",
    "zeros([8, 3])",
    "resizeNearest: rank 4 expected, got [8, 3]",
  ),
];
