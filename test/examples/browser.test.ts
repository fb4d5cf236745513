// The page of examples/browser as a visitor meets it, in headless Chromium: each device trains, a run is paused and goes on elsewhere,
// mistakes in the address and on the command line are named.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import { beginning, makeTrainer } from "../../examples/browser/trainer.ts";
import { chromiumMissing, visit } from "../../tools/chromium/open.ts";
import { root } from "../support/files.ts";
import { suite } from "../support/suite.ts";

const command = ["--import", "tsx", "examples/browser/serve.ts"];

const commandLine = suite("browser example, command line");

commandLine("--help says what there is", () => {
  const { stdout, status } = spawnSync(process.execPath, [...command, "--help"], { cwd: root });
  assert.is(status, 0);
  assert.match(String(stdout), "--port N");
});

commandLine("a wrong port is named", () => {
  const { stderr, status } = spawnSync(process.execPath, [...command, "--port", "many"], {
    cwd: root,
  });
  assert.is(status, 2);
  assert.match(String(stderr), 'a port in 0…65535 expected, got "many"');
});

commandLine("an unknown option is named", () => {
  const { stderr, status } = spawnSync(process.execPath, [...command, "--prot", "1"], {
    cwd: root,
  });
  assert.is(status, 2);
  assert.match(String(stderr), "--prot");
  assert.not.match(String(stderr), "    at "); // no stack
});

commandLine("a port that is taken is named", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const { stderr, status } = spawnSync(process.execPath, [...command, "--port", String(port)], {
    cwd: root,
  });
  other.close();
  assert.is(status, 2);
  assert.match(String(stderr), `port ${port} cannot be had`);
});

