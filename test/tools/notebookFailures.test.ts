// Every way in which a notebook can fail ends its run, and the cell and the line are named.

import { spawnSync } from "node:child_process";
import * as assert from "uvu/assert";
import { root } from "../support/files.ts";
import { suite } from "../support/suite.ts";
import { failureOf, write } from "./notebooks.ts";

const test = suite("notebook failures");

/** Fails unless the notebook fails at a cell and a line with a message that has some words. */
const failsAt = async (
  text: string,
  cell: number,
  line: number,
  words: string,
  limitSeconds?: number,
): Promise<void> => {
  const failure = await failureOf(text, limitSeconds);
  assert.ok(failure.message.includes(words), failure.message);
  assert.equal([failure.cell, failure.line], [cell, line], failure.message);
};

test("a throw, at the line of the notebook that leads to it", () =>
  failsAt(
    "// %% [markdown]\n// text\n// %%\nconst f = () => {\n  throw new RangeError('deep');\n};\n// %%\nf();",
    2,
    5,
    "RangeError: deep",
  ));

test("a mistake in a call of the library, with its call site below the root", () =>
  failsAt(
    "// %%\nimport { add, zeros } from '../../src/index.ts';\n// %%\n\nadd(zeros([2]), zeros([3]));",
    2,
    5,
    "at .cache/notebook-tests/",
  ));

test("a throw of what is no error, at the statement reached", () =>
  failsAt("// %%\nlet a = 1;\n\na = 2;\nthrow 'words';\na = 3;", 1, 5, "words was thrown"));

test("a rejection that a cell waits for", () =>
  failsAt("// %%\n1;\n// %%\nawait Promise.reject(new Error('no'));", 2, 4, "Error: no"));

test("a rejection that nobody handles", () =>
  failsAt(
    "// %%\nconst f = async () => {\n  throw new Error('no');\n};\nvoid f();\n// %%\n1;",
    1,
    3,
    "no",
  ));

test("an error of a timer that comes after its cell, and after the last one", async () => {
  const late = "// %%\nsetTimeout(() => {\n  throw new Error('late');\n}, 20);\n";
  await failsAt(`${late}// %%\nawait new Promise((r) => setTimeout(r, 200));`, 1, 3, "Error: late");
  await failsAt(late, 1, 3, "Error: late");
});

test("an end of the process, by its own call, by a code, by a signal", async () => {
  await failsAt("// %%\n1;\n// %%\n2;\nprocess.exit(0);", 2, 5, "process.exit(0) was called");
  await failsAt("// %%\n1;\n// %%\nprocess.exitCode = 3;", 2, 4, "ended with exit code 3");
  await failsAt(
    "// %%\n1;\n// %%\n\nprocess.kill(process.pid, 'SIGKILL');",
    2,
    5,
    "ended by SIGKILL",
  );
});

test("a mistake of syntax, before any cell runs", () =>
  failsAt(
    "// %%\nthrow new Error('ran');\n// %%\nconst a = 1;\nconst b = (a;",
    2,
    5,
    "SyntaxError",
  ));

test("an export that a module lacks, and a module that is not there", async () => {
  await failsAt(
    "// %%\n1;\n\nimport { nothing } from '../../src/index.ts';",
    1,
    4,
    'no export "nothing"',
  );
  await failsAt("// %%\n1;\nimport * as a from './none.ts';", 1, 3, "Cannot find module");
});

test("a name that is not declared", () =>
  failsAt("// %%\nconst a = 1;\n// %%\n[a].map(\n  (it) => it + b,\n);", 2, 5, "b is not defined"));

test("a hang past the limit, at work and asleep", async () => {
  await failsAt("// %%\n1;\n// %%\n2;\nfor (;;) {}", 2, 5, "still runs after 2 s", 2);
  await failsAt("// %%\nawait new Promise((r) => setTimeout(r, 1e6));", 1, 2, "still runs", 2);
  await failsAt("// %%\nsetInterval(() => 1, 10);", 1, 2, "still runs", 2);
});

test("a wait that nothing can end, at once", () =>
  failsAt("// %%\n1;\n// %%\nawait new Promise(() => 1);", 2, 4, "nothing will settle"));

test("end the command with exit code 1, after the other notebooks ran", () => {
  const [bad, good] = [write("// %% Title\n\nthrow new Error('bad');"), write("// %%\n1;")];
  const words = ["--import", "tsx", "tools/notebook/main.ts", bad, good];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    cwd: root,
    encoding: "utf8",
  });
  assert.is(status, 1);
  assert.match(stderr, /✘ \.cache\/notebook-tests\/\S+, cell 1 \(Title\), line 3: Error: bad/);
  assert.match(stdout, /✓ .* 1 cell /);
  assert.match(stdout, /\n1 passed, 1 failed, 0 skipped\n$/);
});

test.run();
