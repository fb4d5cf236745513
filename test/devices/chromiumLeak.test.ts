// Ten thousand training steps in headless Chromium on WebGL 2 without growth of textures, heap or processes.

import type { DeviceName } from "../../src/index.ts";
import { chromiumMissing, openPage } from "../../tools/chromium/open.ts";
import { suite } from "../support/suite.ts";
import { assertNoGrowth, type Held, type TrainOptions } from "./leak.ts";

declare global {
  var runLeak: (device: DeviceName, options: TrainOptions) => Promise<readonly Held[]>;
}

const test = suite("leaks in Chromium");
const reason = chromiumMissing();

const device: DeviceName = "gpu:webgl2";
const name = "10000 steps on gpu:webgl2, donated one to the next";

if (reason !== undefined) test.skip(name, reason);
else
  test(name, async () => {
    const { page, close, residentBytes } = await openPage("test/devices/page.ts");
    try {
      await page.waitForFunction("globalThis.runLeak !== undefined");
      const held: Held[] = [];
      const resident: number[] = [];
      await page.exposeFunction("afterPart", async (part: Held) => {
        held.push(part);
        resident.push(await residentBytes());
      });
      await page.evaluate(
        (on) => globalThis.runLeak(on, { steps: 10_000, samples: 10, donate: true }),
        device,
      );
      assertNoGrowth(name, held, resident);
    } finally {
      await close();
    }
  });

test.run();
