// A maker in another thread.

import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { type Calls, callsOf, messageOf } from "../../../nn/threads/calls.ts";
import type { ImageProblem } from "../data/problem.ts";
import { closed, ImageError, lostWorker } from "./error.ts";
import type { Maker, MakerOptions, Opened } from "./maker.ts";
import type { Reply } from "./serve.ts";
import type { StartThread, Thread } from "./threads.ts";

const notStarted = (reason: string): ImageProblem => ({
  ...lostWorker(reason),
  hint: "workers: 0 makes batches in the calling thread",
});

/** A source opened in a thread of its own. A Left says what is wrong with the source, or why there is no such thread. */
export const openInThread =
  (start: StartThread, options: MakerOptions): TE.TaskEither<ImageProblem, Opened> =>
  () =>
    new Promise((resolve) => {
      const calls = callsOf(() => thread);
      const close = (): Promise<void> => {
        calls.end(new ImageError(closed));
        return thread.stop();
      };
      const refuse = (problem: ImageProblem): void => resolve(E.left(problem));
      const hear = (reply: Reply): void => {
        if (reply._tag === "Refused") {
          refuse(reply.problem);
          void thread.stop();
        } else if (reply._tag === "Opened") {
          const { classes, names } = reply;
          thread.hold(false);
          resolve(E.right({ classes, names, maker: makerOver(calls), close }));
        } else calls.settle(reply);
      };
      const ended = (reason: string): void => {
        calls.end(new ImageError(lostWorker(reason)));
        refuse(notStarted(reason)); // nobody hears it who has been answered
      };
      let thread: Thread;
      try {
        thread = start(options, { hear, ended });
      } catch (error) {
        refuse(notStarted(messageOf(error)));
      }
    });

const makerOver = ({ call }: Calls): Maker => {
  // Answers of a verb are what the maker's function of that name gives.
  const ask = <K extends keyof Maker>(verb: K) =>
    ((argument: Parameters<Maker[K]>[0]) => call(verb, argument)) as Maker[K];
  return { examples: ask("examples"), survey: ask("survey") };
};
