// Kernels loop along the finest axes that they compute under, so that reshapes cost no division.

import * as assert from "uvu/assert";
import { loopsOver } from "../../../src/core/compile/loops.ts";
import { withFreshExprs } from "../../../src/core/kernel/expr.ts";
import { printExprs } from "../../../src/core/kernel/kernel.ts";
import { sizeOf } from "../../../src/core/shape.ts";
import {
  arange,
  compile,
  matmul,
  permute,
  reshape,
  type Tensor,
  values,
} from "../../../src/index.ts";
import { suite } from "../../support/suite.ts";

const coordsOf = (output: readonly number[], ...shapes: (readonly number[])[]): string =>
  withFreshExprs(() => printExprs(loopsOver(output, shapes).coords));

const test = suite("loopsOver");

test("loops along the axes of the output", () => {
  assert.is(coordsOf([2, 3]), "→i0<2,i1<3");
});

test("loops along finer axes, of which the output's are made", () => {
  assert.is(coordsOf([2, 12], [2, 3, 4]), "t0=4*i1<3+1*i2<4→i0<2,t0");
  assert.is(coordsOf([6], [6, 1], [2, 3]), "t0=3*i0<2+1*i1<3→t0");
});

test("leaves out axes of one element", () => {
  assert.is(coordsOf([1, 6], [1, 2, 1, 3, 1]), "t0=3*i1<2+1*i2<3→0:i32,t0");
});

test("keeps to the output where shapes do not split it", () => {
  assert.is(coordsOf([4, 6], [6, 4], [2, 12], [24], [3, 8], [4, 7]), "→i0<4,i1<6");
  assert.is(coordsOf([0, 6], [0, 2, 3]), "→i0<0,i1<6");
});

test("spares the quotients of merged heads", () => {
  const merge = (a: Tensor, b: Tensor): Tensor => reshape([3, 8])(permute([1, 0, 2])(matmul(a, b))); // [heads, time, 5] · [heads, 5, 4] → [time, heads · 4]
  const count = (shape: readonly number[]) => reshape(shape)(arange(sizeOf(shape), "f64"));
  const [a, b] = [count([2, 3, 5]), count([2, 5, 4])];
  const [step] = compile(merge).plan(a, b).steps;
  assert.not.match(step?.kernel.key ?? "", /idiv|mod/);
  assert.equal(
    step?.kernel.axes.map(({ size }) => size),
    [3, 2, 4],
  );
  assert.equal(values(compile(merge)(a, b)), values(compile(merge, { fuse: false })(a, b)));
});

test.run();
