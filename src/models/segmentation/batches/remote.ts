// A maker in another thread: calls that wait for their answers, and what becomes of them when the thread ends. The process waits for the
// thread only while a call does.

import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import type { ImageProblem } from "../data/problem.ts";
import { closed, ImageError, lostWorker } from "./error.ts";
import type { Failure, Maker, MakerOptions, Opened } from "./maker.ts";
import type { Call, Reply } from "./serve.ts";
import type { StartThread, Thread } from "./threads.ts";

/** A call that has no answer yet. */
interface Waiting {
  readonly answer: (made: E.Either<Failure, object>) => void;
  readonly reject: (error: Error) => void;
}

const notStarted = (reason: string): ImageProblem => ({
  ...lostWorker(reason),
  hint: "workers: 0 makes batches in the calling thread",
});

/** The calls of a thread that have no answers yet. */
interface Calls {
  readonly call: (verb: Call["verb"], argument: Call["argument"]) => Promise<unknown>;
  readonly settle: (id: number, how: (waiting: Waiting) => void) => void;
  /** Rejects all that wait, and all that come. */
  readonly end: (problem: ImageProblem) => void;
}

const callsOf = (thread: () => Thread): Calls => {
  const waiting = new Map<number, Waiting>();
  let ended: ImageProblem | undefined;
  let count = 0;
  return {
    call: (verb, argument) =>
      new Promise((answer, reject) => {
        if (ended !== undefined) return reject(new ImageError(ended));
        const id = count++;
        waiting.set(id, { answer, reject });
        thread().hold(true);
        thread().post({ id, verb, argument });
      }),
    settle: (id, how) => {
      const found = waiting.get(id);
      if (found === undefined) return; // an answer that was under way when the thread was stopped
      waiting.delete(id);
      if (waiting.size === 0) thread().hold(false);
      how(found);
    },
    end: (problem) => {
      ended ??= problem;
      for (const { reject } of waiting.values()) reject(new ImageError(ended));
      waiting.clear();
    },
  };
};

/** A source opened in a thread of its own. A Left says what is wrong with the source, or why there is no such thread. */
export const openInThread =
  (start: StartThread, options: MakerOptions): TE.TaskEither<ImageProblem, Opened> =>
  () =>
    new Promise((resolve) => {
      const calls = callsOf(() => thread);
      const close = (): Promise<void> => {
        calls.end(closed);
        return thread.stop();
      };
      const refuse = (problem: ImageProblem): void => resolve(E.left(problem));
      const hear = (reply: Reply): void => {
        if (reply._tag === "Made") calls.settle(reply.id, ({ answer }) => answer(reply.made));
        else if (reply._tag === "Threw")
          calls.settle(reply.id, ({ reject }) => reject(new Error(reply.message)));
        else if (reply._tag === "Refused") {
          refuse(reply.problem);
          void thread.stop();
        } else {
          const { classes, names } = reply;
          thread.hold(false);
          resolve(E.right({ classes, names, maker: makerOver(calls), close }));
        }
      };
      const ended = (reason: string): void => {
        calls.end(lostWorker(reason));
        refuse(notStarted(reason)); // nobody hears it who has been answered
      };
      let thread: Thread;
      try {
        thread = start(options, { hear, ended });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        refuse(notStarted(reason));
      }
    });

const makerOver = ({ call }: Calls): Maker => {
  // Answers of a verb are what the maker's function of that name gives.
  const ask = <K extends keyof Maker>(verb: K) =>
    ((argument: Call["argument"]) => call(verb, argument)) as Maker[K];
  return { examples: ask("examples"), survey: ask("survey") };
};
