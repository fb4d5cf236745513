// Bundles the page with esbuild and serves it, or writes it to a folder:
//
//   npm run browser                  http://localhost:8000
//   npm run browser -- --port 8080
//   npm run browser -- --out FOLDER  writes the page there, for any web server
//
// Exit codes: 0 done, 2 wrong options.

import { copyFile, mkdir, readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type BuildOptions, build, context } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const usage = `Serves a page that trains a forecaster in the browser. WebGPU needs a browser that has it, and https or localhost.

  npm run browser -- [options]

  --port N       where to serve it (8000)
  --out FOLDER   write the page to a folder instead
  --help         this text

On the device cpu, threads help where the page is cross-origin isolated. A server of your own has to send
Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp for that.

The address may say what to do: ?device=gpu:webgpu&steps=50 starts at once; with &software, gpu and auto may take a software rasteriser.`;

const pages = ["index.html", "style.css"];

const options = (outdir: string): BuildOptions => ({
  entryPoints: [join(here, "main.ts")],
  outdir,
  bundle: true,
  splitting: true, // gpu.js is fetched when a device of it is opened
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: true,
  logLevel: "warning",
});

const copyPages = async (outdir: string): Promise<void> => {
  await mkdir(outdir, { recursive: true });
  for (const page of pages) await copyFile(join(here, page), join(outdir, page));
};

const parse = () =>
  parseArgs({
    options: {
      port: { type: "string", default: "8000" },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  }).values;

const complain = (what: string): void => {
  console.error(`browser: ${what}`);
  process.exitCode = 2;
};

const write = async (folder: string): Promise<void> => {
  await copyPages(folder);
  await build(options(folder));
};

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css",
  ".js": "text/javascript",
  ".map": "application/json",
};

/** What isolates a page from others, so that it has shared memory and with it threads. */
const isolation = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** Answers with files of a folder. `refresh` goes before each visit. */
const filesOf =
  (folder: string, refresh: () => Promise<void>): RequestListener =>
  async (request, response) => {
    try {
      const { pathname } = new URL(request.url ?? "/", "http://localhost"); // without any ..
      if (pathname === "/") await refresh();
      const file = join(folder, pathname === "/" ? "index.html" : pathname);
      const content = await readFile(file);
      const type = contentTypes[extname(file)] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type, "cache-control": "no-cache", ...isolation });
      response.end(content);
    } catch (error) {
      response.writeHead(404, { "content-type": "text/plain" });
      response.end(String(error));
    }
  };

/** Serves the page; its code is bundled anew with each visit. */
const serve = async (port: number): Promise<void> => {
  const folder = fileURLToPath(new URL("../../.cache/browser", import.meta.url));
  const bundling = await context(options(folder));
  const refresh = async (): Promise<void> => {
    await copyPages(folder);
    await bundling.rebuild();
  };
  const server = createServer(filesOf(folder, refresh));
  server.on("error", (error) => {
    complain(`port ${port} cannot be had (${error.message}); choose another with --port`);
    void bundling.dispose();
  });
  server.listen(port, "127.0.0.1", () => {
    const { port: found } = server.address() as AddressInfo; // it listens on a port
    console.log(`http://localhost:${found} (Ctrl-C ends it)`);
  });
};

const run = async ({ port, out, help }: ReturnType<typeof parse>): Promise<void> => {
  if (help) console.log(usage);
  else if (!/^\d+$/.test(port) || Number(port) > 65535)
    complain(`a port in 0…65535 expected, got "${port}"`);
  else if (out !== undefined) {
    await write(out);
    console.log(`written to ${out}`);
  } else await serve(Number(port));
};

try {
  await run(parse());
} catch (error) {
  complain(error instanceof Error ? error.message : String(error)); // an unknown option, a folder that cannot be written
}
