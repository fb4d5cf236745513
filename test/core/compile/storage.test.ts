// Values that a graph rounds to a storage dtype and takes back: stored in it, converted where they are read, and never stored in both.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  add,
  cast,
  compile,
  concat,
  exp,
  key,
  matmul,
  mul,
  normal,
  type StorageDtype,
  sum,
  type Tensor,
  tanh,
  tensor,
  values,
  zeros,
} from "../../../src/index.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("values in storage dtypes");

const halves = fc.constantFrom<StorageDtype>("bf16", "f16");
const kept =
  (dtype: StorageDtype) =>
  (x: Tensor): Tensor =>
    cast("f32")(cast(dtype)(x));

/** Dtypes of the buffers between the kernels of f. */
const temporariesOf = (f: (x: Tensor) => unknown, x: Tensor): readonly string[] =>
  compile(f, { device: "reference" })
    .plan(x)
    .buffers.filter(({ kind, size }) => kind === "temporary" && size > 1)
    .map(({ dtype }) => dtype);

const x = zeros([8, 8]);

test(
  "what several kernels read is stored in 16 bits: a costly function, a product, a product with more work behind it",
  forAll(halves)((dtype) => {
    const keep = kept(dtype);
    const uses = (y: Tensor) => [matmul(y, x), sum(y), mul(y, 2)];
    assert.equal(
      temporariesOf((a) => uses(keep(exp(a))), x),
      [dtype],
    );
    assert.equal(
      temporariesOf((a) => uses(keep(matmul(a, a))), x),
      [dtype],
    );
    assert.equal(
      temporariesOf((a) => uses(keep(tanh(add(matmul(a, a), 1)))), x),
      [dtype],
    );
  }),
);

test("a storage dtype that comes in is converted where it is read, not stored in f32 first", () => {
  const w = cast("bf16")(zeros([64, 64]));
  assert.equal(
    temporariesOf((a) => matmul(a, cast("f32")(w)), zeros([64, 64])),
    [],
  );
});

test("what is read once stays in its kernel, and what is cheap to compute from it too", () => {
  assert.equal(
    temporariesOf((a) => mul(kept("f16")(exp(a)), 2), x),
    [],
  );
  assert.equal(
    temporariesOf((a) => {
      const y = kept("f16")(exp(a));
      return [sum(add(y, 1)), sum({ axis: 0 })(mul(add(y, 1), 2))];
    }, x),
    ["f16"],
  );
});

test("a kernel that grows too large is cut where values have 16 bits", () => {
  const joined = (all: readonly Tensor[]) => kept("bf16")(concat({ axis: 0 })(all));
  const pieces = (a: Tensor) => joined([1, 2, 3, 4, 5].map((i) => kept("bf16")(mul(add(a, i), i))));
  const all = (a: Tensor) => sum(joined([1, 2, 3, 4, 5].map((i) => pieces(mul(a, i)))));
  const found = temporariesOf(all, zeros([4]));
  assert.ok(found.length > 0);
  assert.ok(
    found.every((dtype) => dtype === "bf16"),
    found.join(),
  );
});

test(
  "fused or not, on the cpu device or the reference, the values are the same",
  forAll(
    { dtype: halves, seed: fc.integer({ min: 0, max: 99 }) },
    { runs: 20 },
  )(({ dtype, seed }) => {
    const data = values(normal(key(seed), [5, 5]));
    const run = (device: "cpu" | "reference", fuse: boolean) => {
      const program = compile(
        (a: Tensor) => {
          const h = kept(dtype)(mul(a, 1.5));
          const y = kept(dtype)(add(h, mul(h, h)));
          return [sum({ axis: 0 })(y), add(y, h), mul(kept(dtype)(add(y, 1)), h)];
        },
        { device, fuse },
      );
      return program(tensor(data, { shape: [5, 5] })).map((result) => [...values(result)]);
    };
    const expected = run("reference", false);
    assert.equal(run("reference", true), expected);
    // Sums of five numbers of 16 bits are exact in f32 but for the last place.
    const onCpu = run("cpu", true).flat();
    expected
      .flat()
      .forEach((y, i) =>
        assert.ok(Math.abs((onCpu[i] as number) - y) <= 1e-6 * Math.max(1, Math.abs(y))),
      );
  }),
);

test.run();
