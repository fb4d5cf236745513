// Calls from thread to thread: those that wait for their answers, and the loop of the thread that answers. The process waits for a thread
// only while a call does.

import type { Thread } from "./host.ts";

/** A call of a function in another thread, by its name. */
export interface Call<Verb extends string = string, Argument = unknown> {
  readonly id: number;
  readonly verb: Verb;
  readonly argument: Argument;
}

/** What comes back for a call. */
export type Answer<Made = unknown> =
  | { readonly _tag: "Made"; readonly id: number; readonly made: Made }
  /** A mistake in the code that was called. */
  | { readonly _tag: "Threw"; readonly id: number; readonly message: string };

/** The calls of a thread that have no answers yet. */
export interface Calls {
  /** What the thread makes of an argument; rejects with what it threw, or with why it ended. */
  readonly call: (verb: string, argument: unknown) => Promise<unknown>;
  /** Hands an answer to the call that waits for it. One that comes when the thread has been stopped is dropped. */
  readonly settle: (answer: Answer) => void;
  /** Rejects all that wait, and all that come, with the first error that is given. */
  readonly end: (error: Error) => void;
}

/** The message of whatever was thrown. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** The calls of a thread, which is asked for when there is one. */
export const callsOf = (thread: () => Thread<Call>): Calls => {
  const waiting = new Map<
    number,
    { make: (made: unknown) => void; fail: (error: Error) => void }
  >();
  let ended: Error | undefined;
  let count = 0;
  return {
    call: (verb, argument) =>
      new Promise((make, fail) => {
        if (ended !== undefined) return fail(ended);
        const id = count++;
        thread().post({ id, verb, argument }); // first, since it throws what cannot be copied
        waiting.set(id, { make, fail });
        thread().hold(true);
      }),
    settle: (answer) => {
      const found = waiting.get(answer.id);
      if (found === undefined) return;
      waiting.delete(answer.id);
      if (waiting.size === 0) thread().hold(false);
      if (answer._tag === "Made") found.make(answer.made);
      else found.fail(new Error(answer.message));
    },
    end: (error) => {
      ended ??= error;
      for (const { fail } of waiting.values()) fail(ended);
      waiting.clear();
    },
  };
};

/** A thread's end of a line to the one that started it. */
export interface Port<Reply> {
  readonly postMessage: (reply: Reply, transfer: readonly ArrayBuffer[]) => void;
  readonly on: (event: "message", listener: (call: Call) => void) => unknown;
}

/** Functions that a thread offers, by name. */
export type Verbs = Readonly<Record<string, (argument: never) => unknown>>;

/**
 * Answers calls, one after the other in the order in which they come. `buffersOf` says which buffers of what was made move to the other
 * thread and are not copied.
 */
export const answerCalls = (
  port: Port<Answer>,
  verbs: Verbs,
  buffersOf: (made: unknown) => readonly ArrayBuffer[],
): void => {
  const answer = async ({ id, verb, argument }: Call): Promise<void> => {
    try {
      const made = await verbs[verb]?.(argument as never); // it is asked for by functions of its own types
      port.postMessage({ _tag: "Made", id, made }, buffersOf(made));
    } catch (error) {
      port.postMessage({ _tag: "Threw", id, message: messageOf(error) }, []);
    }
  };
  let last = Promise.resolve();
  port.on("message", (call) => {
    last = last.then(() => answer(call));
  });
};
