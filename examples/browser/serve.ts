// Bundles the page with esbuild and serves it, or writes it to a folder:
//
//   npm run browser                  http://localhost:8000
//   npm run browser -- --port 8080
//   npm run browser -- --out FOLDER  writes the page there, for any web server
//
// Exit codes: 0 done, 2 wrong options.

import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type BuildOptions, build, context } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const usage = `Serves a page that trains a forecaster in the browser. WebGPU needs a browser that has it, and https or localhost.

  npm run browser -- [options]

  --port N       where to serve it (8000)
  --out FOLDER   write the page to a folder instead
  --help         this text

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

/** Serves the page; its code is bundled anew whenever it changes. */
const serve = async (port: number): Promise<void> => {
  const folder = fileURLToPath(new URL("../../.cache/browser", import.meta.url));
  await copyPages(folder);
  const bundling = await context(options(folder));
  await bundling.watch();
  try {
    const server = await bundling.serve({ servedir: folder, port, host: "127.0.0.1" });
    console.log(`http://localhost:${server.port} (Ctrl-C ends it)`);
  } catch (error) {
    complain(`port ${port} cannot be had (${error}); choose another with --port`);
    await bundling.dispose();
  }
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
