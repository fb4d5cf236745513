// The main job: trains a graph-convolutional, gated recurrent forecaster end to end and compares it
// with the last-value baseline.
//
//   npm start                     on data from the built-in simulator of a microservice call graph
//   npm start -- --data FOLDER    on measured data in the layout of mft-online-boutique
//   npm start -- --help
//
// Exit codes: 0 done, 2 wrong options, device or data, 130 interrupted.

import { setImmediate as nextTurn } from "node:timers/promises";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import {
  type DeviceInfo,
  deviceInfo,
  openDevice,
  printDevice,
  printProblem,
  TensorError,
} from "../../src/index.ts";
import { Spatiotemporal } from "../../src/models/index.ts";
import { cutWindows, cycleMinutesOf, describe, loadSeries } from "./data.ts";
import { type Options, parseOptions, usage } from "./options.ts";
import { makeProgress } from "./progress.ts";
import { compareWithLastValue, printScores, scoresOf } from "./scores.ts";

/** What is wrong, where the caller is; anything else is a bug and keeps its stack. */
const mistakeIn = (error: unknown): string => {
  if (error instanceof TensorError) return printProblem(error.problem);
  throw error;
};

/** Trains with a display of progress, which Ctrl-C takes away before it ends the process. */
const trainWithProgress = async (
  windows: Spatiotemporal.Windows,
  options: Options,
): Promise<Spatiotemporal.Trained> => {
  const progress = makeProgress(options.json ? undefined : process.stderr);
  const interrupt = (): never => {
    progress.stop();
    process.exit(130);
  };
  process.on("SIGINT", interrupt); // not once: npm and tsx may pass on a second one
  const onStep = async (step: Spatiotemporal.Progress): Promise<void> => {
    progress.update(step);
    await nextTurn(); // signals are only heard between turns of the event loop
  };
  try {
    return await Spatiotemporal.train(windows, { ...options, onStep });
  } finally {
    progress.stop();
    process.removeListener("SIGINT", interrupt);
  }
};

const trainAndScore = async (
  windows: Spatiotemporal.Windows,
  before: DeviceInfo,
  options: Options,
): Promise<void> => {
  const print = options.json ? () => undefined : console.log;
  print(describe(windows, options));
  print(`device ${printDevice(before)}`);
  const { predictor, bestEpoch } = await trainWithProgress(windows, options);
  const scores = scoresOf(windows, predictor);
  const seconds = performance.now() / 1000; // since the process started
  const after = deviceInfo(options.device);
  if (options.json) {
    const { device, mode } = after;
    const cycleMinutes = cycleMinutesOf(windows);
    console.log(JSON.stringify({ device, mode, seconds, cycleMinutes, bestEpoch, scores }));
    return;
  }
  print(`\n${printScores(scores)}\n\n${compareWithLastValue(scores)}`);
  const choice = `best epoch ${bestEpoch + 1} of ${options.epochs} by validation`;
  print(`\n${choice}; ${seconds.toFixed(1)} s in all`);
  // Some devices know what really ran only afterwards.
  if (printDevice(after) !== printDevice(before)) print(`device ${printDevice(after)}`);
};

const run = (options: Options): TE.TaskEither<string, void> =>
  pipe(
    openDevice(options.device ?? deviceInfo().device, { allowSoftware: options.software }),
    TE.mapLeft(printProblem),
    TE.bindTo("info"),
    TE.bind("series", () => loadSeries(options)),
    TE.bind("windows", ({ series }) => TE.fromEither(cutWindows(series, options))),
    TE.chain(({ windows, info }) =>
      TE.tryCatch(() => trainAndScore(windows, info, options), mistakeIn),
    ),
  );

const complain = (message: string): void => {
  process.stderr.write(`${message}\n`);
  process.exitCode = 2;
};

const options = parseOptions(process.argv.slice(2));
if (E.isLeft(options)) complain(`forecast: ${options.left}\nhint: --help lists the options`);
else if (options.right === "help") console.log(usage);
else {
  const done = await run(options.right)();
  if (E.isLeft(done)) complain(done.left);
}
