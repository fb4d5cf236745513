// Runs and type-checks the examples in doc comments of src, in README.md and in docs. Each becomes a
// module in .cache/examples, which is left there to look at. CONTRIBUTING.md has the rule.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Example, examplesIn } from "./support/docExamples.ts";
import { moduleOf } from "./support/exampleModule.ts";
import { $at, lineReached } from "./support/exampleProbe.ts";
import { framesOf, none } from "./support/failures.ts";
import { filesUnder, root } from "./support/files.ts";
import { suite } from "./support/suite.ts";
import { complaintsAbout } from "./support/typecheck.ts";

const folder = join(root, ".cache/examples");
const pages = [
  ...filesUnder("src", ".ts"),
  ...filesUnder("README.md", ".md"),
  ...filesUnder("docs", ".md"),
];

/** An example and the module made from it, or why none could be made. */
interface Written {
  readonly example: Example;
  readonly place: string;
  readonly path: string;
  readonly problem?: string;
}

function write(example: Example): Written {
  const place = `${example.file}:${example.lines[0]?.line ?? 1}`;
  const path = join(folder, `${place.replace(/[/.:]/g, "_")}.ts`);
  try {
    writeFileSync(path, moduleOf(example, "../.."));
    return { example, place, path };
  } catch (error) {
    return { example, place, path, problem: error instanceof Error ? error.message : `${error}` };
  }
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const examples = pages.flatMap(examplesIn).map(write);

const test = suite("examples");

test("type-check", () => {
  const written = examples.filter(({ problem }) => problem === undefined);
  const byPath = new Map(written.map((it) => [it.path, it.example]));
  const complaints = complaintsAbout([...byPath.keys()]).map(({ file, line, message }) => {
    const example = byPath.get(file);
    // Line 1 of a module holds its imports; a complaint about them is about the example's start.
    return `${example?.file}:${example?.lines[Math.max(0, line - 2)]?.line} ${message}`;
  });
  none(complaints);
});

for (const { example, place, path, problem } of examples) {
  if (!example.isRun) continue;
  test(place, async () => {
    if (problem !== undefined) throw new Error(`${place} ${problem}`);
    $at(example.lines[0]?.line ?? 1);
    try {
      await import(pathToFileURL(path).href);
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      const failure = new Error(`${example.file}:${lineReached()} ${cause.message}`, { cause });
      failure.stack = framesOf(cause);
      throw failure;
    }
  });
}

test.run();
