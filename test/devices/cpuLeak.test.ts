// Thousands of calls on the device cpu without growth: parameters donated, and results left to the collector.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as assert from "uvu/assert";
import * as P from "../../src/index.ts";
import { suite } from "../support/suite.ts";
import { assertNoGrowth, type Held, train } from "./leak.ts";

setFlagsFromString("--expose_gc");
Object.assign(globalThis, { gc: runInNewContext("gc") });

const device = "cpu";
const test = suite(`leaks on ${device}`);

const residentBytes = (): number => process.memoryUsage().rss;
const heldBytes = (): number => P.deviceStats(device).bufferBytes;
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

for (const [donate, steps] of [
  [true, 10_000],
  [false, 3_000],
] as const) {
  const name = `${steps} training steps, ${donate ? "donated one to the next" : "left to the collector"}`;
  test(name, async () => {
    const resident: number[] = [];
    const held = await train(device, { steps, samples: 10, donate }, async () => {
      resident.push(residentBytes());
    });
    assertNoGrowth(`${device}, ${name}`, held, resident);
    const [early, late] = [held[1] as Held, held.at(-1) as Held];
    // After a collection parameters and state are all that is left.
    assert.ok(late.bufferBytes <= early.bufferBytes + 2 ** 16, `${late.bufferBytes} bytes held`);
  });
}

test("10000 results that are dropped in a loop that awaits them", async () => {
  const spread = P.compile((x: P.Tensor) => P.mul(P.expand([2 ** 14])(x), 3), { device });
  const [heldBefore, residentBefore] = [heldBytes(), residentBytes()];
  let [held, resident, last] = [0, 0, P.tensor([0]) as P.Tensor];
  for (let i = 0; i < 10_000; i++) {
    last = await P.ready(spread(P.tensor([i]))); // 64 KiB
    held = Math.max(held, heldBytes() - heldBefore);
    if (i % 100 === 0) resident = Math.max(resident, residentBytes() - residentBefore);
  }
  console.log(
    `of 625 MiB at most ${megabytes(held)} held; the process had ${megabytes(resident)} more`,
  );
  // The collector comes after some ballast, and its finalisers in the next turn of the event loop, every 10 ms.
  assert.ok(held < 256 * 2 ** 20, `${megabytes(held)} held`);
  assert.ok(resident < 384 * 2 ** 20, `${megabytes(resident)} resident`);
  assert.is(P.values(last)[2 ** 14 - 1], 3 * 9999);
});

test.run();
