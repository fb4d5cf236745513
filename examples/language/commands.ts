// What carries out a command. A Left is what is wrong, where the caller is.

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { DeviceInfo } from "../../src/index.ts";
import type { Ending } from "../program.ts";
import { benchmark } from "./benchmark.ts";
import { compress } from "./compress.ts";
import { evaluate } from "./evaluate.ts";
import type { Options } from "./options.ts";
import { sample } from "./sample.ts";
import { train } from "./train.ts";

const done = TE.map((): Ending => "done");

/** Carries out a command on a device that is open. */
export const carryOut = (options: Options, info: DeviceInfo): TE.TaskEither<string, Ending> => {
  switch (options.command) {
    case "train":
      return train(options, info);
    case "sample":
      return pipe(sample(options), done);
    case "evaluate":
      return pipe(evaluate(options), done);
    case "compress":
      return compress(options);
    case "benchmark":
      return pipe(benchmark(options, info), done);
  }
};
