// npm run bench:entries: kernels whose threads share work beside plain ones, by size. The choice between them (webgpu/entry.ts and
// gl/columns.ts in src/core/device/gpujs) is made from this table.

import { arch, cpus } from "node:os";
import { parseArgs } from "node:util";
import { printDevice } from "../../src/index.ts";
import { chromiumMissing, openPage } from "../../tools/chromium/open.ts";
import { askNode, isFailure } from "../child.ts";
import type { Timings } from "./work.ts";

const help = `npm run bench:entries -- [options]

Times products, convolutions and reductions with PULLBACK_ENTRIES=never and =always, each result checked against the reference first.

  --device NAME   gpu:webgpu (the default), gpu:webgl2 or gpu:headlessgl
  --browser       in headless Chromium; gpu:webgl2 runs nowhere else
  --repeat N      runs of each, of which the median is printed (11)
  --help          this text

A software rasteriser is taken where no card answers, and said. In Node, VK_DRIVER_FILES names one:
/usr/lib/chromium/vk_swiftshader_icd.json of Debian's chromium, for example.`;

type Word = "never" | "always";

declare global {
  var timeAll: (device: string, runs: number) => Promise<Timings>;
}

/** Longer than anything takes here on a software rasteriser. */
const limitSeconds = 900;

const inNode = async (device: string, word: Word, runs: number): Promise<Timings> => {
  const args = [device, String(runs), word];
  const answer = await askNode<Timings>("entries/child.ts", args, limitSeconds);
  if (isFailure(answer)) throw new Error("error" in answer ? answer.error : answer.skipped);
  return answer;
};

const inChromium = async (device: string, word: Word, runs: number): Promise<Timings> => {
  const reason = chromiumMissing();
  if (reason !== undefined) throw new Error(reason);
  const { page, close } = await openPage("bench/entries/page.ts", {
    env: { PULLBACK_ENTRIES: word },
  });
  try {
    await page.waitForFunction("globalThis.timeAll !== undefined");
    return await page.evaluate(({ device, runs }) => globalThis.timeAll(device, runs), {
      device,
      runs,
    });
  } finally {
    await close();
  }
};

const print = (plain: Timings, shared: Timings): void => {
  console.log(`plain:  ${printDevice(plain.info)}`);
  console.log(`shared: ${printDevice(shared.info)}`);
  console.log(
    `Node ${process.version}, ${arch()}, ${cpus().length} cores, ${cpus()[0]?.model ?? ""}\n`,
  );
  console.log(
    `${"median of a call, ms".padEnd(40)}${"plain".padStart(10)}${"shared".padStart(10)}`,
  );
  plain.timings.forEach(({ name, ms }, i) => {
    const other = shared.timings[i]?.ms ?? Number.NaN;
    console.log(name.padEnd(40) + ms.toFixed(2).padStart(10) + other.toFixed(2).padStart(10));
  });
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      device: { type: "string", default: "gpu:webgpu" },
      browser: { type: "boolean", default: false },
      repeat: { type: "string", default: "11" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(help);
  const runs = Number(values.repeat);
  if (!Number.isInteger(runs) || runs < 1)
    throw new Error(`--repeat: a whole number above 0 expected, got "${values.repeat}"`);
  const measure = values.browser ? inChromium : inNode;
  const plain = await measure(values.device, "never", runs);
  print(plain, await measure(values.device, "always", runs));
};

try {
  await main();
} catch (error) {
  console.error(`bench:entries: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
