// Loads of one of four neighbours, which one says data: the numbers of the reference, also near the ends of an input and where only three are there.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { cpuDevice } from "../../../../src/core/device/cpu/cpu.ts";
import { lookupOf } from "../../../../src/core/device/cpu/emit/lookup.ts";
import { linear, moduloIndex } from "../../../../src/core/kernel/affine.ts";
import { call } from "../../../../src/core/kernel/build.ts";
import {
  axis,
  constant,
  type Expr,
  load,
  makeAffine,
  withFreshExprs,
} from "../../../../src/core/kernel/expr.ts";
import { type Input, kernelOf, reference, runKernel } from "../../../devices/oneKernel.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("lookups of cpu");

/** Places below 4, or in 1…3, from whole numbers. */
const places = {
  remainder: (x: Expr): Expr => moduloIndex(x, 4),
  clamped: (x: Expr): Expr => call("min", call("max", x, constant(1, "i32")), constant(3, "i32")),
  three: (x: Expr): Expr => moduloIndex(x, 3),
} as const;

test(
  "are those of the reference, for any place, start and size",
  forAll(
    {
      how: fc.constantFrom<keyof typeof places>("remainder", "clamped", "three"),
      size: fc.integer({ min: 1, max: 40 }),
      start: fc.integer({ min: 0, max: 5 }),
      behind: fc.integer({ min: 0, max: 2 }),
      wanted: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 40, maxLength: 40 }),
      scale: fc.constantFrom(1, 0.5),
    },
    { runs: 80 },
  )(async ({ how, size, start, behind, wanted, scale }) => {
    // Of remainders by three the fourth neighbour may be missing.
    const length = start + (how === "three" ? 3 : 4) + behind;
    const inputs: readonly Input[] = [
      { dtype: "f32", values: Float32Array.from({ length }, (_, i) => i + 1) },
      { dtype: "i32", values: Int32Array.from(wanted.slice(0, size)) },
    ];
    const kernel = kernelOf(size, "f32", inputs, (i, read) => {
      const at = linear(start, [{ atom: places[how](read(1, i)), stride: 1 }]);
      return call("mul", read(0, at), constant(scale));
    });
    assert.equal(
      await runKernel(cpuDevice, kernel, inputs),
      await runKernel(reference, kernel, inputs),
    );
  }),
);

/** Whether x[4g + p + shift] of an input of so many is read as a lookup, where there are so many groups. */
const isLookup = (size: number, groups: number, shift: number, dtype: "f32" | "i32" = "f32") =>
  withFreshExprs(() => {
    const [pointer, g] = [axis(2 ** 31), axis(groups)];
    const place = moduloIndex(load(1, "i32", axis(8)), 4);
    const at = linear(shift, [
      { atom: g, stride: 4 },
      { atom: place, stride: 1 },
    ]);
    const start = makeAffine(0, [
      { atom: pointer, stride: 1 },
      { atom: g, stride: 16 },
    ]);
    const sum = makeAffine(0, [
      { atom: start, stride: 1 },
      { atom: place, stride: 4 },
    ]);
    const address = makeAffine(4 * shift, [{ atom: sum, stride: 1 }]);
    const found = lookupOf(
      { inputs: [{ dtype, size }] },
      load(0, dtype, at),
      load(0, dtype, address),
    );
    if (found !== undefined)
      assert.equal([found.start, found.place, found.offset], [start, place, 4 * shift]);
    return found !== undefined;
  });

test("are recognised only where all four are in an input of f32", () => {
  assert.is(isLookup(16, 4, 0), true);
  assert.is(isLookup(20, 4, 4), true);
  assert.is(isLookup(15, 4, 0), false);
  assert.is(isLookup(16, 4, 1), false);
  assert.is(isLookup(16, 4, -1), false);
  assert.is(isLookup(16, 4, 0, "i32"), false);
});

test.run();
