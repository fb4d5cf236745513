// A maker in another thread.

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Manner, type OpenThread, openThread } from "../../../nn/threads/open.ts";
import type { ImageProblem } from "../data/problem.ts";
import { closed, ImageError, lostWorker } from "./error.ts";
import type { Maker, MakerOptions, Opened } from "./maker.ts";
import type { Source } from "./serve.ts";
import type { StartThread } from "./threads.ts";

const manner: Manner<ImageProblem> = {
  notStarted: (reason) => ({
    ...lostWorker(reason),
    hint: "workers: 0 makes batches in the calling thread",
  }),
  lost: (reason) => new ImageError(reason === undefined ? closed : lostWorker(reason)),
};

/** A source opened in a thread of its own. A Left says what is wrong with the source, or why there is no such thread. */
export const openInThread = (
  start: StartThread,
  options: MakerOptions,
): TE.TaskEither<ImageProblem, Opened> =>
  pipe(
    openThread<Source, ImageProblem>((listener) => start(options, listener), manner),
    TE.map(({ opened, call, close }) => ({ ...opened, maker: makerOver(call), close })),
  );

const makerOver = (call: OpenThread<Source>["call"]): Maker => {
  // Answers of a verb are what the maker's function of that name gives.
  const ask = <K extends keyof Maker>(verb: K) =>
    ((argument: Parameters<Maker[K]>[0]) => call(verb, argument)) as Maker[K];
  return { examples: ask("examples"), survey: ask("survey") };
};
