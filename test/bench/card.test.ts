// Kernels under a clock on WebGPU: every dispatch of a step is there, and belongs to the kernel that it is counted for.

import { execFileSync } from "node:child_process";
import * as assert from "uvu/assert";
import { openForTests } from "../support/devices.ts";
import { root } from "../support/files.ts";
import { suite } from "../support/suite.ts";

const test = suite("bench:card");
const noAdapter = await openForTests("gpu:webgpu");

const run = (...args: readonly string[]): string =>
  execFileSync(process.execPath, ["--import", "tsx", "bench/card/main.ts", ...args], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });

const prints = (): void => {
  const text = run("--small", "--case", "softmax4096x512", "--top", "9");
  assert.match(text, /softmax4096x512: [\d.]+ ms a step; 4 dispatches/);
  for (const label of ["max", "sub·exp", "sum", "div"])
    assert.match(text, new RegExp(`^ +[\\d.]+ +1 .* ${label} \\[`, "m"));
};
if (noAdapter === undefined) test("prints the kernels of a step with their times", prints);
else test.skip("prints the kernels of a step with their times", noAdapter);

test("says which cases there are", () => {
  assert.throws(() => run("--case", "nope"), /--case: one of .* expected, got "nope"/);
});

test.run();
