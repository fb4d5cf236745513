// Convolutions of 3 × 3 taps and their gradients, which the device computes in tiles of transformed windows: what the reference computes, for every number
// of threads the same bits, and nothing that a window does not see.

import fc from "fast-check";
import * as assert from "uvu/assert";
import type { PlanStep } from "../../../../src/core/compile/overwrite.ts";
import { planGraph } from "../../../../src/core/compile/program.ts";
import { planWindowGradients } from "../../../../src/core/device/cpu/contract/windowGradients.ts";
import { planWindows } from "../../../../src/core/device/cpu/contract/windows.ts";
import { cpuDevice } from "../../../../src/core/device/cpu/cpu.ts";
import { codeOf } from "../../../../src/core/device/cpu/kernels.ts";
import { normalised } from "../../../../src/core/device/cpu/normalise.ts";
import { buildProgram } from "../../../../src/core/device/cpu/program.ts";
import type { Kernel } from "../../../../src/core/kernel/kernel.ts";
import * as P from "../../../../src/index.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import { enginesFor, valuesOn } from "./engines.ts";

const test = suite("windows of cpu");

const engines = enginesFor(test, [1, 2, 3]);

/** Which way a kernel is computed. */
const wayOf = (kernel: Kernel): "sums" | "gradients" | "other" =>
  normalised(kernel, (_, asGiven) =>
    planWindows(asGiven) !== undefined
      ? "sums"
      : planWindowGradients(asGiven) !== undefined
        ? "gradients"
        : "other",
  );

/** How many kernels of a graph are computed so. */
const countOf = (way: ReturnType<typeof wayOf>, ...outputs: readonly P.Tensor[]): number =>
  planGraph(outputs, cpuDevice).plan.steps.filter(({ kernel }) => wayOf(kernel) === way).length;

const draw = (seed: number, shape: readonly number[]): P.Tensor =>
  P.evaluate(P.normal(P.key(seed), shape), { device: "reference" });

/** Results of a layer, and the gradients of a loss with respect to its images and filters. */
const layer = (pad: number, images: P.Tensor, filters: P.Tensor): readonly P.Tensor[] => {
  const loss = (x: P.Tensor, w: P.Tensor): P.Tensor =>
    P.sum(P.square(P.relu(P.add(P.conv2d({ pad })(x, w), 0.25))));
  const [ofImages, ofFilters] = P.grad(loss, { argnums: [0, 1] })(images, filters);
  return [P.relu(P.add(P.conv2d({ pad })(images, filters), 0.25)), ofImages, ofFilters];
};

/** Fails unless values are equal up to a part of the largest of them. */
const agrees = (found: ArrayLike<number>, wanted: ArrayLike<number>, what: string): void => {
  const largest = Array.from(wanted).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  for (let i = 0; i < wanted.length; i++) {
    const error = Math.abs((found[i] as number) - (wanted[i] as number));
    assert.ok(error <= 2e-6 * largest, `${what}, element ${i}: ${found[i]}, not ${wanted[i]}`);
  }
};

const sizes = {
  batch: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 12, max: 23 }),
  width: fc.integer({ min: 17, max: 40 }),
  channels: fc.constantFrom(16, 20, 32),
  filters: fc.constantFrom(16, 28, 40),
  pad: fc.integer({ min: 0, max: 2 }),
};

test(
  "sums and gradients are those of the reference, of even and odd sizes, with what comes after",
  forAll(sizes, { runs: 12 })(({ batch, height, width, channels, filters, pad }) => {
    const images = draw(1, [batch, height, width, channels]);
    const taps = draw(2, [3, 3, channels, filters]);
    const [wanted, found] = ["reference", "cpu"].map((device) =>
      layer(pad, images, taps).map((y) => P.values(P.evaluate(y, { device }))),
    ) as [P.TypedArray[], P.TypedArray[]];
    ["results", "of images", "of filters"].forEach((what, i) => {
      agrees(found[i] as P.TypedArray, wanted[i] as P.TypedArray, what);
    });
  }),
);

test("any number of threads gives the same bits", () => {
  const images = draw(3, [2, 24, 32, 32]);
  const taps = draw(4, [3, 3, 32, 48]);
  const [one, ...others] = engines.map((engine) => valuesOn(engine, layer(1, images, taps)));
  for (const other of others) assert.equal(other, one);
});

