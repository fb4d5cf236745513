// The text of notebooks: how it is cut into cells, and what is refused.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { type Cell, isNotebook, parseNotebook } from "../../tools/notebook/source.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const test = suite("parseNotebook");

const cellsOf = (text: string): readonly Cell[] => {
  const cells = parseNotebook(text);
  if (E.isLeft(cells)) throw new Error(`line ${cells.left.line}: ${cells.left.message}`);
  return cells.right;
};
const problemOf = (text: string): string => {
  const cells = parseNotebook(text);
  return E.isLeft(cells) ? `${cells.left.line}: ${cells.left.message}` : "none";
};

const words = fc.stringMatching(/^[a-z]{1,8}( [a-z]{1,8}){0,3}$/);
const cells = fc.record({
  kind: fc.constantFrom("code" as const, "markdown" as const),
  title: fc.oneof(fc.constant(""), words),
  tags: fc.array(words, { maxLength: 2 }),
  lines: fc.array(words, { minLength: 1, maxLength: 4 }),
  blank: fc.nat(2),
});

test(
  "gives back the cells that a text was made of, with the lines where they start",
  forAll(fc.array(cells, { minLength: 1, maxLength: 5 }))((made) => {
    const lines: string[] = ["// a remark", ""];
    const expected = made.map(({ kind, title, tags, lines: own, blank }): Cell => {
      const isText = kind === "markdown";
      const head = [
        title,
        isText ? "[markdown]" : "",
        tags.length ? `tags=${JSON.stringify(tags)}` : "",
      ];
      lines.push(
        `// %% ${head.filter((it) => it !== "").join(" ")}`.trimEnd(),
        ...Array(blank).fill(""),
      );
      const line = lines.length + 1;
      lines.push(...own.map((it) => (isText ? `// ${it}` : it)), "");
      return { kind, title, tags, text: own.join("\n"), line };
    });
    assert.equal(cellsOf(lines.join("\n")), expected);
  }),
);

test("keeps blank lines and indents inside a cell, and drops cells without text", () => {
  const [text, code, ...others] = cellsOf(
    "// %% [markdown]\n// # Title\n//\n//   - item\n// %%\n\n// %%\n\n  a();\n\n  b();\n",
  );
  assert.is(text?.text, "# Title\n\n  - item");
  assert.is(code?.text, "  a();\n\n  b();");
  assert.is(others.length, 0);
});

test("says which line is wrong, and why", () => {
  assert.is(problemOf("const a = 1;\n// %%\n"), "1: a cell expected, `// %%`, got code");
  assert.is(problemOf("// nothing"), "1: no cell in this file");
  assert.is(
    problemOf("// %% [markdown]\n// text\n\nconst a = 1;"),
    "4: text in comment lines expected, got code",
  );
  assert.is(problemOf("// %% [raw]\nx"), "1: [markdown] or nothing expected, got [raw]");
  for (const tags of ['["a,b"]', "[a]", "[1]"])
    assert.is(
      problemOf(`// %%\na;\n// %% tags=${tags}\n`),
      `3: tags=["words", "without commas"] expected, got tags=${tags}`,
    );
});

test("files without cells are no notebooks", () => {
  assert.is(isNotebook("// %%\n"), true);
  assert.is(isNotebook("// 50 %% of it\nconst a = '// %%';"), false);
});

test.run();
