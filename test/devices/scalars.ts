// Every scalar operation on gpu.js against its meaning in double precision, over all sizes of f32 and the special values.

import * as assert from "uvu/assert";
import { noise } from "../../bench/cases/case.ts";
import type { Device } from "../../src/core/device/device.ts";
import { decodeBf16, decodeF16, encodeBf16, encodeF16 } from "../../src/core/dtype.ts";
import { constant, makeCall } from "../../src/core/kernel/expr.ts";
import { meanings } from "../../src/core/kernel/fold.ts";
import { type ScalarOp, scalarOps } from "../../src/core/kernel/scalar.ts";
import { erf } from "../../src/core/kernel/special.ts";
import { suite } from "../support/suite.ts";
import { type Input, kernelOf, runKernel } from "./oneKernel.ts";

const specials = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const halves = [0.5, 1.5, 2.5, 3.5, 0.49999997, 8388607.5, 88.8, 104, 44.5];

/** A few numbers of every exponent that f32 has, with both signs. */
const everySize = Array.from({ length: 277 }, (_, i) => 2 ** (i - 149)).flatMap((size) => [
  size,
  1.37 * size,
  1.9999999 * size,
]);
const positive = [...everySize, ...halves];
const unaryValues = Float32Array.from([...specials, ...positive, ...positive.map((x) => -x)]);

/** Pairs of whole numbers, fractions and special values. */
const some = [...specials, 1, 2, 3, 0.5, 2.5, 7, 100, 1e-30, 1e30, 0.1];
const sides = [...some, ...some.map((x) => -x)];
const pairs = sides.flatMap((a) => sides.map((b) => [a, b] as const));

/** Operations on floats; the others have tests of their own. */
const ofFloats = (Object.keys(scalarOps) as ScalarOp[]).filter(
  (op): op is keyof typeof meanings =>
    op in meanings && !op.startsWith("u32") && !["idiv", "where"].includes(op),
);

/** Errors relative to the f32 nearest to the meaning: one rounding of f32, except where another bound is stated. */
const bounds: Partial<Record<ScalarOp, number>> = {
  erf: 5e-7,
  rsqrt: 1.8e-7, // two roundings
  sigmoid: 1.8e-7,
  roundF16: 0,
  roundBf16: 0,
};

const ulps = (n: number): number => n * 2 ** -23;

/** The same on graphics cards: division and roots as the standards of WebGPU and WebGL have them, functions as functions.ts. */
const cardBounds: typeof bounds = {
  ...bounds,
  div: ulps(2.5),
  sqrt: ulps(3),
  rsqrt: ulps(4),
  mod: ulps(2.5),
  exp: ulps(2),
  expm1: ulps(2),
  log: ulps(2),
  log1p: ulps(2),
  tanh: ulps(2),
  sigmoid: ulps(3),
};
const smallestNormal = 2 ** -126;

const inputsOf = (op: ScalarOp): readonly Input[] => {
  const f32 = (values: ArrayLike<number>): Input => ({ dtype: "f32", values });
  const bool = (values: ArrayLike<number>): Input => ({ dtype: "bool", values });
  if (["and", "or", "xor"].includes(op)) return [bool([0, 0, 1, 1]), bool([0, 1, 0, 1])];
  if (op === "not") return [bool([0, 1])];
  if (scalarOps[op].arity === 1) return [f32(unaryValues)];
  return [f32(pairs.map(([a]) => a)), f32(pairs.map(([, b]) => b))];
};

const isSame = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

/** What remains of a division is known to the last bits of the dividend, and modulo the divisor. */
const isRemainder = (a: number, b: number, error: number): boolean =>
  (Number.isFinite(a) && Math.abs(a / b) > 2 ** 23) ||
  Math.min(error, Math.abs(error - Math.abs(b))) <= 2 ** -22 * Math.abs(a);

/** One comparison with the meaning. */
interface Judged {
  readonly op: ScalarOp;
  readonly args: readonly number[];
  readonly got: number;
  readonly wanted: number;
  readonly isCard: boolean;
}

const boundOf = ({ op, args, wanted, isCard }: Judged): number => {
  const [a, b] = args as readonly [number, number];
  const size = Math.abs(wanted);
  if (!isCard) return (bounds[op] ?? ulps(1)) * size;
  // The argument is brought to a quarter of a circle with parts of π/2; far out nothing is left of it.
  if (op === "sin" || op === "cos") return Math.abs(a) <= 8192 ? ulps(2) : 2;
  if (op === "pow") return ulps(2) * (1 + Math.abs(b * Math.log(Math.abs(a)))) * size;
  return (cardBounds[op] ?? ulps(1)) * size;
};

const isClose = (judged: Judged): boolean => {
  const { op, args, got, wanted, isCard } = judged;
  const error = Math.abs(got - wanted);
  const [a, b] = args as readonly [number, number];
  return (
    isSame(got, wanted) ||
    error <= boundOf(judged) ||
    // Numbers that f32 holds only with fewer bits may be lost on the way.
    (Math.abs(wanted) <= smallestNormal && Math.abs(got) <= smallestNormal) ||
    (op === "mod" && isRemainder(a, b, error)) ||
    // No function of ours on a card sees the sign of a zero.
    (isCard && op === "pow" && a === 0 && isSame(Math.abs(got), Math.abs(wanted)))
  );
};

const flushed = (x: number): number => (Math.abs(x) < smallestNormal ? x * 0 : x);

