// The runner is trusted with the total, so what could hide a failure from it is tried on it.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as assert from "uvu/assert";
import { root } from "./files.ts";
import { type FileResult, runFile } from "./runFile.ts";
import { suite } from "./suite.ts";

const head = 'import { suite } from "../../test/support/suite.ts"; const test = suite("s");\n';

/** Runs a test file with this text, for at most `limitSeconds`. */
function resultOf(name: string, text: string, limitSeconds = 20): Promise<FileResult> {
  const file = `.cache/runFile/${name}.ts`;
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), head + text);
  return runFile(file, limitSeconds);
}

const test = suite("runFile");

test("counts what passed, failed and was skipped, with the reason", async () => {
  const result = await resultOf(
    "counts",
    `test("a", () => {}); test("b", async () => { throw new Error("no b"); });
     test.skip("c", "no data"); test.run();`,
  );
  assert.equal([result.passed, result.failed], [1, 1]);
  assert.equal(
    result.skips.map(({ test, reason }) => [test, reason]),
    [["s › c", "no data"]],
  );
  assert.match(result.output, "no b");
});

test("fails a file that crashes after its tests have passed", async () => {
  const result = await resultOf(
    "crash",
    `test("a", () => { setTimeout(() => { throw new Error("late"); }, 10); }); test.run();`,
  );
  assert.equal([result.passed, result.failed], [1, 1]);
  assert.match(result.output, "late");
});

test("fails a file whose tests are declared and not run", async () => {
  const result = await resultOf("unrun", `test("a", () => {});`);
  assert.is(result.failed, 1);
  assert.match(result.output, "1 declared but not run: s › a");
});

test("fails the tests behind a before hook that throws, which uvu swallows", async () => {
  const result = await resultOf(
    "before",
    `test.before(() => { throw new Error("no"); }); test("a", () => {}); test.run();`,
  );
  assert.is(result.failed, 1);
});

test("fails a file without tests", async () => {
  assert.match((await resultOf("none", "void test;")).output, "no test in it");
});

test("ends a file that hangs, and names the test", async () => {
  const result = await resultOf("hang", `test("a", () => { for (;;) {} }); test.run();`, 2);
  assert.equal([result.passed, result.failed], [0, 1]);
  assert.match(result.output, "still running after 2 s, in s › a");
});

test.run();
