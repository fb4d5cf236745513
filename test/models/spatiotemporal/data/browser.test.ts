// The readers as a browser gets them: nothing of Node in the bundle, and files from a source of one's own.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import * as assert from "uvu/assert";
import type * as Data from "../../../../src/models/spatiotemporal/data/index.ts";
import { root } from "../../../support/files.ts";
import { memorySource } from "../../../support/readerLaw.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("readers in a browser");

test("bundle without Node, read from a source that is given, and have no files else", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pullback-"));
  try {
    const outfile = join(folder, "data.mjs");
    await build({
      absWorkingDir: root,
      entryPoints: ["src/models/spatiotemporal/data/index.ts"],
      bundle: true,
      format: "esm",
      platform: "browser", // fails at an import of a part of Node
      outfile,
    });
    const data = (await import(pathToFileURL(outfile).href)) as typeof Data; // it is made of that file
    const metrics = new TextEncoder().encode("time,node,cpu\n0,a,1\n60,a,2\n");
    const options = { metrics: [{ column: "cpu" }], timeFormat: "seconds" } as const;
    const files = { metrics: "m.csv" };
    const source = memorySource({ "m.csv": metrics }, 4);
    const good = await data.readLongCsv(files, { ...options, source })();
    assert.equal(good._tag === "Right" && [...good.right.series.values], [1, 2]);
    const bad = await data.readLongCsv(files, options)();
    assert.is(
      bad._tag === "Left" && data.printDataError(bad.left),
      "m.csv: a readable file expected, got no files in a browser",
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.run();
