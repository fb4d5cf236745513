// The same training on every device: the losses of its first steps beside those of `reference`, which computes in
// double precision.
//
//   npm run study:devices                       on all devices; what does not run here is skipped, aloud
//   npm run study:devices -- cpu gpu:webgpu     on some of them
//
// PULLBACK_DATA says where measured data is; simulated data is taken without. Writes devices.md and devices.json to
// runs/forecast. Exit codes: 0 done, 1 losses differ by more than the tolerance, 2 wrong words or no such device.

import * as E from "fp-ts/lib/Either.js";
import {
  type DeviceName,
  deviceInfo,
  deviceNames,
  openDevice,
  printDevice,
  printProblem,
} from "../../../src/index.ts";
import { Spatiotemporal } from "../../../src/models/index.ts";
import { printFitProblem } from "../../../src/nn/index.ts";
import { writeFiles } from "../../study/files.ts";
import { page, tableText } from "../../study/markdown.ts";
import { type DataName, loadCase } from "./cases.ts";

const out = "runs/forecast";
const steps = 50;
/** Losses may differ by this share of themselves: f32, and what functions return in their last places. */
const tolerance = 1e-4;

type Windows = Spatiotemporal.Windows;

/** The losses of the first steps on a device, and what it was. */
interface Losses {
  readonly device: DeviceName;
  readonly what: string;
  readonly losses: readonly number[];
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Trains on a device; the reason when it does not run here. */
const lossesOn = async (
  device: DeviceName,
  windows: Windows,
): Promise<E.Either<string, Losses>> => {
  const opened = await openDevice(device, { allowSoftware: true })();
  if (E.isLeft(opened)) return E.left(printProblem(opened.left));
  const losses: number[] = [];
  const perEpoch = Math.floor(windows.examples.train.length / 32);
  const run = await Spatiotemporal.train(
    windows,
    Spatiotemporal.forecasterFor(windows, { hidden: 16 }),
    {
      seed: 0,
      epochs: Math.ceil(steps / perEpoch),
      batchSize: 32,
      learningRate: 0.004,
      device,
      onStep: ({ step, metrics }) => {
        if (step <= steps) losses.push(metrics.loss as number); // the step gives it
      },
    },
  )();
  if (E.isLeft(run)) return E.left(printFitProblem(run.left));
  return E.right({ device, what: printDevice(deviceInfo(device)), losses });
};

/** The largest difference between losses, as a share of themselves. */
const apart = (ours: readonly number[], theirs: readonly number[]): number =>
  Math.max(...ours.map((loss, i) => Math.abs(loss / (theirs[i] as number) - 1)));

const compareDevices = async (names: readonly DeviceName[]): Promise<number> => {
  const { PULLBACK_DATA: folder } = process.env;
  const isMeasured = folder !== undefined && folder !== "";
  const data = isMeasured ? "online-boutique" : "simulated";
  const read = await loadCase(data, { folder, window: 12, simulatedMinutes: 1440 })();
  if (E.isLeft(read)) {
    say(read.left);
    return 2;
  }
  const found: Losses[] = [];
  for (const device of new Set<DeviceName>(["reference", ...names])) {
    const result = await lossesOn(device, read.right.windows);
    if (E.isRight(result)) found.push(result.right);
    say(E.isRight(result) ? result.right.what : `${device}: skipped, ${result.left}`);
  }
  const rows = rowsOf(found as [Losses, ...Losses[]]); // reference runs everywhere
  const text = pageOf(data, rows);
  await writeFiles(out, "devices", { markdown: text, numbers: rows });
  console.log(text);
  return rows.every((row) => row.apart <= tolerance) ? 0 : 1;
};

const rowsOf = (found: readonly [Losses, ...Losses[]]) =>
  found.map(({ device, losses, what }) => ({
    device,
    what,
    first: losses[0] as number,
    last: losses.at(-1) as number,
    apart: apart(losses, found[0].losses),
  }));

const pageOf = (data: DataName, rows: ReturnType<typeof rowsOf>): string =>
  page(
    "# The same training on every device",
    `\`npm run study:devices\`. ${data}, the first ${steps} steps of the full model with hidden 16, batch 32; every loss beside that of \`reference\`.`,
    tableText({
      header: ["device", "first loss", "last loss", "largest difference, of the loss", "what ran"],
      rows: rows.map((row) => [
        row.device,
        row.first.toPrecision(6),
        row.last.toPrecision(6),
        row.apart.toExponential(1),
        row.what,
      ]),
    }),
  );

const words = process.argv.slice(2);
const wrong = words.find((word) => !deviceNames.some((name) => name === word));
if (wrong !== undefined) {
  say(`study:devices: one of ${deviceNames.join(", ")} expected, got "${wrong}"`);
  process.exitCode = 2;
} else {
  const named = words as readonly DeviceName[]; // checked
  // "gpu" and "auto" stand for one of the others.
  const names =
    named.length > 0 ? named : deviceNames.filter((name) => name !== "gpu" && name !== "auto");
  process.exitCode = await compareDevices(names);
}
