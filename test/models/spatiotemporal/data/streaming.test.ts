// Memory is a matter of the series, not of the file.

import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { hostFiles } from "../../../../src/models/files.ts";
import {
  type FileSource,
  printDataError,
  readLongCsv,
} from "../../../../src/models/spatiotemporal/data/index.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("streaming");

/** Live bytes, garbage not counted. */
const liveBytes = (() => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void; // the flag puts it there
  return (): number => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
})();

/** Files of the host that note the live memory now and then. */
const watched = (samples: number[]): FileSource => ({
  ...hostFiles,
  open: async function* (path) {
    let count = 0;
    for await (const piece of hostFiles.open(path)) {
      if (count++ % 40 === 0) samples.push(liveBytes());
      yield piece;
    }
  },
});

// Names longer than 12 characters are kept by V8 as views of the text that they were cut from.
const nodeName = (k: number): string => `service-with-a-long-name-${k}`;
const [hours, nodes, rowsEach] = [24, 200, 200];

/** Rows of seconds within hours, for each node; all numbers of an hour are the hour's. */
function* tableText(): Generator<string> {
  yield "time,node,cpu,memory\n";
  for (let hour = 0; hour < hours; hour++) {
    for (let row = 0; row < rowsEach; row++) {
      const time = hour * 3600 + row;
      yield Array.from(
        { length: nodes },
        (_, k) => `${time},${nodeName(k)},${hour},${hour}\n`,
      ).join("");
    }
  }
}

test("reads a file of tens of megabytes in a few megabytes of memory", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pullback-"));
  try {
    const metrics = join(folder, "big.csv");
    await pipeline(Readable.from(tableText()), createWriteStream(metrics));
    assert.ok((await stat(metrics)).size > 35e6);
    const samples: number[] = [];
    const before = liveBytes();
    const result = await readLongCsv(
      { metrics },
      {
        metrics: [{ column: "cpu" }, { column: "memory" }],
        timeFormat: "seconds",
        offGrid: "bin",
        stepSeconds: 3600,
        source: watched(samples),
      },
    )();
    if (E.isLeft(result)) throw new Error(printDataError(result.left));
    const { series, summary } = result.right;
    assert.equal(
      [...series.times],
      Array.from({ length: hours }, (_, hour) => hour * 3600),
    );
    assert.ok(series.values.every((value, at) => value === Math.floor(at / (2 * nodes))));
    assert.is(summary.files[0]?.records, hours * nodes * rowsEach);
    assert.ok(samples.length >= 5);
    assert.ok(Math.max(...samples) - before < 6e6, `${samples.map((it) => it - before)}`);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.run();
