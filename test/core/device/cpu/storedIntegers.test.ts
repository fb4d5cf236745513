// Products with weights of stored integers on the cpu device: the numbers of the reference for every size and way of lying, in memory that does not
// grow with the weight.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { codeOf } from "../../../../src/core/device/cpu/kernels.ts";
import {
  add,
  cast,
  compile,
  einsum,
  key,
  matmul,
  mul,
  normal,
  relu,
  type Tensor,
  tensor,
  transpose,
  values,
} from "../../../../src/index.ts";
import { Compress } from "../../../../src/nn/index.ts";
import { assertTreesClose } from "../../../support/close.ts";
import { forAll } from "../../../support/property.ts";
import { codesOf, type Parts, partsOf, restored } from "../../../support/storedIntegers.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("products with stored integers");

const dtypes = fc.constantFrom<"i8" | "u8" | "i4">("i8", "u8", "i4");
const rows = fc.constantFrom(1, 2, 3, 4, 5, 17, 70);

const numbers = (seed: number, shape: readonly number[]): Tensor =>
  tensor(values(normal(key(seed), shape)), { shape });

/** Holds a function on the cpu device to the reference. Sums of up to 600 terms of size 100. */
const agrees = (f: (...args: never[]) => Tensor, ...args: readonly unknown[]): void => {
  const on = (device: string): Tensor => compile(f, { device })(...(args as never[])); // what f takes
  const [found, expected] = [on("cpu"), on("reference")];
  const size = Math.max(1, ...[...values(expected)].map(Math.abs));
  assertTreesClose(mul(found, 1 / size), mul(expected, 1 / size), 2e-6);
};

test(
  "rows times a weight are those of the reference, with groups and zeros",
  forAll(
    {
      dtype: dtypes,
      rows,
      groups: fc.constantFrom(1, 2, 5),
      inputs: fc.constantFrom(1, 4, 7, 12, 34, 120),
      outputs: fc.constantFrom(4, 5, 8, 31, 64, 260, 515, 1030),
      seed: fc.nat(999),
    },
    { runs: 150 },
  )(({ dtype, rows: count, groups, inputs, outputs, seed }) => {
    const parts = partsOf(seed, [groups * inputs, outputs], groups, dtype);
    const x = numbers(seed + 3, [count, groups * inputs]);
    agrees((a: Tensor, p: Parts) => matmul(a, restored(p)), x, parts);
  }),
);

test(
  "with a scale for all, with more before and after, and with a scale of the row's own",
  forAll(
    { dtype: dtypes, rows, size: fc.constantFrom(8, 33, 96, 300), seed: fc.nat(999) },
    { runs: 60 },
  )(({ dtype, rows: count, size, seed }) => {
    const [w, x] = [codesOf(seed, [size, size], dtype), numbers(seed, [count, size])];
    const scale = numbers(seed + 1, [size]);
    agrees(
      (a: Tensor, c: Tensor, s: Tensor) =>
        relu(add(matmul(mul(a, 0.5), mul(cast("f32")(c), s)), s)),
      ...[x, w, scale],
    );
    agrees((a: Tensor, c: Tensor) => mul(matmul(a, cast("f32")(c)), 0.1), x, w);
    agrees((a: Tensor, c: Tensor, s: Tensor) => matmul(mul(a, s), cast("f32")(c)), x, w, scale);
  }),
);

test(
  "rows times a transposed weight, and a weight times columns",
  forAll(
    {
      dtype: dtypes,
      rows,
      groups: fc.constantFrom(1, 4),
      size: fc.constantFrom(8, 33, 96),
      seed: fc.nat(999),
    },
    { runs: 60 },
  )(({ dtype, rows: count, groups, size, seed }) => {
    const parts = partsOf(seed, [groups * 8, size], groups, dtype);
    agrees(
      (a: Tensor, p: Parts) => matmul(a, transpose(restored(p))),
      numbers(seed, [count, size]),
      parts,
    );
    agrees((a: Tensor, p: Parts) => matmul(restored(p), a), numbers(seed, [size, count]), parts);
  }),
);

