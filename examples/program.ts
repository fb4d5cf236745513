// A program from the words of its command line to its exit code.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import {
  type DeviceInfo,
  deviceInfo,
  openDevice,
  printProblem,
  TensorError,
} from "../src/index.ts";
import type { Running } from "./commandLine.ts";
import { codeOf } from "./places.ts";

/** Done, something wrong with what was given, interrupted. */
export type ExitCode = 0 | 2 | 130;

/** How a command ended: done, or interrupted with a checkpoint. */
export type Ending = "done" | "interrupted";

/** What a program is made of. */
export interface Program<Options extends Running> {
  /** What stands before complaints about options. */
  readonly name: string;
  /** What --help prints. */
  readonly usage: string;
  readonly parse: (words: readonly string[]) => E.Either<string, Options | "help">;
  /** Carries out a command on a device that is open. */
  readonly carryOut: (options: Options, info: DeviceInfo) => TE.TaskEither<string, Ending>;
}

/** What is wrong, where the caller is; anything else is a bug and keeps its stack. */
const mistakeIn = (error: unknown): string => {
  if (error instanceof TensorError) return printProblem(error.problem);
  throw error;
};

const run = <Options extends Running>(
  { carryOut }: Program<Options>,
  options: Options,
): TE.TaskEither<string, Ending> =>
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

/** Ends the process quietly where nobody reads its output any more, as `head` when it has enough. */
export const endWhereUnread = (): void => {
  process.stdout.on("error", (cause) => {
    if (codeOf(cause) !== "EPIPE") throw cause;
    process.exit(0);
  });
};

/** Does what words say. Results go to stdout, all else to stderr. */
export const runWordsOf =
  <Options extends Running>(program: Program<Options>) =>
  async (words: readonly string[]): Promise<ExitCode> => {
    const options = program.parse(words);
    if (E.isLeft(options))
      return complain(`${program.name}: ${options.left}\nhint: --help lists the options`);
    if (options.right === "help") {
      console.log(program.usage);
      return 0;
    }
    const ended = await run(program, options.right)();
    if (E.isLeft(ended)) return complain(ended.left);
    if (ended.right === "done") return 0;
    say("interrupted; the same command goes on from here");
    return 130;
  };