test("are chosen for windows of 3 × 3 that move by one, of enough channels, filters and places", () => {
  const conv = (
    options: { stride?: number; dilation?: number; groups?: number },
    shape: readonly number[],
    taps: readonly number[],
  ) => P.conv2d({ pad: 1, ...options })(draw(5, shape), draw(6, taps));
  const large = [2, 32, 32, 16];
  assert.is(countOf("sums", conv({}, large, [3, 3, 16, 16])), 1);
  assert.is(countOf("sums", conv({ stride: 2 }, large, [3, 3, 16, 16])), 0);
  assert.is(countOf("sums", conv({ dilation: 2 }, large, [3, 3, 16, 16])), 0);
  assert.is(countOf("sums", conv({ groups: 2 }, large, [3, 3, 8, 16])), 0);
  assert.is(countOf("sums", conv({}, large, [5, 5, 16, 16])), 0);
  assert.is(countOf("sums", conv({}, large, [3, 3, 16, 6])), 0);
  assert.is(countOf("sums", conv({}, [1, 8, 8, 16], [3, 3, 16, 16])), 0);
  const even = layer(1, draw(7, [2, 32, 32, 16]), draw(8, [3, 3, 16, 16]));
  assert.is(countOf("sums", ...even), 2);
  assert.is(countOf("gradients", ...even), 1);
  const odd = layer(1, draw(7, [2, 33, 32, 16]), draw(8, [3, 3, 16, 16]));
  assert.is(countOf("sums", ...odd), 2);
  assert.is(countOf("gradients", ...odd), 0);
});

test("gradients of very many filters, whose sums would take more memory than they are worth, are computed directly", () => {
  const zeros = (shape: readonly number[]): P.Tensor =>
    P.tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), { shape });
  const ways = (channels: number) => {
    const outputs = layer(1, zeros([1, 32, 32, channels]), zeros([3, 3, channels, channels]));
    return (["sums", "gradients"] as const).map((way) => countOf(way, ...outputs));
  };
  assert.equal(ways(512), [2, 1]);
  assert.equal(ways(1024), [2, 0]);
});

test("what is no number reaches the results of windows that see it, and no others", () => {
  const [size, channels] = [18, 16];
  const images = draw(9, [1, size, size, channels]);
  const taps = draw(10, [3, 3, channels, 16]);
  for (const [row, column] of [
    [0, 0],
    [7, 10],
    [8, 3],
    [size - 1, size - 1],
  ] as const) {
    const broken = P.values(images).slice() as Float32Array;
    broken[(row * size + column) * channels + 5] = Number.NaN;
    const y = P.conv2d({ pad: 1 })(P.tensor(broken, { shape: images.shape }), taps);
    const found = P.values(P.evaluate(y, { device: "cpu" }));
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        const isSeen = Math.abs(i - row) <= 1 && Math.abs(j - column) <= 1;
        const at = `${row}, ${column} in ${i}, ${j}`;
        assert.is(Number.isNaN(found[(i * size + j) * 16] as number), isSeen, at);
      }
  }
});

test("filters that are constants are transformed once", () => {
  const images = draw(11, [1, 32, 32, 16]);
  const taps = draw(12, [3, 3, 16, 16]);
  const graph = P.conv2d({ pad: 1 })(images, taps);
  const { plan } = planGraph([graph], cpuDevice);
  const at = plan.steps.findIndex(({ kernel }) => wayOf(kernel) === "sums");
  const { kernel, inputs } = plan.steps[at] as PlanStep;
  const [first, second] = codeOf(kernel).phases;
  assert.is(first?.packed, "writes");
  assert.is(second?.packed, "reads");
  // The phase that transforms reads one input only, and what is packed of constants is kept.
  assert.is(first?.slots?.length, 1);
  const slot = first?.slots?.[0] ?? -1;
  assert.is(plan.buffers[inputs[slot] as number]?.size, 3 * 3 * 16 * 16);
  const memory = { initialPages: 32, maximumPages: 1024, isShared: false };
  const keptOf = (constants: readonly number[]): number =>
    buildProgram(plan, memory, false, new Set(constants)).keptBytes;
  assert.is(keptOf([]), 0);
  assert.ok(keptOf([inputs[slot] as number]) >= 16 * 16 * 16 * 4);
  const f = P.compile((x: P.Tensor) => P.conv2d({ pad: 1 })(x, taps), { device: "cpu" });
  const once = P.values(f(images));
  assert.equal(P.values(f(images)), once);
  assert.equal(
    P.values(f(P.mul(images, 2))),
    once.map((x) => 2 * x),
  );
});

test.run();
