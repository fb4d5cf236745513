// What threads that make examples say, and how one begins.

import * as E from "fp-ts/lib/Either.js";
import {
  answerCalls,
  type Port as LineTo,
  type Call as ThreadCall,
} from "../../../nn/threads/calls.ts";
import type { Reply as ThreadReply } from "../../../nn/threads/open.ts";
import type { ImageProblem } from "../data/problem.ts";
import { type MakerOptions, type Opened, openHere } from "./maker.ts";

/** A call of a maker in another thread. */
export type Call = ThreadCall;

/** What a maker's thread says of its source. */
export type Source = Pick<Opened, "classes" | "names">;

/** What a maker's thread says: once that it has opened its source or why not, and then an answer to each call. */
export type Reply = ThreadReply<Source, ImageProblem>;

/** This thread's end of a line to the one that started it. */
export type Port = LineTo<Reply>;

/** The buffers of an answer, which move to the other thread and are not copied. */
const buffersOf = (made: unknown): readonly ArrayBuffer[] => {
  const answer = made as E.Either<unknown, object>; // what all functions of a maker give
  return E.isLeft(answer)
    ? []
    : Object.values(answer.right).flatMap(
        (value) => (value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : []), // not shared: a maker's answers are its own
      );
};

/** Opens a source and answers calls, one after the other in the order in which they come. */
export const serve = async (port: Port, options: MakerOptions): Promise<void> => {
  const opened = await openHere(options)();
  if (E.isLeft(opened)) return port.postMessage({ _tag: "Refused", problem: opened.left }, []);
  const { classes, names, maker } = opened.right;
  answerCalls(port, { ...maker }, buffersOf);
  port.postMessage({ _tag: "Opened", opened: { classes, names } }, []);
};
