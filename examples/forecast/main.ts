// The main job: trains a graph-convolutional, gated recurrent forecaster end to end and compares it with the last-value baseline.
//
//   npm start                       on data from the built-in simulator of a microservice call graph
//   npm start -- --data FOLDER      on measured data in the layout of mft-online-boutique
//   npm start -- --help

import * as E from "fp-ts/lib/Either.js";
import { deviceInfo } from "../../src/index.ts";
import { Spatiotemporal } from "../../src/models/index.ts";
import { type Options, parseOptions, usage } from "./options.ts";
import { makeProgress } from "./progress.ts";
import { printScores, scoresOf } from "./scores.ts";

const { evaluate, lastValue, makeWindows, printDataError, readServiceFolder, simulate, train } =
  Spatiotemporal;
type Series = Spatiotemporal.ServiceSeries;

const stop = (message: string): never => {
  process.stderr.write(`${message}\n`);
  process.exit(2);
};

const loadSeries = async ({ data, minutes, seed }: Options): Promise<Series> => {
  if (data !== undefined) {
    const read = await readServiceFolder(data)();
    return E.isLeft(read) ? stop(printDataError(read.left)) : read.right;
  }
  const simulated = simulate({ ...Spatiotemporal.defaultSimulation, seed, minutes });
  return E.isLeft(simulated) ? stop(simulated.left.rule) : simulated.right;
};

const describe = ({ services, edges, times }: Series, { data, seed }: Options): string =>
  `${data === undefined ? `simulator, seed ${seed}` : data}: ${services.length} services, ${edges.length} calls, ${times.length} minutes`;

const run = async (options: Options): Promise<void> => {
  const started = performance.now();
  const series = await loadSeries(options);
  const windows = makeWindows(series, {
    targets: ["cpu", "responseTime", "throughput"],
    horizonMinutes: options.horizons,
    window: options.window,
    cycleMinutes: [options.data === undefined ? 120 : 60],
  });
  if (E.isLeft(windows)) return stop(`forecast: ${windows.left.rule}, got ${windows.left.got}`);
  const { device, mode, details } = deviceInfo(options.device);
  const print = options.json ? () => undefined : console.log;
  print(describe(series, options));
  print(`device ${device}, mode ${mode} (${details})`);
  const progress = makeProgress(options.json);
  const trained = await train(windows.right, { ...options, onStep: progress.update });
  progress.stop();
  const units = "original";
  const scores = scoresOf(
    windows.right,
    evaluate(windows.right, "test", trained.predictor, units),
    evaluate(windows.right, "test", lastValue(windows.right), units),
  );
  const seconds = (performance.now() - started) / 1000;
  if (options.json)
    console.log(JSON.stringify({ device, mode, seconds, bestEpoch: trained.bestEpoch, scores }));
  else {
    print(printScores(scores));
    print(
      `\nbest epoch ${trained.bestEpoch + 1} of ${options.epochs} by validation; ${seconds.toFixed(1)} s in all`,
    );
  }
};

const options = parseOptions(process.argv.slice(2));
if (E.isLeft(options)) stop(`forecast: ${options.left}\n\n${usage}`);
else if (options.right === "help") console.log(usage);
else await run(options.right);
