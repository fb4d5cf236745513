// The device cpu against the reference, in headless Chromium: on a page without shared memory, on one thread, and on a page that is cross-origin
// isolated, where other threads help a main thread that may not sleep.

import * as assert from "uvu/assert";
import type { DeviceName } from "../../src/index.ts";
import { chromiumMissing, openPage, type PageOptions } from "../../tools/chromium/open.ts";
import { suite } from "../support/suite.ts";
import { type Bits, type BitsOptions, bitsOf } from "./bits.ts";
import { testInChromium } from "./inChromium.ts";
import { slowRuns } from "./suites.ts";

declare global {
  var runBits: (device: DeviceName, options: BitsOptions) => Promise<Bits>;
}

const suites = ["kernels", "plans", "laws", "training"] as const;
await testInChromium("cpu", suites);
await testInChromium("cpu", suites, slowRuns, "in Chromium, isolated", { isIsolated: true });

const test = suite("cpu in Chromium");
const reason = chromiumMissing();
const jobs = 20;

/** What a page computes whose machine has so many cores. */
const onPage = async (cores: number, options: PageOptions, timeoutMs: number) => {
  const { page, close } = await openPage("test/devices/page.ts", options);
  try {
    await page.waitForFunction("globalThis.runBits !== undefined");
    await page.evaluate((value) => {
      Object.defineProperty(navigator, "hardwareConcurrency", { value });
    }, cores);
    const bits = await page.evaluate((wanted) => globalThis.runBits("cpu", wanted), {
      jobs,
      timeoutMs,
    });
    return { ...bits, workers: page.workers().length };
  } finally {
    await close();
  }
};

const shares = "threads start on an isolated page, and results have the bits that they have on one";
const refused = "a page whose policy refuses workers is computed for on one thread";
if (reason !== undefined) for (const name of [shares, refused]) test.skip(name, reason);
else {
  test(shares, async () => {
    const alone = await onPage(2, {}, 300);
    assert.match(alone.info.details, /^1 thread, since the page is not cross-origin isolated;/);
    assert.is(alone.workers + alone.jobs, 0);
    assert.equal(alone.last, alone.first);
    for (const threads of [2, 3]) {
      const shared = await onPage(threads, { isIsolated: true }, 30_000);
      assert.match(shared.info.details, `${threads} threads;`);
      assert.is(shared.workers, threads - 1);
      assert.ok(shared.jobs >= jobs, `${shared.jobs} jobs`);
      assert.equal(shared.first, alone.last);
      assert.equal(shared.last, alone.last);
    }
    const here = await bitsOf("cpu", { jobs: 1, timeoutMs: 3000 });
    if (here.info.mode === alone.info.mode) assert.equal(here.last, alone.last, "as in Node");
  });

  test(refused, async () => {
    const said: string[] = [];
    const headers = { "content-security-policy": "worker-src 'none'" };
    const options = { isIsolated: true, headers, say: (line: string) => void said.push(line) };
    const found = await onPage(2, options, 300);
    assert.is(found.jobs + found.workers, 0);
    assert.equal(found.last, found.first);
    assert.is(said.filter((line) => line.startsWith("Creating a worker")).length, 1);
  });
}

test.run();
