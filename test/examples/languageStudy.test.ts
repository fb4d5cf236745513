// The study of language models: who is compared, one table from the command line, and what attention is before it is timed.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { deviationOf, kinds } from "../../examples/language/study/attentions.ts";
import { base, recipes } from "../../examples/language/study/recipes.ts";
import { tables } from "../../examples/language/study/tables.ts";
import { exponentOf, medianOf } from "../../examples/study/timing.ts";
import { inFolder } from "../support/folders.ts";
import { suite } from "../support/suite.ts";
import { alone } from "./alone.ts";

const test = suite("language study");

test("compares contenders that have recipes, each table with its control, and leaves none out", () => {
  const asked = new Set<string>();
  for (const [name, { jobs }] of Object.entries(tables)) {
    const contenders = jobs([0, 1, 2]).map(({ contender }) => contender);
    assert.ok(contenders.includes(base), name);
    for (const contender of contenders) {
      assert.ok(recipes.has(contender), contender);
      asked.add(contender);
    }
  }
  assert.equal(
    [...recipes.keys()].filter((name) => !asked.has(name)),
    [],
  );
});

test("finds exponents and medians", () => {
  const points = [1, 2, 4, 8].map((x) => [x, 3 * x ** 1.5] as const);
  assert.ok(Math.abs(exponentOf(points) - 1.5) < 1e-9);
  assert.is(medianOf([5, 1, 3]), 3);
});

test("has kinds of attention that are what they mean", async () => {
  for (const kind of kinds) assert.ok((await deviationOf(kind, 96)) < 1e-5, kind.name);
});

test("writes a table of the text that the program writes, and takes it from there the second time", async () =>
  inFolder(async (folder) => {
    const run = alone("examples/language/study/main.ts");
    const words = ["generated", "--smoke", "--out", folder];
    const first = await run(words);
    assert.is(first.code, 0, first.stderr);
    for (const file of ["generated.md", "generated-bytes.png", "generated.json"])
      assert.ok(existsSync(join(folder, file)), file);
    const page = readFileSync(join(folder, "generated.md"), "utf8");
    assert.match(page, /The whole validation text; means ± deviations over/);
    assert.match(page, /\| int8 per channel \| \d\.\d{3} \| -?0\.00\d \|/);
    const again = await run(words);
    assert.is(again.code, 0, again.stderr);
    assert.match(again.stderr, /int8 per channel, seed 0: known/);
    assert.is(readFileSync(join(folder, "generated.md"), "utf8"), page);
  }));

for (const script of ["contexts", "costs", "generation", "parallel", "scales"])
  test(`refuses words that mean nothing to ${script}`, async () => {
    const { code, stderr } = await alone(`examples/language/study/${script}.ts`)(["--fast"]);
    assert.is(code, 2);
    assert.match(
      stderr,
      new RegExp(`study:language:${script}: --smoke or nothing expected, got "--fast"`),
    );
  });

test.run();
