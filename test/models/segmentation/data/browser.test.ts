// The readers in a bundle for browsers, which have no files: pictures come from a source that is given.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import * as assert from "uvu/assert";
import type * as Data from "../../../../src/models/segmentation/data/index.ts";
import { root } from "../../../support/files.ts";
import { memorySource } from "../../../support/readerLaw.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("pictures in a browser");

test("bundle without Node, and are decoded from a source that is given", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pullback-"));
  try {
    const outfile = join(folder, "data.mjs");
    await build({
      absWorkingDir: root,
      entryPoints: ["src/models/segmentation/data/index.ts"],
      ...{ bundle: true, format: "esm", outfile },
      platform: "browser", // fails at an import of a part of Node
    });
    const data = (await import(pathToFileURL(outfile).href)) as typeof Data; // it is made of that file
    const picture = data.encodePng({ height: 1, width: 1, pixels: Uint8Array.of(1, 2, 3) });
    const mask = data.encodeMask({ height: 1, width: 1, labels: Uint8Array.of(11) });
    const source = memorySource({ "d/val/a.png": picture, "d/valannot/a.png": mask }, 9);
    const good = await data.openCamVid({ folder: "d", split: "val" }, source)();
    assert.ok(good._tag === "Right");
    const loaded = await good.right.load(0)();
    assert.equal(loaded._tag === "Right" && [...loaded.right.labels], [255]);
    const jpeg = data.decodePicture("p.jpg", Uint8Array.of(0xff, 0xd8, 0xff, 0xd9));
    assert.is(jpeg._tag === "Left" && jpeg.left._tag, "CorruptImage");
    const bad = await data.openCamVid({ folder: "d", split: "val" })();
    assert.is(
      bad._tag === "Left" && data.printImageProblem(bad.left),
      "d: a readable folder expected, got no files in a browser",
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.run();
