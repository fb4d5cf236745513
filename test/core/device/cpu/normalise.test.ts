// Kernels brought to other loops: the loops are those that were hoped for, and the values are the same.

import * as assert from "uvu/assert";
import { noise } from "../../../../bench/cases/case.ts";
import type { Plan } from "../../../../src/core/compile/plan.ts";
import { planGraph } from "../../../../src/core/compile/program.ts";
import { cpuDevice } from "../../../../src/core/device/cpu/cpu.ts";
import { type Nest, normalised } from "../../../../src/core/device/cpu/normalise.ts";
import { hostValues } from "../../../../src/core/device/transfer.ts";
import {
  addIndex,
  divideIndex,
  flatten,
  moduloIndex,
  scaleIndex,
} from "../../../../src/core/kernel/affine.ts";
import { call, reduce } from "../../../../src/core/kernel/build.ts";
import {
  type Axis,
  axis,
  constant,
  type Expr,
  load,
  makeCall,
  withFreshExprs,
} from "../../../../src/core/kernel/expr.ts";
import { exprsOf, type Kernel, makeKernel } from "../../../../src/core/kernel/kernel.ts";
import type { Tensor } from "../../../../src/core/tensor.ts";
import * as P from "../../../../src/index.ts";
import { type Input, reference, runKernel } from "../../../devices/oneKernel.ts";
import { outcomeOfProgram, programs } from "../../../support/programs.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import { onHost } from "./engines.ts";

const test = suite("normalised");

/** A nest as a kernel, which the reference can run. */
const kernelOfNest = (nest: Nest, { label, indexedBy }: Kernel): Kernel =>
  makeKernel({ ...nest, label, ...(indexedBy === undefined ? {} : { indexedBy }) });

const normalisedKernel = (kernel: Kernel): Kernel =>
  normalised(kernel, (nest) => kernelOfNest(nest, kernel));

/** What is left to be seen of a kernel's loops. */
const loopsOf = (kernel: Kernel) => {
  const exprs = exprsOf(kernel);
  return {
    axes: kernel.axes.map(({ size }) => size),
    reduced: exprs.flatMap((expr) => (expr.tag === "reduce" ? [expr.axis.size] : [])),
    divisions: exprs.filter((expr) => expr.tag === "call" && ["idiv", "mod"].includes(expr.op))
      .length,
  };
};

type Body = (axes: readonly Axis[], read: (slot: number, at: Expr) => Expr) => Expr;

/** A kernel of f32 over some loops, in row-major order, from inputs of some sizes. */
const kernelOver = (shape: readonly number[], sizes: readonly number[], body: Body): Kernel =>
  withFreshExprs(() => {
    const axes = shape.map((size) => axis(size));
    const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
    return makeKernel({
      label: "test",
      axes,
      inputs: sizes.map((size) => ({ dtype: "f32", size })),
      output: { dtype: "f32", size: shape.reduce((a, b) => a * b, 1) },
      target: flatten(axes, strides),
      body: body(axes, (slot, at) => load(slot, "f32", at)),
    });
  });

/** Fails unless a kernel has these loops once it is normalised, and the same values. */
const check = async (kernel: Kernel, wanted: ReturnType<typeof loopsOf>): Promise<void> => {
  const found = normalisedKernel(kernel);
  assert.equal(loopsOf(found), wanted);
  const inputs = kernel.inputs.map(
    ({ size }, slot): Input => ({ dtype: "f32", values: noise(slot + 1, size) }),
  );
  assert.equal(
    await runKernel(reference, found, inputs),
    await runKernel(reference, kernel, inputs),
  );
};

test("splits an axis of which quotient and remainder are read", () =>
  check(
    kernelOver([15 * 77], [15 * 77], ([i], read) =>
      read(0, addIndex(scaleIndex(moduloIndex(i as Axis, 77), 15), divideIndex(i as Axis, 77))),
    ),
    { axes: [15, 77], reduced: [], divisions: 0 },
  ));

test("splits it again by what is left", () =>
  check(
    kernelOver([2 * 3 * 5], [30], ([i], read) => {
      const [high, rest] = [divideIndex(i as Axis, 15), moduloIndex(i as Axis, 15)];
      const [middle, low] = [divideIndex(rest, 5), moduloIndex(rest, 5)];
      return read(0, flatten([low, middle, high], [6, 2, 1]));
    }),
    { axes: [2, 3, 5], reduced: [], divisions: 0 },
  ));

test("splits the loop of a reduction", () =>
  check(
    kernelOver([4], [4 * 6 * 7], ([i], read) => {
      const j = axis(42);
      const at = flatten([i as Axis, moduloIndex(j, 7), divideIndex(j, 7)], [42, 6, 1]);
      return reduce("sum", j, read(0, at));
    }),
    // The inner loop is reached first.
    { axes: [4], reduced: [7, 6], divisions: 0 },
  ));

test("divides parts of a loop as the whole was divided", () =>
  check(
    kernelOver([3, 20], [15], ([part, i], read) => {
      const whole = flatten([part as Axis, i as Axis], [20, 1]);
      return read(0, makeCall("idiv", [whole, constant(4, "i32")])); // as replacing an axis by its parts leaves it
    }),
    { axes: [15, 4], reduced: [], divisions: 0 },
  ));

test("keeps a quotient by what does not divide the axis", () =>
  check(
    kernelOver([10], [4], ([i], read) => read(0, divideIndex(i as Axis, 3))),
    { axes: [10], reduced: [], divisions: 1 },
  ));

test("merges axes that everything walks along as one", () =>
  check(
    kernelOver([4, 5, 6], [120, 120], (axes, read) => {
      const at = flatten(axes, [30, 6, 1]);
      return call("add", read(0, at), read(1, at));
    }),
    { axes: [120], reduced: [], divisions: 0 },
  ));

