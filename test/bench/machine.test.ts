// The code that measures the machine does what it is timed for.

import * as assert from "uvu/assert";
import { bandwidthKernels } from "../../bench/machine/bandwidth.ts";
import { peakKernels } from "../../bench/machine/peaks.ts";
import {
  type Arguments,
  forThreads,
  places,
  resultOf,
  startTeam,
} from "../../bench/machine/team.ts";
import { fastest } from "../../bench/measure.ts";
import { suite } from "../support/suite.ts";

const test = suite("startTeam");

test("runs a kernel on every thread, each with its own arguments", async () => {
  const team = await startTeam(bandwidthKernels(), 2);
  try {
    const words = new Int32Array(team.memory, places.sets, 256);
    words.set(Array.from({ length: 128 }, (_, i) => i + 1));
    const from = places.sets;
    const copy = forThreads(
      2,
      (i): Arguments => [1, from + 256 * i, from + 256 * (i + 1), from + 512 + 256 * i],
    );
    assert.ok(team.time("copy", copy) > 0);
    assert.equal(words.slice(128), words.slice(0, 128));
    team.time("read", [[2, from, from + 512, resultOf(0)]]);
    const lanes = new Int32Array(team.memory, resultOf(0), 4);
    assert.is(
      lanes.reduce((a, b) => a + b),
      2 * ((128 * 129) / 2),
    );
  } finally {
    await team.stop();
  }
});

test("computes the chains that are counted", async () => {
  const kernels = peakKernels();
  const team = await startTeam(kernels, 1);
  try {
    for (const { name } of kernels) {
      team.time(name, [[40, 0, 0, resultOf(0)]]);
      const accumulators = Number(name.split(" ").at(-1));
      // 80 links: halves added up, or the limit of x/2 + 1, in as many chains.
      const each = name.startsWith("fused") ? 40 : 2;
      assert.is(new Float32Array(team.memory, resultOf(0), 1)[0], each * accumulators, name);
    }
  } finally {
    await team.stop();
  }
});

test.run();

const least = suite("fastest");

least("finds the least after warm-up", () => {
  let calls = 0;
  assert.is(
    fastest(() => 1000 - Math.min(++calls, 21)),
    979,
  );
  assert.ok(calls >= 45, "20 to warm up, 25 that count");
});

least.run();
