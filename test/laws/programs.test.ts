// Random programs of up to 40 ops: value and gradients are the same however they are run: fused or not, compiled or not, with donated
// inputs or not. test/devices/programs.ts runs them on every device.

import * as assert from "uvu/assert";
import * as P from "../../src/index.ts";
import { assertClose, drawFrom } from "../support/laws.ts";
import { outcomeOfProgram, programs } from "../support/programs.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const same = (
  actual: readonly P.Tensor[],
  expected: readonly P.Tensor[],
  tolerance: number,
  way: string,
) =>
  expected.forEach((x, i) =>
    assertClose(
      P.values(actual[i] as P.Tensor),
      P.values(x),
      tolerance,
      `${way}, ${i === 0 ? "loss" : `gradient of x${i - 1}`}`,
    ),
  );

const test = suite("programs");

test(
  "give the same fused or not, compiled or not, donated or not",
  forAll(programs())((program) => {
    const run = outcomeOfProgram(program);
    const plain = P.evaluate(run(program.inputs("f64")), { fuse: false });
    const tolerance = 0; // the same operations in the same order
    same(P.evaluate(run(program.inputs("f64"))), plain, tolerance, "fused");
    same(P.compile(run)(program.inputs("f64")), plain, tolerance, "compiled");
    const donating = P.compile(run, { donate: [0] });
    const given = program.inputs("f64");
    same(donating(given), plain, tolerance, "donated");
    same(donating(program.inputs("f64")), plain, tolerance, "donated again");
  }),
);

test(
  "have the gradients of central differences",
  forAll(programs({ isSmooth: true }))((program) => {
    const draw = drawFrom(program.length);
    const inputs = program.inputs("f64");
    const directions = inputs.map(({ shape }) => {
      const count = shape.reduce((p, n) => p * n, 1);
      return Float64Array.from({ length: count }, draw);
    });
    const moved = (by: number) =>
      inputs.map((x, i) => {
        const along = directions[i] as Float64Array;
        const values = Float64Array.from(
          P.values(x),
          (value, k) => value + by * (along[k] as number),
        );
        return P.tensor(values, { shape: x.shape });
      });
    const compiled = P.compile(outcomeOfProgram(program));
    const [, ...gradients] = compiled(inputs);
    const slope = gradients.reduce((total, g, i) => {
      const along = directions[i] as Float64Array;
      return Float64Array.from(P.values(g)).reduce(
        (sum, value, k) => sum + value * (along[k] as number),
        total,
      );
    }, 0);
    const step = 1e-5;
    const [after, before] = [compiled(moved(step)), compiled(moved(-step))].map(([loss]) =>
      P.item(loss as P.Tensor),
    ) as [number, number];
    const numeric = (after - before) / (2 * step);
    if (!(Math.abs(slope - numeric) <= 1e-6 + 1e-4 * Math.abs(numeric)))
      assert.unreachable(`slope ${slope} by grad, ${numeric} by central differences`);
  }),
);

test.run();