commandLine("--out writes a page for any web server", () => {
  const folder = mkdtempSync(join(tmpdir(), "pullback-browser-"));
  try {
    const { status } = spawnSync(process.execPath, [...command, "--out", folder], { cwd: root });
    assert.is(status, 0);
    for (const file of ["index.html", "style.css", "main.js"])
      assert.ok(existsSync(join(folder, file)), file);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Serves the page at a free port. */
const serve = async (): Promise<{ readonly address: string; readonly server: ChildProcess }> => {
  const server = spawn(process.execPath, [...command, "--port", "0"], { cwd: root });
  const address = await new Promise<string>((resolve, reject) => {
    let said = "";
    const hear = (part: Buffer): void => {
      said += part;
      const found = /http:\/\/localhost:\d+/.exec(said);
      if (found) resolve(found[0]);
    };
    server.stdout.on("data", hear);
    server.stderr.on("data", hear);
    server.on("exit", () => reject(new Error(`no server: ${said}`)));
  });
  return { address, server };
};

const states = (page: Page, ...wanted: readonly string[]): Promise<unknown> =>
  page.waitForFunction((names) => names.includes(document.body.dataset["state"] ?? ""), wanted, {
    timeout: 120_000,
  });

const textOf = async (page: Page, id: string): Promise<string> =>
  (await page.locator(`#${id}`).textContent()) ?? "";

const lossOf = async (page: Page): Promise<number> =>
  Number(/loss ([\d.]+)/.exec(await textOf(page, "status"))?.[1]);

/** How many losses are drawn, and how many lines of forecasts. */
const drawn = async (page: Page): Promise<readonly [number, number]> => [
  await page.locator('#loss g[aria-label="dot"] circle').count(),
  await page.locator('#forecast g[aria-label="line"] path').count(),
];

/** Losses of an unbroken run on reference, which every run of the page must have, on whatever devices. */
const losses: number[] = [];
const unbroken = makeTrainer("reference", beginning());

/** Fails unless the page shows the loss of the last of so many steps, to the four digits that it prints. */
const assertLoss = async (page: Page, steps: number): Promise<void> => {
  while (losses.length < steps) losses.push(await unbroken.step());
  const [found, wanted] = [await lossOf(page), losses[steps - 1] as number];
  assert.ok(Math.abs(found - wanted) < 2e-4, `loss ${found}, ${wanted} expected`);
};

const pauseAfter = async (page: Page, steps: number): Promise<void> => {
  await page.waitForFunction(
    (least) => Number(/step (\d+)/.exec(document.body.innerText)?.[1]) >= least,
    steps,
  );
  await page.locator("#pause").click();
  await states(page, "paused");
};

const goOn = async (page: Page, device: string): Promise<void> => {
  await page.locator("#device").selectOption(device);
  await page.locator("#start").click();
};

const test = suite("browser example");
const reason = chromiumMissing();

if (reason !== undefined) test.skip("trains", reason);
else {
  const { address, server } = await serve();
  test.after(() => void server.kill());

  /** A page that is closed again, with what it printed to its console. */
  const withPage = async (query: string, look: (page: Page) => Promise<void>): Promise<void> => {
    const said: string[] = [];
    const { page, close } = await visit(`${address}/?${query}`, (line) => said.push(line));
    try {
      await look(page);
      if (process.env["PULLBACK_SCREENSHOTS"] !== undefined)
        await page.screenshot({
          path: join(process.env["PULLBACK_SCREENSHOTS"], `${query.replace(/\W/g, "-")}.png`),
          fullPage: true,
        });
    } finally {
      await close();
    }
    assert.equal(said, [], "a quiet console");
  };

  for (const [device, wanted] of [
    ["gpu:webgpu", /Runs on gpu:webgpu: mode webgpu, .*SwiftShader.*a software rasteriser/i],
    ["gpu:webgl2", /Runs on gpu:webgl2: mode webgl2, .*SwiftShader.*a software rasteriser/i],
    ["gpu:webasm", /Runs on gpu:webasm: mode webasm/],
    ["reference", /Runs on reference: mode/],
    ["cpu", /Runs on cpu: mode wasm (relaxed|simd), .*[;,] \d+ threads?;/],
  ] as const)
    test(`trains on ${device}, and says so`, () =>
      withPage(`device=${device}&steps=12&software`, async (page) => {
        await states(page, "done", "failed");
        assert.is(await textOf(page, "problem"), "");
        assert.match(await textOf(page, "device-line"), wanted);
        assert.match(await textOf(page, "status"), "step 12 of 12");
        await assertLoss(page, 12);
        assert.equal(await drawn(page), [12, 2]);
      }));

  test("auto passes over a software rasteriser to cpu, and says so", () =>
    withPage("steps=12", async (page) => {
      await states(page, "done", "failed");
      assert.is(await textOf(page, "problem"), "");
      const line = await textOf(page, "device-line");
      assert.match(line, "Runs on cpu");
      assert.match(line, /not gpu:webgpu: only a software rasteriser/);
      await assertLoss(page, 12);
    }));

  test("the page is isolated, so that cpu has a thread for each core", () =>
    withPage("device=cpu&steps=1", async (page) => {
      await states(page, "done", "failed");
      assert.ok(await page.evaluate(() => crossOriginIsolated));
      const cores = await page.evaluate(() => navigator.hardwareConcurrency);
      const threads = Math.min(cores, 16);
      assert.match(
        await textOf(page, "device-line"),
        `${threads} ${threads === 1 ? "thread" : "threads"};`,
      );
    }));

  test("a run is paused, and goes on on another device where it was", () =>
    withPage("device=gpu:webasm&steps=30", async (page) => {
      await pauseAfter(page, 3);
      await goOn(page, "cpu");
      await states(page, "done", "failed");
      assert.match(await textOf(page, "device-line"), "Runs on cpu");
      await assertLoss(page, 30);
    }));

  test("a device that does not run here is said to, and nothing is lost", () =>
    withPage("device=gpu:headlessgl&steps=30", async (page) => {
      await states(page, "failed");
      assert.match(await textOf(page, "problem"), "gpu:headlessgl: a device that can run here");
      await goOn(page, "reference");
      await pauseAfter(page, 3);
      await goOn(page, "gpu:headlessgl");
      await states(page, "failed");
      assert.match(await textOf(page, "device-line"), "gpu:headlessgl was not opened");
      await goOn(page, "gpu:webasm");
      await states(page, "done", "failed");
      assert.is(await textOf(page, "problem"), "");
      await assertLoss(page, 30);
    }));

  test("mistakes in the address are named", () =>
    withPage("device=gpu:none", async (page) => {
      assert.match(
        await textOf(page, "problem"),
        /device: one of gpu, auto, reference, .*got "gpu:none"/,
      );
      await page.goto(`${address}/?steps=some`);
      assert.match(
        await textOf(page, "problem"),
        'steps: a whole number above 0 expected, got "some"',
      );
    }));
}

commandLine.run();
test.run();
