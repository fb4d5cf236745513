// A thread that first says that it is ready, or why it is not, and then answers calls.

import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { type Answer, type Call, type Calls, callsOf, messageOf } from "./calls.ts";
import type { Listener, Thread } from "./host.ts";

/** What such a thread says: once whether it is ready, and then an answer to each call. */
export type Reply<Opened, Problem> =
  | { readonly _tag: "Opened"; readonly opened: Opened }
  | { readonly _tag: "Refused"; readonly problem: Problem }
  | Answer;

/** The words of those who open threads. */
export interface Manner<Problem> {
  /** A thread that cannot be started, or ended before it was ready. */
  readonly notStarted: (reason: string) => Problem;
  /** What calls are rejected with: the thread has ended by itself, with a reason, or was closed. */
  readonly lost: (reason: string | undefined) => Error;
}

/** A thread that is ready. */
export interface OpenThread<Opened> extends Pick<Calls, "call"> {
  readonly opened: Opened;
  /** Comes when the thread has ended. */
  readonly close: () => Promise<void>;
}

/** A thread, once it is ready. A Left says what it says, or why there is no such thread. */
export const openThread =
  <Opened, Problem>(
    start: (listener: Listener<Reply<Opened, Problem>>) => Thread<Call>,
    { notStarted, lost }: Manner<Problem>,
  ): TE.TaskEither<Problem, OpenThread<Opened>> =>
  () =>
    new Promise((resolve) => {
      const calls = callsOf(() => thread);
      const close = (): Promise<void> => {
        calls.end(lost(undefined));
        return thread.stop();
      };
      const refuse = (problem: Problem): void => resolve(E.left(problem));
      const hear = (reply: Reply<Opened, Problem>): void => {
        if (reply._tag === "Refused") {
          refuse(reply.problem);
          void thread.stop();
        } else if (reply._tag === "Opened") {
          thread.hold(false);
          resolve(E.right({ opened: reply.opened, call: calls.call, close }));
        } else calls.settle(reply);
      };
      const ended = (reason: string): void => {
        calls.end(lost(reason));
        refuse(notStarted(reason)); // nobody hears it who has been answered
      };
      let thread: Thread<Call>;
      try {
        thread = start({ hear, ended });
      } catch (error) {
        refuse(notStarted(messageOf(error)));
      }
    });
