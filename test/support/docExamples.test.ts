// The rule for examples in documentation, held to small pages made up here.

import * as assert from "uvu/assert";
import { commentExamples, type Example, markdownExamples } from "./docExamples.ts";
import { moduleOf } from "./exampleModule.ts";
import { $shapes, $shows, $throws } from "./exampleProbe.ts";
import { suite } from "./suite.ts";

const page = `/** One. */
/**
 * Two.
 *
 * @example
 * twice(2) // 4
 * twice(0)
 *
 * @example a caption
 * const y = twice(
 *   1,
 * );
 * @see elsewhere
 */
`;

const markdown = `Text.
\`\`\`sh
npm start
\`\`\`
\`\`\`ts
const a = 1;
\`\`\`
\`\`\`ts continued
a // 1
\`\`\`
\`\`\`ts no-run
a
\`\`\`
`;

const example = (...lines: readonly string[]): Example => ({
  file: "src/none.ts",
  lines: lines.map((text, i) => ({ text, line: 10 + i })),
  isInDocComment: true,
  isRun: true,
});

/** The checking module without its first line, the imports. */
const body = (...lines: readonly string[]): string =>
  moduleOf(example(...lines), "../..")
    .split("\n")
    .slice(1)
    .join("\n")
    .trimEnd();

const failureOf = (check: () => void): string => {
  try {
    check();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error("the check holds");
};

const test = suite("docExamples");

test("takes each @example up to the next tag, with its lines", () => {
  assert.equal(
    commentExamples("a.ts", page).map(({ lines }) => lines),
    [
      [
        { text: "twice(2) // 4", line: 6 },
        { text: "twice(0)", line: 7 },
      ],
      [
        { text: "const y = twice(", line: 10 },
        { text: "  1,", line: 11 },
        { text: ");", line: 12 },
      ],
    ],
  );
});

test("joins a continued block to the one before, and notes no-run", () => {
  const [first, second, ...more] = markdownExamples("a.md", markdown);
  assert.equal(
    first?.lines.map(({ line }) => line),
    [6, 9],
  );
  assert.is(first?.isRun, true);
  assert.is(second?.isRun, false);
  assert.is(more.length, 0);
});

test("checks the value of an expression, and only runs what has no comment", () => {
  assert.is(
    body("Math.abs(2); // 2", "Math.abs(3)"),
    '$at(10); $shows("2", Math.abs(2)); // 2\n$at(11); Math.abs(3)',
  );
});

test("checks what console.log prints", () => {
  assert.is(body("console.log(Math.E, 2) // 1 2"), '$at(10); $shows("1 2", Math.E, 2); // 1 2');
});

test("checks that an expression throws", () => {
  assert.is(
    body("Math.abs(1) // throws no"),
    '$at(10); await $throws("no", async () => Math.abs(1)); // throws no',
  );
});

test("makes up inputs for the names that a shape example leaves undeclared", () => {
  assert.is(
    body("Array.of((x) => x, w, x) // [2, 3], [4] i32 → [2]"),
    '$at(10); { const w = $zeros([2, 3], "f32"); const x = $zeros([4], "i32"); ' +
      '$shapes("[2]", Array.of((x) => x, w, x)); } // [2, 3], [4] i32 → [2]',
  );
});

test("checks the shape of a declared name", () => {
  assert.is(
    body("const x = Math.abs(1); // → [2]", "Array.of(x) // → [3]"),
    '$at(10); const x = Math.abs(1); $shapes("[2]", x); // → [2]\n' +
      '$at(11); { $shapes("[3]", Array.of(x)); } // → [3]',
  );
});

test("refuses a shape example with a name too many", () => {
  assert.match(
    failureOf(() => body("Array.of(u, w) // [2] → [2]")),
    'shapes for u, w expected before the →, got "[2]"',
  );
});

test("prints as the console does, but for spacing and quotes; … is anything", () => {
  $shows("[[1, 2], [3, 4]]", [[1, 2], [3, 4]]); // biome-ignore format: as printed
  $shows('{ a: "x" }', { a: "x" });
  $shows("… ms", "12.3 ms");
  assert.match(
    failureOf(() => $shows("5", 4)),
    "the comment says 5",
  );
});

test("compares shapes, and dtypes where the comment has them", () => {
  const a = { shape: [2, 3], dtype: "f32" };
  $shapes("[2, 3]", a);
  $shapes("[2, 3] f32, []", { a, b: { shape: [], dtype: "i32" } });
  assert.match(
    failureOf(() => $shapes("[3, 2]", a)),
    "the shape is  [2, 3] f32",
  );
  assert.match(
    failureOf(() => $shapes("[2, 3] i32", a)),
    "the shape is  [2, 3] f32",
  );
  assert.match(
    failureOf(() => $shapes("[n, 3]", a)),
    "sizes in numbers expected",
  );
});

test("compares how a thrown message begins", async () => {
  const no = () => {
    throw new Error("f: no\n  at a place");
  };
  await $throws("f: no", no);
  const silent = await $throws("f: no", () => 1).then(
    () => "held",
    (error: Error) => error.message,
  );
  assert.match(silent, "it does not");
});

test.run();
