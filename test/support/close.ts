// Comparison of trees of tensors, element by element.

import * as assert from "uvu/assert";
import { leavesOf, type Tensor, toArray, values } from "../../src/index.ts";

/**
 * Fails unless two trees have as many leaves, of equal shapes and dtypes, with |a − b| ≤ tolerance · (1 + |b|) for all elements. NaN
 * agrees with NaN, and infinities with themselves.
 */
export const assertTreesClose = (
  actual: unknown,
  expected: unknown,
  tolerance: number,
  what = "result",
): void => {
  const [found, wanted] = [leavesOf(actual), leavesOf(expected)];
  assert.is(found.length, wanted.length, `${what}: as many leaves`);
  found.forEach((x, i) => {
    leafClose(x, wanted[i] as Tensor, tolerance, `${what}, leaf ${i}`);
  });
};

const leafClose = (x: Tensor, y: Tensor, tolerance: number, what: string): void => {
  assert.equal(x.shape, y.shape, `${what}: shapes`);
  assert.is(x.dtype, y.dtype, `${what}: dtypes`);
  const [a, b] = [values(x), values(y)];
  const isClose = a.every((p, i) => {
    const q = b[i] as number;
    return Object.is(p, q) || p === q || Math.abs(p - q) <= tolerance * (1 + Math.abs(q));
  });
  if (!isClose) assert.equal(toArray(x), toArray(y), `${what}: within ${tolerance}`);
};
