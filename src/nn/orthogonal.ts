// Orthogonal initial weights: the orthogonal factor U of a normal matrix A = U P, found by matrix
// products alone, so that it is a graph like everything else. Since Q A is as likely as A for any
// rotation Q, U is spread evenly over all orthogonal matrices.

import { fail } from "../core/errors.ts";
import { printShape, type Shape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { mul, sub } from "../ops/arithmetic.ts";
import { reshape, sum } from "../ops/broadcast.ts";
import { matmul } from "../ops/contract.ts";
import { rsqrt, square } from "../ops/functions.ts";
import { normal } from "../ops/random.ts";
import { transpose } from "../ops/structural.ts";

/**
 * Steps after which all singular values are 1. The least of a normal n × n matrix is ε / √n or more with probability 1 − ε,
 * the root of the sum of their squares about n, and each step multiplies what is small by 1.5, until five last ones settle it.
 */
const stepsFor = (n: number): number => {
  const rarity = 1e-6;
  return Math.ceil(Math.log(n ** 1.5 / rarity) / Math.log(1.5)) + 5;
};

/**
 * The orthogonal factor of a matrix of at least as many rows as columns, by Newton and Schulz:
 * X ← 1.5 X − 0.5 X (Xᵀ X) takes every singular value s ≤ 1 to s (3 − s²) / 2, and so to 1.
 * Higham, "Functions of matrices", 2008, §8.3.
 */
const orthogonalFactor = (a: Tensor): Tensor => {
  // The root of the sum of squares is at least the largest singular value.
  let x: Tensor = mul(a, rsqrt(sum(square(a))));
  for (let left = stepsFor(a.shape[1] as number); left > 0; left--)
    x = sub(mul(x, 1.5), matmul(x, mul(matmul(transpose(x), x), 0.5)));
  return x;
};

/**
 * A random orthogonal matrix times a gain: orthonormal columns, or rows where they are fewer, so that
 * lengths pass through unchanged. The axes of a window count as inputs: [kh · kw · channels, filters].
 * Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
 * neural networks", ICLR 2014.
 *
 * Fails with ShapeMismatch when the shape has fewer than two axes.
 *
 * @example
 * const w = orthogonal(key(0), [8, 3]);
 * matmul(transpose(w), w) // → [3, 3]
 */
export const orthogonal = (
  key: Tensor,
  shape: Shape,
  { gain = 1 }: { readonly gain?: number } = {},
): Tensor => {
  if (shape.length < 2)
    fail("orthogonal", "ShapeMismatch", "two axes or more expected", printShape(shape));
  const columns = shape.at(-1) as number; // checked
  const rows = sizeOf(shape.slice(0, -1));
  const isTall = rows >= columns;
  const u = orthogonalFactor(normal(key, isTall ? [rows, columns] : [columns, rows]));
  return mul(reshape(shape)(isTall ? u : transpose(u)), gain) as Tensor; // the shape is known at run time
};
