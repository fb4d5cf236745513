// Which loop is in lanes: the one along which memory is read and written element after element.

import * as assert from "uvu/assert";
import type { PlanStep } from "../../../../src/core/compile/overwrite.ts";
import { planGraph } from "../../../../src/core/compile/program.ts";
import { conflicts } from "../../../../src/core/device/cpu/conflicts.ts";
import { cpuDevice } from "../../../../src/core/device/cpu/cpu.ts";
import { planLoops } from "../../../../src/core/device/cpu/loops.ts";
import { normalised } from "../../../../src/core/device/cpu/normalise.ts";
import { cutLoops } from "../../../../src/core/device/cpu/units.ts";
import type { Tensor } from "../../../../src/core/tensor.ts";
import * as P from "../../../../src/index.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("planLoops");

const zeros = (shape: readonly number[], dtype: "f32" | "f64" = "f32"): P.Tensor =>
  P.tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), { shape, dtype });

/** Sizes of the loops of a graph's last kernel, as they are planned. */
const plannedLoops = (output: Tensor) => {
  const step = planGraph([output], cpuDevice).plan.steps.at(-1) as PlanStep; // of one at least
  return normalised(step.kernel, (nest) => {
    const { outer, along, across, parts } = planLoops(nest);
    return {
      outer: outer.map(({ size }) => size),
      along: along?.size,
      across: across?.size,
      parts,
      units: cutLoops(nest, planLoops(nest)).units,
    };
  });
};

/** Fails unless these loops are planned. */
const check = (output: Tensor, wanted: Partial<ReturnType<typeof plannedLoops>>): void => {
  const found = plannedLoops(output);
  assert.equal({ ...found, ...wanted }, found);
};

test("elements one after the other are one loop in lanes, cut into pieces", () => {
  check(P.add(zeros([20, 50]), zeros([20, 50])), {
    ...{ outer: [], along: 1000, across: undefined, units: 16 },
  });
});

test("a row that is added to all goes along the row", () => {
  check(P.add(zeros([64, 130]), zeros([130])), { outer: [64], along: 130, units: 64 });
});

test("a column that is added to all goes along the row as well", () => {
  check(P.add(zeros([64, 130]), zeros([64, 1])), { outer: [64], along: 130, units: 64 });
});

test("what is read and written along other loops is a transposition", () => {
  check(P.exp(P.transpose(zeros([96, 200]))), { outer: [], along: 96, across: 200, parts: 4 });
});

test("sums of rows are in lanes within the row", () => {
  check(P.sum({ axis: 1 })(zeros([64, 1000])), { outer: [64], along: undefined });
});

test("sums of columns are in lanes across the columns", () => {
  check(P.sum({ axis: 0 })(zeros([100, 64])), { along: 64 });
});

test("a permutation that keeps the last axis goes along it", () => {
  check(P.permute([1, 0, 2])(zeros([6, 10, 32])), { outer: [10, 6], along: 32 });
});

test("what is flipped goes along what is written", () => {
  check(P.flip({ axis: 1 })(zeros([40, 64])), { outer: [40], along: 64, across: undefined });
});

test("rows by index go along the row", () => {
  const ids = P.tensor([3, 1, 2, 0, 1], { dtype: "i32" });
  check(P.take(zeros([4, 64]), ids), { outer: [5], along: 64 });
});

test("doubles are in lanes, and are not transposed in registers", () => {
  const one = P.tensor([1], { dtype: "f64" });
  check(P.add(zeros([20, 50], "f64"), one), { along: 1000, parts: 1 });
  check(P.sum({ axis: 0 })(zeros([100, 64], "f64")), { along: 64, parts: 2 });
  check(P.neg(P.transpose(zeros([96, 200], "f64"))), {
    outer: [200],
    along: 96,
    across: undefined,
  });
});

test("what has fewer elements than lanes is in scalars", () => {
  check(P.add(zeros([3]), zeros([3])), { along: undefined });
});

const space = "arena";
const touch = (from: number, to: number, isWrite: boolean, where = space) => ({
  ...{ space: where, from, to, isWrite },
});

test("steps conflict where one writes what the other touches", () => {
  const written = [touch(0, 64, true)];
  assert.ok(conflicts(written, [touch(0, 64, false)]));
  assert.ok(conflicts(written, [touch(63, 100, true)]));
  assert.ok(conflicts([touch(0, 64, false)], [touch(32, 40, true)]));
  assert.not.ok(conflicts([touch(0, 64, false)], [touch(0, 64, false)]));
  assert.not.ok(conflicts(written, [touch(64, 128, true)]), "neighbours");
  assert.not.ok(conflicts(written, [touch(0, 64, true, "buffer 1")]), "elsewhere");
  assert.not.ok(conflicts([], written));
});

test.run();
