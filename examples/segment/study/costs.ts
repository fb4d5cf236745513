// What a training step costs: milliseconds, and bytes by its plan, in each precision, with what is inside of blocks kept or computed again.
//
//   npm run study:segment:costs            on the cpu device
//   npm run study:segment:costs -- DEVICE  on another one
//
// Times want an otherwise idle machine. Writes costs.md and costs.json to runs/segmentation. Exit codes: 0 done; 1 a loss is not that of the
// step in f32: nothing is written; 2 no such device.

import * as E from "fp-ts/lib/Either.js";
import {
  type DeviceName,
  deviceInfo,
  deviceNames,
  openDevice,
  printDevice,
  printProblem,
} from "../../../src/index.ts";
import type { Segmentation } from "../../../src/models/index.ts";
import { writeFiles } from "../../study/files.ts";
import { page, tableText } from "../../study/markdown.ts";
import { mebibytes } from "./parts.ts";
import { batchOf, type Cost, costsOf, starterOn } from "./steps.ts";

const out = "runs/segmentation";
const repetitions = 9;
const batchSize = 4;
/** CamVid has 367 pictures to learn from; a batch that is not full is left out. */
const stepsAnEpoch = Math.floor(367 / batchSize);

/** Networks of the study, and SegNet as it was published. */
const networks = [
  ["segnet", 16, "none"],
  ["segnet", 16, "all"],
  ["segnet-basic", 16, "none"],
  ["segnet-basic", 16, "all"],
  ["segnet-small", 16, "all"],
  ["segnet", 64, "none"],
] as const;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const pageOf = (
  costs: readonly Cost[],
  [height, width]: Segmentation.Size,
  device: DeviceName,
): string =>
  page(
    "# What a training step costs",
    `\`npm run study:segment:costs\`. ${printDevice(deviceInfo(device))}. ${batchSize} pictures of ${height} x ${width} in a batch; medians of ${repetitions} steps after their losses were checked; bytes by the step's plan: of temporaries, among which is what waits for the backward pass, and of everything that is alive at once. An epoch of CamVid is ${stepsAnEpoch} such steps.`,
    tableText({
      header: [
        "network",
        "stored in",
        "blocks",
        "ms a step",
        "s an epoch of CamVid",
        "temporaries, MiB",
        "peak, MiB",
        "first loss",
      ],
      rows: costs.map((it) => [
        it.network,
        it.precision,
        it.recompute ? "computed again" : "kept",
        it.milliseconds.toFixed(0),
        ((it.milliseconds * stepsAnEpoch) / 1000).toFixed(1),
        mebibytes(it.temporaryBytes),
        mebibytes(it.peakBytes),
        it.loss.toFixed(4),
      ]),
    }),
  );

const measure = async (device: DeviceName): Promise<number> => {
  const opened = await openDevice(device)();
  if (E.isLeft(opened)) {
    say(printProblem(opened.left));
    return 2;
  }
  const batch = await batchOf(batchSize);
  const start = starterOn(batch, device, repetitions);
  const costs: Cost[] = [];
  for (const [network, width, connected] of networks) {
    const found = await costsOf(start, { network, width, connected }, say);
    if (E.isLeft(found)) {
      say(found.left);
      return 1;
    }
    costs.push(...found.right);
  }
  const text = pageOf(costs, batch.size, device);
  await writeFiles(out, "costs", { markdown: text, numbers: costs });
  console.log(text);
  return 0;
};

const [word = "cpu"] = process.argv.slice(2);
const device = deviceNames.find((name) => name === word);
if (device === undefined) {
  say(`study:segment:costs: one of ${deviceNames.join(", ")} expected, got "${word}"`);
  process.exitCode = 2;
} else process.exitCode = await measure(device);
