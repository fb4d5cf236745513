// The notebooks of examples as they lie in the repository: each .ipynb has the cells of its source and outputs without errors,
// and the tour gives the same bytes on every machine. `npm run notebooks` runs them all.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { execute } from "../../tools/notebook/execute.ts";
import { linesOf } from "../../tools/notebook/outputs.ts";
import { isNotebook, parseNotebook } from "../../tools/notebook/source.ts";
import { filesUnder, root } from "../support/files.ts";
import { suite } from "../support/suite.ts";

const test = suite("notebooks");

const textOf = (file: string): string => readFileSync(join(root, file), "utf8");
const notebooks = filesUnder("examples", ".ts").filter((file) => isNotebook(textOf(file)));
const rerun = "npm run notebook -- FILE --write makes it anew";

/** What the tests look at in the cell of an .ipynb file. */
interface Cell {
  readonly cell_type: string;
  readonly source: readonly string[];
  readonly outputs?: readonly { readonly output_type: string }[];
}

test("are there", () => {
  assert.ok(notebooks.includes("examples/notebooks/tour.ts"));
});

for (const file of notebooks)
  test(`${file} has an .ipynb beside it, of the same cells and without errors`, () => {
    const beside = file.replace(/\.ts$/, ".ipynb");
    assert.ok(existsSync(join(root, beside)), rerun);
    const cells = parseNotebook(textOf(file));
    if (E.isLeft(cells)) throw new Error(`${file}:${cells.left.line} ${cells.left.message}`);
    const written: readonly Cell[] = JSON.parse(textOf(beside)).cells;
    assert.equal(
      written.map(({ cell_type, source }) => [cell_type, source]),
      cells.right.map(({ kind, text }) => [kind, linesOf(text)]),
      rerun,
    );
    const outputs = written.flatMap((cell) => cell.outputs ?? []);
    assert.ok(outputs.length > 0);
    assert.not.ok(outputs.some(({ output_type }) => output_type === "error"));
  });

test("the tour gives the bytes that are in the repository", async () => {
  const executed = await execute(join(root, "examples/notebooks/tour.ts"), {
    limitSeconds: 200,
    env: { PULLBACK_DEVICE: "cpu", PULLBACK_QUICK: undefined },
  });
  if (E.isLeft(executed)) throw new Error(executed.left.message);
  const isSame = executed.right.text === textOf("examples/notebooks/tour.ipynb");
  assert.ok(isSame, `what a cell prints or draws has changed: ${rerun}`);
});

test.run();
