// What must compile, what must not, and the exact text of the error, which is the sentence that the run time throws.

import { join } from "node:path";
import { pipe } from "fp-ts/lib/function.js";
import * as assert from "uvu/assert";
import { TensorError } from "../../src/core/errors.ts";
import { dim } from "../../src/core/types/index.ts";
import { filesUnder, root } from "../support/files.ts";
import { suite } from "../support/suite.ts";
import { type Complaint, checkFiles, compileAll, opNames, withImports } from "./compiler.ts";
import { mistakes } from "./mistakes/index.ts";
import type { Mistake } from "./mistakes/mistake.ts";
import * as ops from "./ops.ts";

const test = suite("types");
const names = opNames();
const all = Object.values(mistakes).flat();

test("infers the shapes, names and dtypes of every family", () => {
  const files = filesUnder("test/types/compiles", ".ts").map((file) => join(root, file));
  assert.ok(files.length >= 7);
  assert.equal(checkFiles(files), []);
});

/** Errors that are compared as a whole. */
const printed = {
  direct: "matmul(zeros([32, 784]), zeros([512, 10]))",
  named: "add(zeros([dim('batch', 8)]), zeros([dim('time', 9)]))",
  piped: "pipe(zeros([2, 3]), relu, sum({ axis: 2 }))",
  misspelt: "sum({ axis: 0, keepdims: true })",
};

const complaints = new Map<string, readonly Complaint[]>();

test.before(() => {
  const snippets = [...all.map(({ code }) => code), ...Object.values(printed)];
  const found = compileAll(snippets.map((code) => withImports(code, names)));
  snippets.forEach((code, i) => {
    complaints.set(code, found[i] ?? []);
  });
});

for (const [family, rows] of Object.entries(mistakes)) {
  test(`refuses mistakes at the argument that is wrong: ${family}`, () => {
    for (const { code, at, sentence } of rows) {
      const found = complaints.get(code) ?? [];
      assert.equal(
        found.map((complaint) => ({ code, at: complaint.at, sentence: complaint.sentence })),
        [{ code, at, sentence }],
        found.map(({ message }) => message).join("\n"),
      );
    }
  });
}

const messageOf = (code: string): string | undefined => complaints.get(code)?.[0]?.message;

test("prints the sentence in the type that the argument should have had", () => {
  assert.is(
    messageOf(printed.direct),
    `Argument of type 'Tensor<readonly [512, 10], "f32">' is not assignable to parameter of type \
'Tensor<readonly [512, 10], "f32"> & ShapeError<"matmul: inner dimensions equal expected, got [32, 784] · [512, 10] (784 ≠ 512)">'.
  Property '[shapeError]' is missing in type 'Tensor<readonly [512, 10], "f32">' but required in type \
'ShapeError<"matmul: inner dimensions equal expected, got [32, 784] · [512, 10] (784 ≠ 512)">'.`,
  );
});

test("prints names in the sentence", () => {
  assert.is(
    messageOf(printed.named),
    `Argument of type 'Tensor<readonly [Dim<"time">], "f32">' is not assignable to parameter of type \
'Tensor<readonly [Dim<"time">], "f32"> & ShapeError<"add: shapes that broadcast expected, got [batch] and [time] (axis −1: batch ≠ time)">'.
  Property '[shapeError]' is missing in type 'Tensor<readonly [Dim<"time">], "f32">' but required in type \
'ShapeError<"add: shapes that broadcast expected, got [batch] and [time] (axis −1: batch ≠ time)">'.`,
  );
});

test("prints the step of a pipe, and the sentence in the last line", () => {
  assert.is(
    messageOf(printed.piped),
    `Argument of type 'ReduceWith<"sum", "number", 2, false>' is not assignable to parameter of type \
'(b: Tensor<readonly [2, 3], "f32">) => Tensor<readonly [2, 3], "f32">'.
  Types of parameters 'x' and 'b' are incompatible.
    Type 'Tensor<readonly [2, 3], "f32">' is not assignable to type 'Tensor<readonly [2, 3], "f32"> & \
ShapeError<"sum: axis in −2…1 expected for rank 2, got 2">'.
      Property '[shapeError]' is missing in type 'Tensor<readonly [2, 3], "f32">' but required in type \
'ShapeError<"sum: axis in −2…1 expected for rank 2, got 2">'.`,
  );
});

test("leaves misspelt options to the compiler", () => {
  assert.is(
    messageOf(printed.misspelt),
    "Object literal may only specify known properties, and 'keepdims' does not exist in type " +
      "'Tensor<never, never> | ReduceOptions<0, false>'.",
  );
});

/** The first line of the error that an expression throws. */
const thrownBy = (code: string): string => {
  const scope = { ...ops, pipe, dim, n: 4 };
  const run = new Function(...Object.keys(scope), `return (${code});`);
  try {
    run(...Object.values(scope));
  } catch (error) {
    if (error instanceof TensorError) return error.message.split("\n")[0] as string;
    throw error;
  }
  return "nothing";
};

/** What the run time is to say: a layer leaves it to an op inside, which says it under its own name. */
const expectedOf = ({ sentence, inside }: Mistake): string =>
  inside === undefined ? sentence : sentence.replace(/^[^:]+/, inside);

test("says what the run time says", () => {
  const comparable = all.filter(({ apart }) => apart === undefined);
  const differing = comparable
    .map((wrong) => ({ ...wrong, expected: expectedOf(wrong), thrown: thrownBy(wrong.code) }))
    .filter(({ expected, thrown }) => thrown !== expected);
  assert.ok(comparable.length > 100);
  assert.equal(differing, []);
});

test.run();
