// The shape of the code base, checked from its text: which folder may import which, no cycles, one
// file for each third-party package, file length, opening comments. docs/architecture.md has the why.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { none } from "./support/failures.ts";
import { filesUnder, root } from "./support/files.ts";
import { type Import, importsOf } from "./support/imports.ts";
import { suite } from "./support/suite.ts";

interface Rule {
  /** A file or folder; the longest one that holds a file is the one whose rule counts. */
  readonly from: string;
  readonly may: readonly string[];
  readonly mayNot?: readonly string[];
}

const deviceFolders = [
  ...new Set(
    filesUnder("src/core/device", ".ts").flatMap(
      (file) => /^src\/core\/device\/[^/]+(?=\/)/.exec(file)?.[0] ?? [],
    ),
  ),
];

// What a device is written against: plans and kernels, and the files beside the device folders,
// except the one that chooses among them.
const values = ["dtype", "errors", "shape", "recentCache"].map((name) => `src/core/${name}.ts`);
const forDevices = [
  ...values,
  "src/core/tensor.ts",
  "src/core/kernel",
  "src/core/compile/plan.ts",
  ...filesUnder("src/core/device", ".ts").filter((file) =>
    /^src\/core\/device\/(?!select\.ts$)[^/]+$/.test(file),
  ),
];

const rules: readonly Rule[] = [
  { from: "examples", may: ["src", "examples", "tools"] },
  { from: "bench", may: ["src", "bench", "tools"] },
  { from: "tools", may: ["tools"] },
  { from: "src/index.ts", may: ["src"] },
  { from: "src/models", may: ["src/models", "src/nn", "src/ops", "src/core"] },
  { from: "src/nn", may: ["src/nn", "src/ops", "src/core"] },
  { from: "src/ops", may: ["src/ops", "src/core"] },
  { from: "src/core", may: ["src/core"] },
  { from: "src/core/kernel", may: ["src/core/kernel", ...values] },
  { from: "src/core/compile", may: ["src/core"], mayNot: deviceFolders },
  ...deviceFolders.map((folder) => ({
    from: folder,
    may: [folder, ...forDevices],
  })),
];

/** Files above the limit, each with the reason why it stays in one piece. */
const longFiles: Readonly<Record<string, string>> = {};
const maxLines = 400;

const sources = filesUnder("src", ".ts");
const all = ["src", "test", "examples", "bench", "tools"].flatMap((folder) =>
  filesUnder(folder, ".ts"),
);
const imports = all.flatMap(importsOf);

const holds = (place: string, file: string): boolean =>
  file === place || file.startsWith(`${place}/`);
const at = ({ file, line, specifier }: Import): string => `${file}:${line} imports ${specifier}`;

const test = suite("architecture");

test("imports point one way", () => {
  const isBreach = ({ file, target }: Import): boolean => {
    const rule = rules
      .filter(({ from }) => holds(from, file))
      .sort((a, b) => b.from.length - a.from.length)[0];
    if (rule === undefined) return false; // tests import anything
    const isIn = (places: readonly string[] = []) => places.some((place) => holds(place, target));
    return !isIn(rule.may) || isIn(rule.mayNot);
  };
  none(imports.filter((it) => !it.isPackage && isBreach(it)).map(at));
});

test("no file imports itself, however far round", () => {
  const edges = new Map<string, string[]>();
  for (const { file, target, isPackage, isTypeOnly } of imports)
    if (!isPackage && !isTypeOnly) edges.set(file, [...(edges.get(file) ?? []), target]);
  none(cyclesIn(edges).map((cycle) => cycle.join(" → ")));
});

test("a third-party package is imported in one file of src", () => {
  const users = new Map<string, Set<string>>();
  for (const { file, target, isPackage } of imports)
    if (isPackage && holds("src", file) && !target.startsWith("node:") && target !== "fp-ts")
      users.set(target, (users.get(target) ?? new Set()).add(file));
  none(
    [...users]
      .filter(([, files]) => files.size > 1)
      .map(([name, files]) => `${name} is imported in ${[...files].join(", ")}`),
  );
});

test("what src imports is a dependency", () => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const isKnown = (name: string): boolean =>
    name.startsWith("node:") || name in { ...manifest.dependencies, ...manifest.peerDependencies };
  none(
    imports
      .filter(({ file, isPackage, target }) => isPackage && holds("src", file) && !isKnown(target))
      .map(at),
  );
});

test("fp-ts is imported as plain Node accepts it, fp-ts/lib/X.js", () => {
  const isPlain = (specifier: string): boolean => /^fp-ts\/lib\/\w+\.js$/.test(specifier);
  none(imports.filter((it) => it.target === "fp-ts" && !isPlain(it.specifier)).map(at));
});

test("files stay short", () => {
  const lines = (file: string): number =>
    readFileSync(join(root, file), "utf8").trimEnd().split("\n").length;
  const long = all.filter((file) => lines(file) > maxLines);
  none([
    ...long
      .filter((file) => !(file in longFiles))
      .map((file) => `${file} has ${lines(file)} lines, ${maxLines} at most expected`),
    ...Object.keys(longFiles)
      .filter((file) => !long.includes(file))
      .map((file) => `${file} is listed as long and is not`),
  ]);
});

test("every file opens with a comment", () => {
  const opens = (file: string): boolean =>
    /^(#!.*\n)?(\/\/|\/\*)/.test(readFileSync(join(root, file), "utf8"));
  none(all.filter((file) => !opens(file)));
});

test("there are sources to check", () => {
  assert.ok(sources.length > 0);
});

test.run();

/** One cycle for each file that closes one, by depth-first search. */
function cyclesIn(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const done = new Set<string>();
  const path: string[] = [];
  const cycles: string[][] = [];
  const visit = (file: string): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file]);
    if (done.has(file) || path.includes(file)) return;
    path.push(file);
    for (const target of edges.get(file) ?? []) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of edges.keys()) visit(file);
  return cycles;
}