/** Declares the tests for one device. */
export const testScalars = (device: Device): void => {
  const test = suite(`scalars on ${device.name}`);
  // Those that flush denormals are the cards.
  const isCard = device.capabilities.flushesDenormals;

  for (const op of ofFloats) {
    test(`${op} means what it means`, async () => {
      const inputs = inputsOf(op);
      const size = (inputs[0] as Input).values.length;
      const dtype = scalarOps[op].result === "bool" ? "bool" : "f32";
      const kernel = kernelOf(size, dtype, inputs, (i, read) =>
        makeCall(
          op,
          inputs.map((_, slot) => read(slot, i)),
        ),
      );
      const found = await runKernel(device, kernel, inputs);
      for (let i = 0; i < size; i++) {
        const args = inputs.map(({ values }) => Math.fround(values[i] as number));
        const got = found[i] as number;
        const isRight = (given: readonly number[]): boolean => {
          const wanted = Math.fround(meanings[op](...given));
          return isClose({ op, args: given, got, wanted, isCard });
        };
        const text = `${op}(${args.join(", ")}) = ${meanings[op](...args)}, got ${got}`;
        assert.ok(isRight(args) || (isCard && isRight(args.map(flushed))), text);
      }
    });
  }

  test("erf stays within its bounds", async () => {
    const values = noise(7, 20_000).map((x) => x * 5);
    const inputs = [{ dtype: "f32", values }] as const;
    const kernel = kernelOf(values.length, "f32", inputs, (i, read) =>
      makeCall("erf", [read(0, i)]),
    );
    const found = await runKernel(device, kernel, inputs);
    values.forEach((x, i) => {
      const error = Math.abs((found[i] as number) - erf(x)) / Math.abs(erf(x));
      assert.ok(error < 5e-7, `erf(${x}): relative error ${error}`);
    });
  });

  for (const [op, encode, decode] of [
    ["roundF16", encodeF16, decodeF16],
    ["roundBf16", encodeBf16, decodeBf16],
  ] as const) {
    test(`${op} is exact for every pattern, between neighbours and beside the middle`, async () => {
      const patterns = Array.from({ length: 0x7c00 }, (_, i) => i);
      const values = Float32Array.from(
        patterns.flatMap((pattern) => {
          const [x, next] = [decode(pattern), decode(pattern + 1)];
          const middle = Number.isFinite(next) ? (x + next) / 2 : x * 1.01;
          return [x, -middle, middle * (1 - 2 ** -23), middle * (1 + 2 ** -23)];
        }),
      ).filter((x) => !isCard || flushed(x) === x);
      const inputs = [{ dtype: "f32", values }] as const;
      const kernel = kernelOf(values.length, "f32", inputs, (i, read) =>
        makeCall(op, [read(0, i)]),
      );
      const found = await runKernel(device, kernel, inputs);
      const wrong = values.findIndex((x, i) => !isSame(found[i] as number, decode(encode(x))));
      assert.is(wrong, -1, `${op}(${values[wrong]}) gave ${found[wrong]}`);
    });
  }

  test("whole numbers divide towards −∞, exactly", async () => {
    const divisors = [1, 2, 3, 7, 8, 10, 109, 255, 1000, 4099, 65536, 1048575, 2 ** 24 - 1];
    const dividends = divisors.flatMap((d) => {
      const last = Math.floor((2 ** 24 - 1) / d);
      return [0, 1, 2, Math.floor(last / 2), last - 1, last].flatMap((k) => [
        k * d - 1,
        k * d,
        k * d + 1,
      ]);
    });
    const cases = divisors.flatMap((d) =>
      dividends
        .filter((a) => Math.abs(a) + d <= 2 ** 24)
        .flatMap((a) => [
          [a, d],
          [-a, d],
          [a, -d],
          [-a, -d],
        ]),
    );
    const inputs: readonly Input[] = [0, 1].map((side) => ({
      dtype: "i32",
      values: cases.map((pair) => pair[side] as number),
    }));
    for (const op of ["idiv", "mod"] as const) {
      const kernel = kernelOf(cases.length, "i32", inputs, (i, read) =>
        makeCall(op, [read(0, i), read(1, i)]),
      );
      const found = await runKernel(device, kernel, inputs);
      cases.forEach(([a, d], i) => {
        const wanted = meanings[op](a as number, d as number);
        assert.ok(found[i] === wanted, `${op}(${a}, ${d}) = ${wanted}, got ${found[i]}`);
      });
    }
  });

  test("conversions truncate, stop at ±2³¹, and give 0 for NaN", async () => {
    const values = [0.9, -0.9, 2.5, -2.5, 8388608, ...specials];
    const inputs = [{ dtype: "f32", values }] as const;
    const cast = (dtype: "i32" | "bool") =>
      kernelOf(values.length, dtype, inputs, (i, read) => makeCall("cast", [read(0, i)], dtype));
    assert.equal(
      [...(await runKernel(device, cast("i32"), inputs))],
      [0, 0, 2, -2, 8388608, 0, 0, 0, 2 ** 31 - 1, -(2 ** 31)],
    );
    assert.equal(
      [...(await runKernel(device, cast("bool"), inputs))],
      [1, 1, 1, 1, 1, 0, 0, 1, 1, 1],
    );
  });

  test("constants keep infinities, NaN and signs", async () => {
    const values = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -1.5, 1e-40];
    for (const value of values) {
      const [found] = await runKernel(
        device,
        kernelOf(1, "f32", [], () => constant(value)),
        [],
      );
      const wanted = Math.fround(isCard ? flushed(value) : value);
      assert.ok(isSame(found as number, wanted), `${value}, got ${found}`);
    }
  });

  test.run();
};
