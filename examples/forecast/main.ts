// The main job: trains a graph-convolutional, gated recurrent forecaster end to end and compares it
// with the last-value baseline.
//
//   npm start                     on data from the built-in simulator of a microservice call graph
//   npm start -- --data FOLDER    on measured data in the layout of mft-online-boutique
//   npm start -- --folder FOLDER  with checkpoints and logs; the same command again goes on from there
//   npm start -- --help
//
// Exit codes: 0 done, 2 wrong options, device or data, 130 interrupted.

import { join } from "node:path";
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
import { jsonLines, printFitProblem, tensorBoard } from "../../src/nn/index.ts";
import { cutWindows, cycleMinutesOf, describe, loadSeries } from "./data.ts";
import { type Options, parseOptions, usage } from "./options.ts";
import { compareWithLastValue, printScores, scoresOf } from "./scores.ts";

/** What is wrong, where the caller is; anything else is a bug and keeps its stack. */
const mistakeIn = (error: unknown): string => {
  if (error instanceof TensorError) return printProblem(error.problem);
  throw error;
};

type Trained = Spatiotemporal.Trained<Spatiotemporal.Forecaster.Params>;

/** Trains with a display of progress; with a folder, from the newest checkpoint in it. */
const trainForecaster = (
  windows: Spatiotemporal.Windows,
  options: Options,
): TE.TaskEither<string, Trained> => {
  const { hidden, embedding, folder, json, ...training } = options;
  const files =
    folder === undefined
      ? {}
      : {
          checkpoints: { folder, every: { epochs: 1, seconds: 60 } },
          loggers: [jsonLines(join(folder, "metrics.jsonl")), tensorBoard(folder)],
          resume: true,
        };
  const progress = json ? "silent" : "auto";
  return pipe(
    Spatiotemporal.train(windows, Spatiotemporal.forecasterFor(windows, { hidden, embedding }), {
      ...training,
      ...files,
      progress,
      signals: true,
    }),
    TE.mapLeft(printFitProblem),
  );
};

/** What the test part says of a trained model, as text or as one JSON line. */
const report = async (
  windows: Spatiotemporal.Windows,
  { forecast, bestEpoch, validation }: Trained,
  before: DeviceInfo,
  options: Options,
): Promise<void> => {
  const forecasts = await forecast(windows.examples.test);
  const scores = scoresOf(windows, () => forecasts);
  const seconds = performance.now() / 1000; // since the process started
  const after = deviceInfo(options.device);
  if (options.json) {
    const { device, mode } = after;
    const cycleMinutes = cycleMinutesOf(windows);
    console.log(JSON.stringify({ device, mode, seconds, cycleMinutes, bestEpoch, scores }));
    return;
  }
  console.log(`\n${printScores(scores)}\n\n${compareWithLastValue(scores)}`);
  const choice = `best epoch ${bestEpoch + 1} of ${validation.length} by validation`;
  console.log(`\n${choice}; ${seconds.toFixed(1)} s in all`);
  // Some devices know what really ran only afterwards.
  if (printDevice(after) !== printDevice(before)) console.log(`device ${printDevice(after)}`);
};

const interrupted = ({ folder }: Options): void => {
  process.exitCode = 130;
  const kept =
    folder === undefined
      ? "nothing is kept without --folder"
      : `the same command goes on from ${folder}`;
  process.stderr.write(`interrupted; ${kept}\n`);
};

const run = (options: Options): TE.TaskEither<string, void> =>
  pipe(
    openDevice(options.device ?? deviceInfo().device, { allowSoftware: options.software }),
    TE.mapLeft(printProblem),
    TE.bindTo("info"),
    TE.bind("series", () => loadSeries(options)),
    TE.bind("windows", ({ series }) => TE.fromEither(cutWindows(series, options))),
    TE.chainFirstIOK(({ windows, info }) => () => {
      if (options.json) return;
      console.log(describe(windows, options));
      console.log(`device ${printDevice(info)}`);
    }),
    TE.bind("trained", ({ windows }) =>
      pipe(TE.tryCatch(trainForecaster(windows, options), mistakeIn), TE.chain(TE.fromEither)),
    ),
    TE.chain(({ windows, info, trained }) =>
      TE.tryCatch(
        async () =>
          trained.outcome === "interrupted"
            ? interrupted(options)
            : await report(windows, trained, info, options),
        mistakeIn,
      ),
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