test(
  "in batches, with a weight for each or one for all",
  forAll(
    { dtype: dtypes, rows, seed: fc.nat(999) },
    { runs: 30 },
  )(({ dtype, rows: count, seed }) => {
    const x = numbers(seed, [3, count, 20]);
    const scale = numbers(seed + 1, [3, 1, 36]);
    agrees(
      (a: Tensor, c: Tensor, s: Tensor) =>
        einsum("bij,bjk->bik")(a, mul(cast("f32")(c), s)) as Tensor,
      ...[x, codesOf(seed, [3, 20, 36], dtype), scale],
    );
    agrees(
      (a: Tensor, c: Tensor) => einsum("bij,jk->bik")(a, cast("f32")(c)) as Tensor,
      ...[x, codesOf(seed, [20, 36], dtype)],
    );
  }),
);

/** A weight [4n, m] of two of every four. */
const pairsOf = (seed: number, [n, m]: readonly [number, number]): Compress.Pairs => {
  const w = normal(key(seed), [4 * n, m]);
  return Compress.toPairs()(Compress.makePermanent(Compress.nOfM({ choose: true })(w))(w));
};

test(
  "rows times two of every four, also in parts of a long sum, in batches and transposed",
  forAll(
    {
      count: fc.constantFrom(1, 2, 3, 4, 9),
      size: fc.constantFrom<readonly [number, number]>([9, 20], [12, 515], [300, 260]),
      seed: fc.nat(99),
    },
    { runs: 15 },
  )(({ count, size, seed }) => {
    const [n, m] = size;
    const parts = pairsOf(seed, size);
    const dense = (p: Compress.Pairs): Tensor => Compress.fromPairs()(p);
    const [x, y] = [numbers(seed + 1, [count, 4 * n]), numbers(seed + 2, [m])];
    agrees(
      (a: Tensor, p: Compress.Pairs, b: Tensor) => relu(add(matmul(mul(a, 0.5), dense(p)), b)),
      ...[x, parts, y],
    );
    agrees(
      (a: Tensor, p: Compress.Pairs) => einsum("bij,jk->bik")(a, dense(p)) as Tensor,
      ...[numbers(seed + 1, [3, count, 4 * n]), parts],
    );
    agrees(
      (a: Tensor, p: Compress.Pairs) => matmul(a, transpose(dense(p))),
      ...[numbers(seed + 2, [count, m]), parts],
    );
  }),
);

test("a row times two of every four has no term of a zero", () => {
  // An infinite input at which there is no weight would make NaN of one.
  const w = tensor(
    Float32Array.from({ length: 64 * 64 }, (_, i) => Number((i >> 6) % 4 < 2)),
    {
      shape: [64, 64],
    },
  );
  const x = tensor(
    Float32Array.from({ length: 64 }, (_, k) => (k % 4 < 2 ? 1 : 1 / 0)),
    {
      shape: [1, 64],
    },
  );
  const product = compile((a: Tensor, p: Compress.Pairs) => Compress.pairsMatmul(a, p), {
    device: "cpu",
  });
  assert.equal([...new Set(values(product(x, Compress.toPairs()(w))))], [32]);
});

test("are computed in memory that does not grow with the weight", () => {
  const memory = (count: number, size: number): number => {
    const plan = compile((a: Tensor, p: Parts) => matmul(a, restored(p)), { device: "cpu" }).plan(
      numbers(1, [count, size]),
      partsOf(2, [size, 512], size / 64, "i4"),
    );
    const last = plan.steps.at(-1) as (typeof plan.steps)[number]; // others convert what is shared
    const { packedBytes, phases } = codeOf(last.kernel);
    return packedBytes + Math.max(...phases.map(({ scratchBytes }) => scratchBytes));
  };
  for (const count of [1, 4, 32]) {
    assert.ok(memory(count, 1024) < 256 * 1024);
    assert.is(memory(count, 4096), memory(count, 1024));
  }
});

test.run();
