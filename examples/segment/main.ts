// Segmentation from the command line: trains an encoder-decoder, judges it, and paints what it finds in pictures.
//
//   npm run segment                                  trains on street scenes that the program draws itself
//   npm run segment -- train --data FOLDER           on pictures in CamVid's layout; --layout has others
//   npm run segment -- predict --model FILE IMAGE…   paints what a network finds over pictures
//   npm run segment -- --help
//
// Exit codes: 0 done, 2 wrong options, device, data or network, 130 interrupted.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { deviceInfo, openDevice, printProblem, TensorError } from "../../src/index.ts";
import { carryOut, type Ending } from "./commands.ts";
import { type Options, parseOptions, usage } from "./options.ts";

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

const complain = (message: string): void => {
  process.stderr.write(`${message}\n`);
  process.exitCode = 2;
};

const options = parseOptions(process.argv.slice(2));
if (E.isLeft(options)) complain(`segment: ${options.left}\nhint: --help lists the options`);
else if (options.right === "help") console.log(usage);
else {
  const ended = await run(options.right)();
  if (E.isLeft(ended)) complain(ended.left);
  else if (ended.right === "interrupted") {
    process.exitCode = 130;
    process.stderr.write("interrupted; the same command goes on from here\n");
  }
}
