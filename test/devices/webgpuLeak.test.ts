// Thousands of training steps on WebGPU in Node, through Dawn, without growth: parameters donated, and left to the collector.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { openForTests } from "../support/devices.ts";
import { suite } from "../support/suite.ts";
import { assertNoGrowth, train } from "./leak.ts";

setFlagsFromString("--expose_gc");
Object.assign(globalThis, { gc: runInNewContext("gc") });

const device = "gpu:webgpu";
const test = suite(`leaks on ${device}`);
const reason = await openForTests(device);

for (const [donate, steps] of [
  [true, 10_000],
  [false, 2_000],
] as const) {
  const name = `${steps} steps, ${donate ? "donated one to the next" : "left to the collector"}`;
  if (reason !== undefined) {
    test.skip(name, reason);
    continue;
  }
  test(name, async () => {
    const resident: number[] = [];
    const held = await train(device, { steps, samples: 10, donate }, async () => {
      resident.push(process.memoryUsage().rss);
    });
    assertNoGrowth(`${device}, ${name}`, held, resident);
  });
}

test.run();
