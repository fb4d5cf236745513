// Mistakes with products.

import { type Mistake, mistake } from "./mistake.ts";

const atRunTime = "names are numbers at run time";

export const contract: readonly Mistake[] = [
  mistake(
    "matmul(zeros([32, 784]), zeros([512, 10]))",
    "zeros([512, 10])",
    "matmul: inner dimensions equal expected, got [32, 784] · [512, 10] (784 ≠ 512)",
  ),
  mistake(
    "matmul(zeros([512, 10]))(zeros([32, 784]))",
    "zeros([32, 784])",
    "matmul: inner dimensions equal expected, got [32, 784] · [512, 10] (784 ≠ 512)",
  ),
  mistake(
    "matmul(zeros([dim('batch', 8), dim('time', 5)]), zeros([dim('features', 6), 10]))",
    "zeros([dim('features', 6), 10])",
    "matmul: inner dimensions equal expected, got [batch, time] · [features, 10] (time ≠ features)",
    atRunTime,
  ),
  mistake(
    "matmul(zeros([2, 32, 784]), zeros([5, 784, 10]))",
    "zeros([5, 784, 10])",
    "matmul: batch axes that broadcast expected, got [2, 32, 784] · [5, 784, 10] (2 ≠ 5)",
  ),
  mistake(
    "matmul(scalar(2), zeros([5]))",
    "zeros([5])",
    "matmul: at least one axis expected, got [] · [5]",
  ),
  mistake(
    "matmul(zeros([2, 3]), zeros([3, 4], 'f64'))",
    "zeros([3, 4], 'f64')",
    "matmul: equal dtypes expected, got f32 and f64",
  ),
  mistake(
    "matmul(zeros([2, 3]), zeros([3, 4], 'f16'))",
    "zeros([3, 4], 'f16')",
    "matmul: dtype f32, f64, i32 or bool expected, got f16",
  ),
  mistake(
    "dot(zeros([4]), zeros([3]))",
    "zeros([3])",
    "dot: two vectors of equal length expected, got [4] and [3]",
  ),
  mistake(
    "dot(zeros([3]))(zeros([4, 3]))",
    "zeros([4, 3])",
    "dot: two vectors of equal length expected, got [4, 3] and [3]",
  ),
  mistake(
    "outer(zeros([4]), zeros([3, 2]))",
    "zeros([3, 2])",
    "outer: two vectors expected, got [4] and [3, 2]",
  ),
  mistake(
    "einsum('ij,jk->ik')(zeros([32, 784]), zeros([512, 10]))",
    "zeros([512, 10])",
    'einsum: equal sizes of axis j in "ij,jk->ik" expected, got [32, 784] and [512, 10] (784 ≠ 512)',
  ),
  mistake(
    "einsum('bij,bjk->bik')(zeros([32, 10]), zeros([32, 10, 4]))",
    "zeros([32, 10])",
    'einsum: 2 labels for operand 0 of shape [32, 10] expected, got "bij" in "bij,bjk->bik"',
  ),
  mistake(
    "einsum('i,j,ij->')(zeros([3]), zeros([4]), zeros([3, 4, 5]))",
    "zeros([3, 4, 5])",
    'einsum: 3 labels for operand 2 of shape [3, 4, 5] expected, got "ij" in "i,j,ij->"',
  ),
  mistake(
    "einsum('ii->i')(zeros([3, 4]))",
    "zeros([3, 4])",
    "einsum: equal sizes for a repeated label expected, got [3, 4]",
  ),
  mistake(
    "einsum('ij,jk->il')(zeros([3, 4]), zeros([4, 5]))",
    "'ij,jk->il'",
    'einsum: output labels that are distinct and occur in an operand expected, got "ij,jk->il"',
  ),
  mistake(
    "einsum('ij->ii')(zeros([3, 4]))",
    "'ij->ii'",
    'einsum: output labels that are distinct and occur in an operand expected, got "ij->ii"',
  ),
  mistake(
    "einsum('ij,j.k->ik')(zeros([3, 4]), zeros([4, 5]))",
    "'ij,j.k->ik'",
    'einsum: an equation such as "ij,jk->ik" expected, got "ij,j.k->ik"',
  ),
  mistake(
    "einsum('i,i->i')(zeros([3]), zeros([3], 'f64'))",
    "zeros([3], 'f64')",
    "einsum: equal dtypes expected, got f32 and f64",
    "the op inside, contract, says it",
  ),
  mistake(
    "csrMatmul(csr({ rowStarts: [0, 0], columns: [], values: [], shape: [1, 150] }), zeros([156, 64]))",
    "zeros([156, 64])",
    "csrMatmul: inner dimensions equal expected, got [1, 150] · [156, 64] (150 ≠ 156)",
  ),
];
