// Which steps are done row by row, and that what they compute does not depend on it.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { planGraph } from "../../../../src/core/compile/program.ts";
import { bandsOf } from "../../../../src/core/device/cpu/bands.ts";
import { cpuDevice } from "../../../../src/core/device/cpu/cpu.ts";
import { codeOf } from "../../../../src/core/device/cpu/kernels.ts";
import type { TypedArray } from "../../../../src/core/dtype.ts";
import type { Tensor } from "../../../../src/core/tensor.ts";
import * as P from "../../../../src/index.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import { enginesFor, valuesOn } from "./engines.ts";

const test = suite("bands of cpu");

const engines = enginesFor(test, [1, 2, 3]);

const zeros = (...shape: readonly number[]): P.Tensor =>
  P.tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), { shape });

/** The bands of a graph: labels of their steps, and their rows. */
const bandsIn = (...outputs: readonly Tensor[]) => {
  const { plan } = planGraph(outputs, cpuDevice);
  const codes = plan.steps.map(({ kernel }) => codeOf(kernel));
  return bandsOf(plan, codes).map((band) => ({
    ...band.byRow,
    steps: plan.steps.slice(band.from, band.to).map(({ kernel }) => kernel.label),
  }));
};

test("a softmax of rows is one band, in blocks that stay in the cache", () => {
  const [band, ...others] = bandsIn(P.softmax({ axis: -1 })(zeros(4096, 512)));
  assert.is(others.length, 0);
  assert.is(band?.rows, 4096);
  assert.is(band?.steps.length, 4);
  const bytesPerRow = 3 * 512 * 4; // what is read, the exponentials, and the result
  const blockBytes = (band?.blockRows ?? 0) * bytesPerRow;
  assert.ok(blockBytes > 100_000 && blockBytes < 200_000, `${blockBytes} bytes`);
});

test("small rows are one block", () => {
  assert.is(bandsIn(P.softmax({ axis: -1 })(zeros(40, 10)))[0]?.blockRows, 40);
});

test("steps of one loop take the rows of their neighbours", () => {
  const x = zeros(64, 96);
  const scaled = P.div(x, P.max({ axis: -1, keepDims: true })(x));
  const [band, ...others] = bandsIn(scaled, P.exp(scaled));
  assert.is(others.length, 0);
  assert.is(band?.rows, 64);
});

test("a softmax of columns is none", () => {
  assert.ok(bandsIn(P.softmax({ axis: 0 })(zeros(64, 96))).every(({ rows }) => rows === undefined));
});

test("a step that reads other rows ends a band", () => {
  const y = P.softmax({ axis: -1 })(zeros(64, 64));
  const turned = P.softmax({ axis: -1 })(P.transpose(y));
  const bands = bandsIn(P.sum({ axis: -1 })(turned));
  assert.ok(bands.length > 1);
  for (const { rows, steps } of bands)
    if (rows !== undefined) assert.ok(steps.every((step) => !step.includes("transpose")));
});

test("long chains are several bands", () => {
  let x: Tensor = zeros(64, 64);
  for (let i = 0; i < 40; i++) x = P.softmax({ axis: -1 })(x);
  assert.equal(
    bandsIn(x).map(({ steps }) => steps.length),
    [64, 64, 32],
  );
});

test("rows that fit no cache are taken as they come", () => {
  const [band] = bandsIn(P.softmax({ axis: -1 })(zeros(32, 60_000)));
  assert.is(band?.blockRows, 32);
  assert.is(band?.scratchBytes, 0);
});

test("a step that checks indices is on its own", () => {
  const ids = P.tensor(new Int32Array(64));
  const x = P.softmax({ axis: -1 })(zeros(64, 32));
  for (const { steps } of bandsIn(P.softmax({ axis: -1 })(P.take(x, ids))))
    assert.ok(steps.length === 1 || steps.every((step) => !step.includes("take")));
});

type Values = readonly TypedArray[];

/** One more op on a matrix: within rows, across them, or from one to another. */
const ops: Readonly<Record<string, (x: P.Tensor) => P.Tensor>> = {
  softmax: (x) => P.softmax({ axis: -1 })(x) as P.Tensor,
  normalise: (x) =>
    P.div(
      P.sub(x, P.mean({ axis: -1, keepDims: true })(x)),
      P.add(P.max({ axis: -1, keepDims: true })(P.abs(x)), 1),
    ) as P.Tensor,
  centre: (x) => P.sub(x, P.mean({ axis: -1, keepDims: true })(x)) as P.Tensor,
  exp: (x) => P.exp(P.mul(P.tanh(x), 0.5)) as P.Tensor,
  columns: (x) => P.sub(x, P.mean({ axis: 0 })(x)) as P.Tensor,
  turned: (x) => P.add(x, P.flip({ axis: 0 })(x)) as P.Tensor,
  running: (x) => P.mul(P.cumsum({ axis: 1 })(x), 0.1) as P.Tensor,
  scaled: (x) => P.mul(x, P.mean({ axis: -1, keepDims: true })(P.square(P.tanh(x)))) as P.Tensor,
};

test(
  "random chains have the same bits on one, two and three threads, near the reference's",
  forAll(
    {
      names: fc.array(fc.constantFrom(...Object.keys(ops)), { minLength: 2, maxLength: 7 }),
      // Enough work for several threads, rows that are shared unevenly, and few or short ones.
      shape: fc.constantFrom(
        [400, 670],
        [960, 256],
        [1031, 331],
        [32, 5000],
        [30011, 8],
        [8, 33, 801],
      ),
      keepsAll: fc.boolean(),
      seed: fc.nat(1000),
    },
    { runs: 16 },
  )(({ names, shape, keepsAll, seed }) => {
    const x = P.evaluate(P.normal(P.key(seed), shape), { device: "reference" }) as P.Tensor;
    const all: P.Tensor[] = [];
    let y = x;
    for (const name of names) {
      y = (ops[name] as (x: P.Tensor) => P.Tensor)(y);
      all.push(y);
    }
    const outputs = keepsAll ? all : [y];
    const found = engines.map((engine) => valuesOn(engine, outputs));
    const [one, two, three] = found as [Values, Values, Values];
    for (const [threads, values] of [
      [2, two],
      [3, three],
    ] as const)
      values.forEach((output, i) => {
        const at = output.findIndex((value, j) => !Object.is(value, one[i]?.[j]));
        assert.is(at, -1, `output ${i} on ${threads} threads: ${output[at]} for ${one[i]?.[at]}`);
      });
    outputs.forEach((output, i) => {
      const wanted = P.values(P.evaluate(output, { device: "reference" }));
      one[i]?.forEach((value, at) => {
        const exact = Number(wanted[at]);
        if (!(Math.abs(value - exact) <= 1e-3 * (1 + Math.abs(exact))))
          assert.unreachable(`${value} for ${exact}`);
      });
    });
  }),
);

test.run();
