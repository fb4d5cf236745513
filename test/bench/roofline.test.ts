// Bounds of cases: what a plan moves, which bandwidth counts, which time is the longer; and the command lines of both commands.

import * as assert from "uvu/assert";
import { cases, chosenCases } from "../../bench/cases/index.ts";
import type { Bandwidth } from "../../bench/machine/bandwidth.ts";
import type { Limits } from "../../bench/machine/measure.ts";
import { readMachineOptions } from "../../bench/machine/options.ts";
import { bandwidthFor, boundOf, trafficOf } from "../../bench/roofline/bound.ts";
import { readRooflineOptions } from "../../bench/roofline/options.ts";
import * as P from "../../src/index.ts";
import { suite } from "../support/suite.ts";

const traffic = suite("trafficOf");

const planOf = (f: (x: P.Tensor) => unknown, shape: readonly number[]): P.Plan =>
  P.compile(f as (x: P.Tensor) => P.Tensor, { device: "reference" }).plan(P.zeros(shape)); // plans take any tree

traffic("counts a fused chain as one reading and one writing", () => {
  const plan = planOf((x) => P.tanh(P.add(P.mul(x, x), 1)), [100]);
  assert.equal(trafficOf(plan), { readBytes: 400, writtenBytes: 400, largestBytes: 400 });
});

traffic("counts what is written between steps and read again", () => {
  const plan = planOf((x) => P.sub(x, P.sum({ axis: 0, keepDims: true })(x)), [100]);
  assert.is(plan.steps.length, 2);
  // x for the sum, the sum; x and the sum for the difference.
  assert.equal(trafficOf(plan), { readBytes: 804, writtenBytes: 404, largestBytes: 400 });
});

traffic("counts of a buffer only the part that a step takes", () => {
  const plan = planOf((x) => P.split({ axis: 0, parts: 4 })(x), [100]);
  assert.is(plan.steps.length, 4);
  assert.equal(trafficOf(plan), { readBytes: 400, writtenBytes: 400, largestBytes: 400 });
});

traffic("has a plan of every case at full size", () => {
  const [product, mlp] = ["matmul256", "mlp_tiny_train"].map((name) =>
    trafficOf(chosenCases([name])[0]?.plan("reference") as P.Plan),
  );
  assert.equal(product, { readBytes: 2 ** 19, writtenBytes: 2 ** 18, largestBytes: 2 ** 18 });
  assert.is(mlp?.largestBytes, 4 * 64 * 64);
});

traffic.run();

const bound = suite("boundOf");

const bandwidths: readonly Bandwidth[] = [
  { access: "read", bytes: 1000, threads: 1, gbps: 100 },
  { access: "read", bytes: 1000, threads: 2, gbps: 200 },
  { access: "copy", bytes: 1000, threads: 1, gbps: 300 },
  { access: "read", bytes: 9000, threads: 1, gbps: 20 },
  { access: "read", bytes: 9000, threads: 2, gbps: 10 },
  { access: "copy", bytes: 9000, threads: 1, gbps: 40 },
];
const limits: Limits = {
  peaks: [
    { operation: "multiply, add", threads: 2, gflops: 80, accumulators: 12 },
    { operation: "fused", threads: 1, gflops: 50, accumulators: 12 },
    { operation: "fused", threads: 2, gflops: 100, accumulators: 12 },
  ],
  bandwidths,
};

bound(
  "takes the smallest set that holds the largest buffer, and the faster count of threads",
  () => {
    assert.is(bandwidthFor(bandwidths, "read", 999), 200);
    assert.is(bandwidthFor(bandwidths, "read", 1000), 200);
    assert.is(bandwidthFor(bandwidths, "read", 1001), 20);
    assert.is(bandwidthFor(bandwidths, "copy", 1e9), 40);
  },
);

bound("is the arithmetic at the greatest peak where that takes longer", () => {
  const sizes = { readBytes: 2000, writtenBytes: 1000, largestBytes: 1000 };
  const found = boundOf(1e9, sizes, limits);
  assert.is(found.binds, "arithmetic");
  assert.is(found.ms, 10); // 10⁹ at 10¹¹ a second
});

bound("is the traffic, in part copied and in part read, where that takes longer", () => {
  const found = boundOf(1, { readBytes: 6e6, writtenBytes: 2e6, largestBytes: 4e6 }, limits);
  assert.is(found.binds, "memory");
  assert.ok(Math.abs(found.ms - (4e6 / 40e6 + 4e6 / 20e6)) < 1e-12); // rounding of f64
});

bound.run();

const options = suite("readRooflineOptions");

options("asks for every case when nothing is said", () => {
  const { cases: names, json, help } = readRooflineOptions([]);
  assert.equal([names, json, help], [[], false, false]);
  assert.is(chosenCases(names), cases);
});

options("takes cases in the order in which they are named", () => {
  const { cases: names } = readRooflineOptions(["--case", "sum4M,chain4M", "--json"]);
  assert.equal(
    chosenCases(names).map(({ name }) => name),
    ["sum4M", "chain4M"],
  );
});

options("names the cases when one is unknown", () => {
  assert.throws(
    () => chosenCases(["sum5M"]),
    /^bench: --case: one of matmul256, .* expected, got "sum5M"$/,
  );
});

options("refuses what it does not know", () => {
  assert.throws(() => readRooflineOptions(["--device", "cpu"]), /--device/);
  assert.throws(() => readMachineOptions(["--case", "sum4M"]), /--case/);
});

options.run();
