// Runs test files, each in its own process, two at a time:
//
//   npm test                                       every test/**/*.test.ts
//   npm test -- test/ops test/core/shape.test.ts   files and folders
//   npm test -- --jobs 4 --timeout 60 --verbose    processes, seconds for each file, all output
//   npm test -- --without devices/,browser         all but the files with one of these in their path
//
// Test files report through test/support/suite.ts. A file that crashes, hangs, declares no test or
// leaves one unrun counts as a failure. The last line is the total, alone.
//
// Files that draw through a software graphics adapter go last, one at a time: the adapter uses every core, and beside another
// process it took up to ten times as long.

import { availableParallelism } from "node:os";
import { relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { filesUnder, root } from "./support/files.ts";
import { type FileResult, runFile } from "./support/runFile.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: "string", default: String(Math.min(2, availableParallelism())) },
    timeout: { type: "string", default: "400" },
    without: { type: "string", default: "" },
    verbose: { type: "boolean", default: false },
  },
});

function chooseFiles(places: readonly string[]): readonly string[] {
  const chosen = places.map((place) => {
    const files = filesUnder(relative(root, resolve(place)), ".test.ts");
    if (files.length === 0) throw new Error(`npm test: no *.test.ts at ${place}`);
    return files;
  });
  return [...new Set(chosen.flat())];
}

/** Runs the files with `jobs` at a time, printing each result as it comes. */
async function runAll(files: readonly string[], jobs: number): Promise<readonly FileResult[]> {
  const waiting = [...files];
  const results: FileResult[] = [];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const result = await runFile(file, Number(options.timeout));
      results.push(result);
      print(result);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}

function print({ file, passed, failed, skips, output, seconds }: FileResult): void {
  const counts = [
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skips.length > 0 ? [`${skips.length} skipped`] : []),
  ];
  console.log(`${failed > 0 ? "✘" : "✓"} ${file}  ${counts.join(", ")}  ${seconds.toFixed(1)} s`);
  for (const { test, reason } of skips) console.log(`    skipped ${test}: ${reason}`);
  if (failed > 0 || options.verbose) console.log(output);
}

const unwanted = options.without.split(",").filter((part) => part !== "");
const files = chooseFiles(positionals.length > 0 ? positionals : ["test"]).filter(
  (file) => !unwanted.some((part) => file.includes(part)),
);
const drawsInSoftware = (file: string): boolean =>
  /^test\/(devices\/(webgpu|chromium|headlessgl)|examples\/browser)/.test(file);
const results = [
  ...(await runAll(
    files.filter((file) => !drawsInSoftware(file)),
    Math.max(1, Number(options.jobs)),
  )),
  ...(await runAll(files.filter(drawsInSoftware), 1)),
];
const total = (count: (result: FileResult) => number): number =>
  results.reduce((sum, result) => sum + count(result), 0);
const failed = total((result) => result.failed);
for (const { file } of results.filter((result) => result.failed > 0)) console.log(`✘ ${file}`);
console.log(
  `${total((result) => result.passed)} passed, ${failed} failed, ${total((result) => result.skips.length)} skipped`,
);
process.exitCode = failed > 0 ? 1 : 0;
