// Runs suites on a device in headless Chromium, and reports each test as if it had run here.

import type { DeviceInfo, DeviceName } from "../../src/index.ts";
import { chromiumMissing, openPage, type PageOptions } from "../../tools/chromium/open.ts";
import { type Outcome, suite } from "../support/suite.ts";
import { type SuiteName, slowRuns } from "./suites.ts";

declare global {
  var runSuites: (device: DeviceName, names: readonly SuiteName[]) => Promise<DeviceInfo>;
}

/** Runs suites on a device of the browser, so many cases of each property, or skips them where there is no browser. `where` ends their names. */
export const testInChromium = async (
  device: DeviceName,
  names: readonly SuiteName[],
  cases = slowRuns,
  where = "in Chromium",
  options: PageOptions = {},
): Promise<void> => {
  const reason = chromiumMissing();
  if (reason !== undefined) {
    const test = suite(`${device} ${where}`);
    for (const name of names) test.skip(name, reason);
    test.run();
    return;
  }
  let failed = 0;
  const runs = process.env["PULLBACK_RUNS"] ?? String(cases);
  const { page, close } = await openPage("test/devices/page.ts", {
    ...options,
    env: { PULLBACK_RUNS: runs },
  });
  try {
    await page.exposeFunction("pullbackReport", (outcome: Outcome) => {
      if (outcome._tag === "failed") failed++;
      process.send?.({ ...outcome, test: `${outcome.test} ${where}` });
    });
    await page.waitForFunction("globalThis.runSuites !== undefined");
    const info = await page.evaluate(({ device, names }) => globalThis.runSuites(device, names), {
      device,
      names,
    });
    console.log(JSON.stringify(info));
  } finally {
    await close();
  }
  if (failed > 0) process.exitCode = 1;
};
