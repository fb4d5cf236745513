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

const marksIn = (page: Page, chart: string): Promise<number> =>
  page.locator(`#${chart} svg path, #${chart} svg circle`).count();

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
  ] as const)
    test(`trains on ${device}, and says so`, () =>
      withPage(`device=${device}&steps=12&software`, async (page) => {
        await states(page, "done", "failed");
        assert.is(await textOf(page, "problem"), "");
        assert.match(await textOf(page, "device-line"), wanted);
        assert.match(await textOf(page, "status"), "step 12 of 12");
        const loss = await lossOf(page);
        assert.ok(loss > 0 && loss < 0.5, `loss ${loss}`);
        assert.ok((await marksIn(page, "loss")) > 12);
        assert.ok((await marksIn(page, "forecast")) >= 2);
      }));

  test("auto passes over a software rasteriser, and says so", () =>
    withPage("device=auto&steps=2", async (page) => {
      await states(page, "done", "failed");
      assert.match(await textOf(page, "device-line"), /not gpu:webgpu: only a software rasteriser/);
    }));

  test("a run is paused, and goes on on another device where it was", () =>
    withPage("device=gpu:webasm&steps=200", async (page) => {
      await page.waitForFunction(() => /step [3-9]/.test(document.body.innerText));
      await page.locator("#pause").click();
      await states(page, "paused");
      const [, done] = /step (\d+) of 200/.exec(await textOf(page, "status")) ?? [];
      await page.locator("#device").selectOption("reference");
      await page.locator("#start").click();
      await page.waitForFunction(
        (steps) => Number(/step (\d+)/.exec(document.body.innerText)?.[1]) > steps,
        Number(done),
      );
      assert.match(await textOf(page, "device-line"), "Runs on reference");
      await page.locator("#pause").click();
      await states(page, "paused");
    }));

  test("a device that does not run here is said to, and nothing is lost", () =>
    withPage("device=gpu:headlessgl&steps=3", async (page) => {
      await states(page, "failed");
      assert.match(await textOf(page, "problem"), "gpu:headlessgl");
      await page.locator("#device").selectOption("reference");
      await page.locator("#start").click();
      await states(page, "done");
      assert.is(await textOf(page, "problem"), "");
    }));

  test("mistakes in the address are named", () =>
    withPage("device=gpu:none", async (page) => {
      assert.match(
        await textOf(page, "problem"),
        /device: one of gpu, auto, reference, .*got "gpu:none"/,
      );
    }));
}

commandLine.run();
test.run();
