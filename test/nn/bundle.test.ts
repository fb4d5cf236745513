// pullback/nn as a browser gets it, bundled for one: it trains, files in memory are read and written, and files by path are refused in
// plain words. Only the bundle is for browsers: Node runs it.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import * as assert from "uvu/assert";
import { root } from "../support/files.ts";
import { suite } from "../support/suite.ts";

const folder = mkdtempSync(join(tmpdir(), "pullback-bundle-"));
const test = suite("nn in a browser");
test.after(() => rmSync(folder, { recursive: true }));

const page = `
import { scalar, sum, tensor, toArray } from "./src/index.ts";
import { dataParallel, datasetOf, decodeSafetensors, encodeSafetensors, fit, loadTree, printFileProblem, printFitProblem, printParallelProblem } from "./src/nn/index.ts";
const counting = {
  state: scalar(0),
  step: (_, x) => ({ state: sum(x), metrics: { loss: sum(x) } }),
  data: datasetOf(tensor([1, 2, 3])), batchSize: 1, epochs: 1, shuffle: false,
};
const said = (found, print) => (found._tag === "Left" ? print(found.left) : found.right);
export const trained = toArray(said(await fit({ ...counting, progress: "silent" })(), printFitProblem).state);
export const refused = said(await fit({ ...counting, checkpoints: { folder: "a" } })(), printFitProblem);
export const unread = said(await loadTree("a", scalar(0))(), printFileProblem);
export const alone = said(await dataParallel({ task: { module: "task", name: "task" }, workers: 1, microBatches: 1 })(), printParallelProblem);
const bytes = await encodeSafetensors(new Map([["w", tensor([1, 2])]]));
export const back = toArray(decodeSafetensors(bytes).right.tensors.get("w"));
`;

test("it trains, and says that there are no files and no worker threads", async () => {
  const outfile = join(folder, "page.mjs");
  await build({
    stdin: { contents: page, resolveDir: root, loader: "ts" },
    outfile,
    bundle: true,
    format: "esm",
    platform: "browser",
    logLevel: "error",
  });
  const { trained, refused, unread, alone, back } = await import(pathToFileURL(outfile).href);
  assert.equal([trained, back], [3, [1, 2]]);
  assert.is(refused, "listCheckpoints a: a readable file expected, got no files in a browser");
  assert.is(unread, "loadTree a: a readable file expected, got no files in a browser");
  assert.is(alone, "dataParallel: a host with threads expected, got a browser");
});

test.run();
