// Headless Chromium with SwiftShader behind WebGPU and WebGL, for tests and measurements of what runs in browsers: bundles a module, serves it on
// localhost, and opens a page that loads it. Debian's package chromium is used where it is installed, or what PULLBACK_CHROMIUM names.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import { chromium, type Page } from "playwright-core";
import { nodeShims, root } from "./nodeShims.ts";

const executable = process.env["PULLBACK_CHROMIUM"] ?? "/usr/bin/chromium";

/** Why there is no browser, if there is none. */
export const chromiumMissing = (): string | undefined =>
  existsSync(executable) ? undefined : `no Chromium at ${executable} (apt-get install chromium)`;

/** A page with a module of ours in it. */
export interface OpenPage {
  readonly page: Page;
  /** Bytes of memory that the processes of the browser have now, the one of the card among them. */
  readonly residentBytes: () => Promise<number>;
  readonly close: () => Promise<void>;
}

/** How a page is opened. */
export interface PageOptions {
  /** What `process.env` holds. */
  readonly env?: Readonly<Record<string, string>>;
  /** Hears what the page prints and throws; default: the console. */
  readonly say?: (line: string) => void;
  /** Whether the page is cross-origin isolated, so that it has shared memory. */
  readonly isIsolated?: boolean;
  /** Further headers of the page. */
  readonly headers?: Readonly<Record<string, string>>;
}

const isolation = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

const flags = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--enable-unsafe-swiftshader",
  "--enable-precise-memory-info",
  "--js-flags=--expose-gc",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
];

/** A module and all that it imports as one text for browsers, which finds `env` where Node has the environment. */
export const bundle = async (
  file: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [join(root, file)],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    platform: "browser",
    define: { "process.env": JSON.stringify(env) },
    plugins: [nodeShims],
    logLevel: "silent",
  });
  return (outputFiles[0] as { readonly text: string }).text; // one entry point
};

const residentBytesOf = (process: number): number => {
  const status = readFileSync(`/proc/${process}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
};

/** Opens a page that loads a module. */
export const openPage = async (
  file: string,
  { env, say, isIsolated = false, headers = {} }: PageOptions = {},
): Promise<OpenPage> => {
  const text = await bundle(file, env);
  const sent = Object.entries({ ...(isIsolated && isolation), ...headers });
  const server = createServer((request, response) => {
    const isModule = request.url === "/module.js";
    response.setHeader("content-type", isModule ? "text/javascript" : "text/html");
    for (const [name, value] of sent) response.setHeader(name, value);
    response.end(
      isModule
        ? text
        : '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/module.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = (): void => void server.close();
  try {
    const opened = await visit(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, say);
    return { ...opened, close: () => opened.close().finally(stop) };
  } catch (error) {
    stop();
    throw error;
  }
};

/** Opens a page at an address in a browser of its own. */
export const visit = async (
  address: string,
  say: (line: string) => void = console.log,
): Promise<OpenPage> => {
  const browser = await chromium.launch({ executablePath: executable, args: flags });
  try {
    const page = await browser.newPage();
    // Chromium's own remarks on slow readback are of no interest.
    page.on("console", (message) => {
      if (!/GL Driver Message/.test(message.text())) say(message.text());
    });
    page.on("pageerror", (error) => say(String(error.stack ?? error)));
    await page.goto(address);
    const session = await browser.newBrowserCDPSession();
    const residentBytes = async (): Promise<number> => {
      const { processInfo } = await session.send("SystemInfo.getProcessInfo");
      return processInfo.reduce((sum, { id }) => sum + residentBytesOf(id), 0);
    };
    return { page, close: () => browser.close(), residentBytes };
  } catch (error) {
    await browser.close();
    throw error;
  }
};
