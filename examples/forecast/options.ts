// The command line of the forecaster.

import { parseArgs } from "node:util";
import * as E from "fp-ts/lib/Either.js";
import { type DeviceName, deviceNames } from "../../src/index.ts";
import { readersFor } from "../readers.ts";

/** What the command line decides. */
export interface Options {
  /** A folder of measured data; the simulator when absent. */
  readonly data?: string;
  /** The default device when absent. */
  readonly device?: DeviceName;
  /** Whether a software rasteriser may stand for a graphics card. */
  readonly software: boolean;
  /** Minutes of the cycle that the clock tells; found in the data when absent. */
  readonly cycle?: number;
  readonly seed: number;
  readonly minutes: number;
  readonly window: number;
  /** Minutes ahead, none twice. */
  readonly horizons: readonly number[];
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly hidden: number;
  readonly embedding: number;
  /** Where checkpoints and logs are written, and training goes on from; nowhere when absent. */
  readonly folder?: string;
  readonly json: boolean;
}

/** What --help prints. */
export const usage = `Trains a GCN + GRU forecaster of service metrics and compares it with the last value.

  npm start -- [options]

  --data FOLDER       measured data (ob_1min.csv and ob_edges.csv); default: the built-in simulator
  --minutes N         minutes to simulate (1440)
  --seed N            of the simulator, the weights and the shuffles (0)
  --window N          minutes that the model sees (12)
  --horizons A,B      minutes ahead (1,5,10)
  --cycle MINUTES     cycle of the load that the clock tells; default: found in the throughput
  --epochs N          passes over the training part (30)
  --batch N           examples in a batch (32)
  --rate X            highest learning rate (0.004)
  --hidden N          width of the recurrent state (24)
  --embedding N       width of a service's own embedding (6)
  --device NAME       where to run: ${deviceNames.join(", ")}
                      (cpu); gpu and auto find the best that runs here
  --folder FOLDER     write checkpoints, metrics.jsonl and TensorBoard events there, and go on from there
  --software          gpu and auto may take a software rasteriser for a graphics card
  --quick             a small run in seconds, to see that everything works: 480 minutes, 4 epochs, hidden 8
  --json              one JSON line instead of text
  --help              this text`;

const standard = { epochs: "30", minutes: "1440", hidden: "24" };
const quick = { epochs: "4", minutes: "480", hidden: "8" };

const flags = {
  data: { type: "string" },
  folder: { type: "string" },
  device: { type: "string" },
  minutes: { type: "string" },
  seed: { type: "string", default: "0" },
  window: { type: "string", default: "12" },
  horizons: { type: "string", default: "1,5,10" },
  cycle: { type: "string" },
  epochs: { type: "string" },
  batch: { type: "string", default: "32" },
  rate: { type: "string", default: "0.004" },
  hidden: { type: "string" },
  embedding: { type: "string", default: "6" },
  software: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const readWords = (words: readonly string[]) =>
  parseArgs({ args: [...words], options: flags }).values;
type Given = ReturnType<typeof readWords>;

/** Options from words of the command line, "help" when asked for, or what is wrong with them. */
export const parseOptions = (words: readonly string[]): E.Either<string, Options | "help"> => {
  const given = E.tryCatch(
    () => readWords(words),
    (error) => (error as Error).message, // parseArgs throws errors only
  );
  if (E.isLeft(given)) return given;
  return given.right.help ? E.right("help") : toOptions(given.right);
};

const toOptions = (given: Given): E.Either<string, Options> => {
  const size = given.quick ? quick : standard;
  const wrong: string[] = [];
  const { whole, positive, device } = readersFor(wrong);
  const horizons = given.horizons.split(",").map((text) => whole("horizons", text, 1));
  const options: Options = {
    ...(given.data === undefined ? {} : { data: given.data }),
    ...(given.folder === undefined ? {} : { folder: given.folder }),
    ...(given.device === undefined ? {} : { device: device(given.device) }),
    software: given.software,
    ...(given.cycle === undefined ? {} : { cycle: positive("cycle", given.cycle) }),
    minutes: whole("minutes", given.minutes ?? size.minutes, 60),
    seed: whole("seed", given.seed, 0),
    window: whole("window", given.window, 1),
    horizons: [...new Set(horizons)],
    epochs: whole("epochs", given.epochs ?? size.epochs, 1),
    batchSize: whole("batch", given.batch, 1),
    learningRate: positive("rate", given.rate),
    hidden: whole("hidden", given.hidden ?? size.hidden, 1),
    embedding: whole("embedding", given.embedding, 1),
    json: given.json,
  };
  const [first] = wrong;
  return first === undefined ? E.right(options) : E.left(first);
};
