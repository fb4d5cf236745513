// The program from the words of its command line to its exit code.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { deviceInfo, openDevice, printProblem, TensorError } from "../../src/index.ts";
import { carryOut, type Ending } from "./commands.ts";
import { type Options, parseOptions } from "./options.ts";
import { usage } from "./usage.ts";

/** Done, something wrong with what was given, interrupted. */
export type ExitCode = 0 | 2 | 130;

/** What is wrong, where the caller is; anything else is a bug and keeps its stack. */
const mistakeIn = (error: unknown): string => {
  if (error instanceof TensorError) return printProblem(error.problem);
  throw error;
};

const run = (options: Options): TE.TaskEither<string, Ending> =>
  pipe(
    openDevice(options.device ?? deviceInfo().device, { allowSoftware: options.software }),
    TE.mapLeft(printProblem),
    TE.chain((info) =>
      pipe(TE.tryCatch(carryOut(options, info), mistakeIn), TE.chain(TE.fromEither)),
    ),
  );

const say = (message: string): void => void process.stderr.write(`${message}\n`);

const complain = (message: string): ExitCode => {
  say(message);
  return 2;
};

/** Does what the words say. Results go to stdout, all else to stderr. */
export const runWords = async (words: readonly string[]): Promise<ExitCode> => {
  const options = parseOptions(words);
  if (E.isLeft(options))
    return complain(`segment: ${options.left}\nhint: --help lists the options`);
  if (options.right === "help") {
    console.log(usage);
    return 0;
  }
  const ended = await run(options.right)();
  if (E.isLeft(ended)) return complain(ended.left);
  if (ended.right === "done") return 0;
  say("interrupted; the same command goes on from here");
  return 130;
};
