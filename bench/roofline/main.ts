// npm run bench:roofline: what each case reaches of what this machine could do. `--help` says more.

import { type Case, chosenCases } from "../cases/index.ts";
import { isFailure } from "../child.ts";
import { resultOf, timeOurs } from "../compare.ts";
import { openDevices } from "../devices.ts";
import { type Limits, measureLimits } from "../machine/measure.ts";
import { printLimits } from "../machine/report.ts";
import { header } from "../report.ts";
import { boundOf, trafficOf } from "./bound.ts";
import { readRooflineOptions, rooflineHelp } from "./options.ts";
import { printRoofline, type RooflineLine, rooflineJson } from "./report.ts";

const device = "cpu";

/** As `npm run bench` times by itself: as many runs as a minute allows, 11 to 51. */
const timing = { smoke: false, repeat: 0, limitSeconds: 60, all: false };

const lineOf = async (it: Case, limits: Limits): Promise<RooflineLine> => {
  const traffic = trafficOf(it.plan(device));
  const answer = await timeOurs(it, device, timing);
  const bound = { case: it.name, work: it.work, ...traffic, ...boundOf(it.work, traffic, limits) };
  if (isFailure(answer)) return { ...bound, measured: answer };
  const { ms, runs, note } = resultOf(it, device, answer, false);
  return {
    ...bound,
    measured: { medianMs: ms, runs, ...(note === undefined ? {} : { note }) },
  };
};

const main = async (): Promise<void> => {
  const options = readRooflineOptions(process.argv.slice(2));
  if (options.help) return console.log(rooflineHelp);
  const say = options.json ? console.error : console.log;
  const selected = chosenCases(options.cases);
  say(`${header([], await openDevices({ devices: [device], software: false }))}\n`);
  const limits = await measureLimits();
  say(`${printLimits(limits)}\n`);
  const lines: RooflineLine[] = [];
  for (const it of selected) {
    const line = await lineOf(it, limits);
    lines.push(line);
    if (options.json) console.log(rooflineJson(line));
  }
  if (!options.json) console.log(printRoofline(lines));
  if (lines.some(({ measured }) => "error" in measured)) process.exitCode = 1;
};

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