test("merges those before a broadcast row, and not the row", () =>
  check(
    kernelOver([4, 5, 6], [120, 6], (axes, read) =>
      call("mul", read(0, flatten(axes, [30, 6, 1])), read(1, axes[2] as Axis)),
    ),
    { axes: [20, 6], reduced: [], divisions: 0 },
  ));

test("does not merge the axes of a transposition", () =>
  check(
    kernelOver([5, 6], [30], (axes, read) => read(0, flatten(axes, [1, 5]))),
    { axes: [5, 6], reduced: [], divisions: 0 },
  ));

test("merges the loops of a reduction over neighbouring axes", () =>
  check(
    kernelOver([3], [3 * 4 * 5 * 6], ([i], read) => {
      const [j, k, l] = [axis(4), axis(5), axis(6)];
      const element = read(0, flatten([i as Axis, j, k, l], [120, 30, 6, 1]));
      return reduce("sum", j, reduce("sum", k, reduce("sum", l, element)));
    }),
    { axes: [3], reduced: [120], divisions: 0 },
  ));

test("does not merge reductions of two kinds, or with something between them", async () => {
  const nested = (between: (x: Expr) => Expr, op: "sum" | "max") =>
    kernelOver([3], [60], ([i], read) => {
      const [j, k] = [axis(4), axis(5)];
      const inner = reduce("sum", k, read(0, flatten([i as Axis, j, k], [20, 5, 1])));
      return reduce(op, j, between(inner));
    });
  const wanted = { axes: [3], reduced: [5, 4], divisions: 0 };
  await check(
    nested((x) => x, "max"),
    wanted,
  );
  await check(
    nested((x) => call("mul", x, x), "sum"),
    wanted,
  );
});

/** A plan whose kernels are normalised. */
const normalisedPlan = (plan: Plan): Plan => ({
  ...plan,
  steps: plan.steps.map((step) => ({ ...step, kernel: normalisedKernel(step.kernel) })),
});

/** Fails unless a graph has the same values, on the reference, with and without normalised kernels. */
const checkGraph = (outputs: readonly Tensor[]): void => {
  const { plan, leaves } = planGraph(outputs, cpuDevice);
  const run = (it: Plan) => reference.prepare(it).run(leaves.map(onHost)).map(hostValues);
  const [found, wanted] = [run(normalisedPlan(plan)), run(plan)];
  found.forEach((values, i) => {
    assert.equal(values, wanted[i], `output ${i}`);
  });
};

const draw = (shape: readonly number[], seed = 1): P.Tensor =>
  P.tensor(
    noise(
      seed,
      shape.reduce((a, b) => a * b, 1),
    ),
    { shape },
  );

test("whole graphs have the same values: attention with merged heads, and its gradient", () => {
  const [time, heads, width] = [6, 3, 4];
  const split = (x: P.Tensor): P.Tensor =>
    P.permute([1, 0, 2])(P.reshape([time, heads, width])(x)) as P.Tensor;
  const attend = (x: P.Tensor): P.Tensor => {
    const [q, k, v] = [split(x), split(P.sin(x)), split(P.cos(x))];
    const scores = P.softmax({ axis: 2 })(P.matmul(q, P.permute([0, 2, 1])(k)));
    const mixed = P.permute([1, 0, 2])(P.matmul(scores, v));
    return P.reshape([time, heads * width])(mixed) as P.Tensor;
  };
  const x = draw([time, heads * width]);
  checkGraph([attend(x), P.grad((y: P.Tensor) => P.sum(P.square(attend(y))))(x)]);
});

test("whole graphs have the same values: tiles, strides, convolutions, rows by index", () => {
  const x = draw([4, 6, 6, 3]);
  const w = draw([3, 3, 3, 4], 2);
  const conv = (y: P.Tensor): P.Tensor => P.conv2d({ stride: 2, pad: 1 })(y, w) as P.Tensor;
  const rows = P.take(P.reshape([24, 18])(x), P.tensor([3, 0, 3, 23], { dtype: "i32" }));
  checkGraph([
    P.tile([2, 3])(P.reshape([24, 18])(x)),
    P.grad((y: P.Tensor) => P.sum(P.square(conv(y))))(x),
    P.grad((y: P.Tensor) => P.sum(P.square(P.take(y, P.tensor([1, 1], { dtype: "i32" })))))(x),
    P.sum({ axis: [0, 1] })(P.square(rows)),
  ]);
});

test(
  "random programs have the same values",
  forAll(programs({ isSmooth: true }), { runs: 30 })((program) => {
    checkGraph(outcomeOfProgram(program)(program.inputs("f32")) as readonly P.Tensor[]);
  }),
);

test("remainders of floats stay what they are where axes are split", () => {
  const x = P.tensor(
    Float32Array.from({ length: 40 }, (_, i) => i / 3),
    { shape: [5, 8] },
  );
  for (const divisor of [1, 2, 0.75]) {
    const sums = () => P.sum({ axis: -1, keepDims: true })(P.reshape([4, 10])(P.transpose(x)));
    const [found, wanted] = ["cpu", "reference"].map((device) =>
      P.values(P.evaluate(P.mod(sums(), divisor), { device })),
    );
    assert.is(found?.length, 4);
    found?.forEach((value, i) => {
      const apart = Math.abs(Number(value) - Number(wanted?.[i]));
      // A remainder just below the divisor is as good as 0.
      assert.ok(Math.min(apart, Math.abs(apart - divisor)) < 1e-4, `${value} for ${wanted?.[i]}`);
    });
  }
});

test.run();
