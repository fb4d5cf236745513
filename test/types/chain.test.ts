// Type-checking stays fast: 400 layers of literal shapes, no two alike, so that nothing is found in the compiler's caches.

import { cpuUsage } from "node:process";
import * as assert from "uvu/assert";
import { suite } from "../support/suite.ts";
import { compileAll } from "./compiler.ts";

const test = suite("chain");
const layers = 400;

// Processor time, because tests run beside each other; an idle machine needs less than half of it.
const limitMs = 5000;

const width = (layer: number): number => 16 + layer;

const opening = [
  `import { pipe } from "fp-ts/lib/function.js";`,
  `import type { Tensor } from "../../src/core/tensor.ts";`,
  `import { add, matmul, relu, zeros } from "./ops.ts";`,
  `const x0 = zeros([32, ${width(0)}]);`,
];

const step = (i: number): string => `matmul(zeros([${width(i)}, ${width(i + 1)}]))`;
const bias = (i: number): string => `add(zeros([${width(i + 1)}]))`;

/** One assignment for each layer. */
const assigned = Array.from(
  { length: layers },
  (_, i) =>
    `const x${i + 1} = relu(add(matmul(x${i}, zeros([${width(i)}, ${width(i + 1)}])), zeros([${width(i + 1)}])));`,
);

/** Six layers in each pipe, which takes up to 19 functions. */
const piped = Array.from({ length: Math.ceil(layers / 6) }, (_, block) => {
  const first = block * 6;
  const inside = Array.from({ length: Math.min(6, layers - first) }, (_, i) => first + i);
  const last = first + inside.length;
  return `const x${last} = pipe(x${first}, ${inside.map((i) => `${step(i)}, ${bias(i)}, relu`).join(", ")});`;
});

const closing = (size: number): string =>
  `export const y: Tensor<readonly [32, ${size}], "f32"> = x${layers};`;

test.before(() => {
  compileAll([opening.join("\n")]); // parses the libraries, which every project does anyway
});

for (const [name, lines] of Object.entries({ assigned, piped })) {
  test(`checks ${layers} layers, ${name}, to the last size in under 5 s`, () => {
    const start = cpuUsage();
    const [complaints] = compileAll([[...opening, ...lines, closing(width(layers))].join("\n")]);
    const { user, system } = cpuUsage(start); // microseconds
    const ms = Math.round((user + system) / 1000);
    console.log(`${layers} layers, ${name}: ${ms} ms of processor time`);
    assert.equal(complaints, []);
    assert.ok(ms < limitMs, `${ms} ms`);
  });
}

test("finds the one wrong layer among them", () => {
  const some = assigned.slice(0, 40);
  const wrong = some.map((line, i) => (i === 32 ? line.replace("zeros([48,", "zeros([7,") : line));
  const [complaints] = compileAll([[...opening, ...wrong].join("\n")]);
  assert.equal(
    complaints?.map(({ sentence }) => sentence),
    ["matmul: inner dimensions equal expected, got [32, 48] · [7, 49] (48 ≠ 7)"],
  );
});

test.run();
