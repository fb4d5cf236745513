// What threads say to each other, and the loop of the one that makes examples.

import * as E from "fp-ts/lib/Either.js";
import type { ImageProblem } from "../data/problem.ts";
import type { ClassInfo } from "../images.ts";
import { type Failure, type Maker, type MakerOptions, openHere } from "./maker.ts";

/** A call of a maker in another thread. */
export interface Call {
  readonly id: number;
  readonly verb: keyof Maker;
  readonly argument: Parameters<Maker[keyof Maker]>[0];
}

/** What a maker's thread says: once that it has opened its source or why not, and then an answer to each call. */
export type Reply =
  | {
      readonly _tag: "Opened";
      readonly classes: readonly ClassInfo[];
      readonly names: readonly string[];
    }
  | { readonly _tag: "Refused"; readonly problem: ImageProblem }
  | { readonly _tag: "Made"; readonly id: number; readonly made: E.Either<Failure, object> }
  /** A mistake in the code that reads or augments. */
  | { readonly _tag: "Threw"; readonly id: number; readonly message: string };

/** This thread's end of a line to the one that started it. */
export interface Port {
  readonly postMessage: (reply: Reply, transfer: readonly ArrayBuffer[]) => void;
  readonly on: (event: "message", listener: (call: Call) => void) => unknown;
}

/** The buffers of an answer, which move to the other thread and are not copied. */
const buffersOf = (made: E.Either<Failure, object>): readonly ArrayBuffer[] =>
  E.isLeft(made)
    ? []
    : Object.values(made.right).flatMap(
        (value) => (value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : []), // not shared: a maker's answers are its own
      );

/** Opens a source and answers calls, one after the other in the order in which they come. */
export const serve = async (port: Port, options: MakerOptions): Promise<void> => {
  const opened = await openHere(options)();
  if (E.isLeft(opened)) return port.postMessage({ _tag: "Refused", problem: opened.left }, []);
  const { classes, names, maker } = opened.right;
  const answer = async ({ id, verb, argument }: Call): Promise<void> => {
    try {
      // `argument` is what `verb` takes: calls are made in remote.ts only.
      const made = await (
        maker[verb] as (x: typeof argument) => Promise<E.Either<Failure, object>>
      )(argument);
      port.postMessage({ _tag: "Made", id, made }, buffersOf(made));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      port.postMessage({ _tag: "Threw", id, message }, []);
    }
  };
  let last = Promise.resolve();
  port.on("message", (call) => {
    last = last.then(() => answer(call));
  });
  port.postMessage({ _tag: "Opened", classes, names }, []);
};
