// The command line of the forecaster.

import { parseArgs } from "node:util";
import * as E from "fp-ts/lib/Either.js";

/** What the command line decides. */
export interface Options {
  readonly data: string | undefined;
  readonly device?: string;
  readonly seed: number;
  readonly minutes: number;
  readonly window: number;
  readonly horizons: readonly number[];
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly hidden: number;
  readonly embedding: number;
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
  --epochs N          passes over the training part (16)
  --batch N           examples in a batch (32)
  --rate X            highest learning rate (0.008)
  --hidden N          width of the recurrent state (24)
  --embedding N       width of a service's own embedding (6)
  --device NAME       where to run
  --quick             a small run in seconds, to see that everything works
  --json              one JSON line instead of text
  --help              this text`;

const quick = { epochs: 2, minutes: 480, hidden: 8 };

const whole = (text: string, name: string, least: number): E.Either<string, number> =>
  /^\d+$/.test(text) && Number(text) >= least
    ? E.right(Number(text))
    : E.left(`a whole number ≥ ${least} expected for --${name}, got "${text}"`);

/** Options from words of the command line, "help" when asked for, or a sentence that says what is wrong. */
export const parseOptions = (words: readonly string[]): E.Either<string, Options | "help"> => {
  const parsed = E.tryCatch(
    () =>
      parseArgs({
        args: [...words],
        options: {
          data: { type: "string" },
          device: { type: "string" },
          minutes: { type: "string" },
          seed: { type: "string", default: "0" },
          window: { type: "string", default: "12" },
          horizons: { type: "string", default: "1,5,10" },
          epochs: { type: "string" },
          batch: { type: "string", default: "32" },
          rate: { type: "string", default: "0.008" },
          hidden: { type: "string" },
          embedding: { type: "string", default: "6" },
          quick: { type: "boolean", default: false },
          json: { type: "boolean", default: false },
          help: { type: "boolean", default: false },
        },
      }).values,
    (error) => (error as Error).message, // parseArgs throws errors only
  );
  if (E.isLeft(parsed)) return parsed;
  const given = parsed.right;
  if (given.help) return E.right("help");
  const numbers = {
    minutes: whole(given.minutes ?? String(given.quick ? quick.minutes : 1440), "minutes", 60),
    seed: whole(given.seed, "seed", 0),
    window: whole(given.window, "window", 1),
    epochs: whole(given.epochs ?? String(given.quick ? quick.epochs : 16), "epochs", 1),
    batchSize: whole(given.batch, "batch", 1),
    hidden: whole(given.hidden ?? String(given.quick ? quick.hidden : 24), "hidden", 1),
    embedding: whole(given.embedding, "embedding", 1),
  };
  const wrong = Object.values(numbers).find(E.isLeft);
  if (wrong !== undefined) return wrong;
  const horizons = given.horizons.split(",").map((text) => whole(text, "horizons", 1));
  const wrongHorizon = horizons.find(E.isLeft);
  if (wrongHorizon !== undefined) return wrongHorizon;
  const learningRate = Number(given.rate);
  if (!(learningRate > 0))
    return E.left(`a number above 0 expected for --rate, got "${given.rate}"`);
  const right = (number: E.Either<string, number>): number =>
    E.isRight(number) ? number.right : 0; // checked above
  return E.right({
    data: given.data,
    ...(given.device === undefined ? {} : { device: given.device }),
    json: given.json,
    minutes: right(numbers.minutes),
    seed: right(numbers.seed),
    window: right(numbers.window),
    epochs: right(numbers.epochs),
    batchSize: right(numbers.batchSize),
    hidden: right(numbers.hidden),
    embedding: right(numbers.embedding),
    horizons: horizons.map(right),
    learningRate,
  });
};
