// What a bundler for browsers makes of it: no import of a part of Node, and batches in the thread that asks for them, as is said.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import * as assert from "uvu/assert";
import type * as Segmentation from "../../../../src/models/segmentation/index.ts";
import { root } from "../../../support/files.ts";
import { suite } from "../../../support/suite.ts";
import { bytesOf, expectedBytes, picture, right, size, sourceOf } from "./support.ts";

const test = suite("openBatches, bundled for browsers");

const folder = mkdtempSync(join(tmpdir(), "pullback-bundle-"));
test.after(() => rmSync(folder, { recursive: true }));

const bundled = async (): Promise<typeof Segmentation> => {
  const outfile = join(folder, "segmentation.mjs");
  await build({
    entryPoints: ["src/models/segmentation/index.ts"],
    absWorkingDir: root,
    bundle: true,
    platform: "browser",
    format: "esm",
    outfile,
    logLevel: "error",
  });
  return import(pathToFileURL(outfile).href);
};

test("makes the same batches, in the main thread", async () => {
  const { openBatches } = await bundled();
  const source = sourceOf([picture("a", size, 1), picture("b", [2, 2], 2)]);
  const data = right(await openBatches({ source, size, seed: 1 })());
  assert.equal([data.where, data.workers], ["main thread", 0]);
  assert.equal(bytesOf(await data.dataset.batch([1, 0])), expectedBytes(source, [1, 0]));
});

test("refuses threads that a browser has not", async () => {
  const { openBatches, printImageProblem } = await bundled();
  const source = sourceOf([picture("a", size, 1)]);
  const opened = await openBatches({ source, size, seed: 1, workers: 1 })();
  if (opened._tag === "Right") throw new Error("a Left expected");
  assert.is(printImageProblem(opened.left), "openBatches: workers: 0 expected in a browser, got 1");
});

test.run();
