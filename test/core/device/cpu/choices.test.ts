// Choices that differ from lane to lane between values that all lanes share: read before the choice is made where that is safe, behind it elsewhere.

import fc from "fast-check";
import * as assert from "uvu/assert";
import * as P from "../../../../src/index.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("choices on cpu");

/** Σ_k chosen(k, j): of what is read at k, next to it (which is not there at an end), and a number, by whole numbers [terms, columns]. */
const chosen = (codes: P.Tensor, x: P.Tensor): P.Tensor => {
  const n = x.shape[0] as number;
  const before = P.slice({ start: [0], stop: [n] })(P.pad({ widths: [[1, 0]] })(x));
  const shared = (row: P.Tensor) => P.reshape([n, 1])(row);
  const picked = P.where(
    P.less(1)(codes),
    shared(x),
    P.where(
      P.less(2)(codes),
      shared(before),
      P.where(P.less(3)(codes), shared(P.flip({ axis: 0 })(x)), 0.5),
    ),
  );
  return P.sum({ axis: 0 })(picked);
};

test(
  "are those of the reference",
  forAll(
    {
      terms: fc.integer({ min: 1, max: 9 }),
      columns: fc.integer({ min: 1, max: 40 }),
      seed: fc.nat(99),
    },
    { runs: 30 },
  )(({ terms, columns, seed }) => {
    const draws = P.uniform(P.key(seed), [terms, columns], { min: 0, max: 4 });
    const codes = P.evaluate(P.cast("i32")(P.floor(draws)), { device: "reference" });
    const x = P.evaluate(P.normal(P.key(seed + 1), [terms]), { device: "reference" });
    const on = (device: string) => [...P.values(P.evaluate(chosen(codes, x), { device }))];
    const wanted = on("reference");
    on("cpu").forEach((found, i) => {
      assert.ok(Math.abs(found - (wanted[i] as number)) < 1e-5); // 9 terms, f32
    });
  }),
);

test("do not let in what is not chosen", () => {
  const codes = P.tensor([Array.from({ length: 16 }, (_, j) => (j % 2 === 0 ? 0 : 3))], {
    dtype: "i32",
  });
  const found = P.evaluate(chosen(codes, P.tensor([Number.NaN])), { device: "cpu" });
  assert.equal(
    [...P.values(found)].map(Number.isNaN),
    Array.from({ length: 16 }, (_, j) => j % 2 === 0),
  );
});

test.run();
