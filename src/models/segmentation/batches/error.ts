// What a promise of a batch is rejected with: a problem of a file, carried through code that knows of errors only.

import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import { type ImageProblem, printImageProblem } from "../data/problem.ts";

/** A problem with a file, or with the thread that reads it, as an error. */
export class ImageError extends Error {
  override readonly name = "ImageError";
  readonly problem: ImageProblem;

  constructor(problem: ImageProblem) {
    super(printImageProblem(problem));
    this.problem = problem;
  }
}

/**
 * The problem behind what a batch was rejected with, undefined where it is an error of another kind. `fit` throws on what its data set
 * throws; with this its callers make a Left of it.
 *
 * @example
 * const problem = { _tag: "MissingFile", file: "a.png", rule: "a file expected", got: "nothing" } as const;
 * problemOf(new ImageError(problem))?.file // a.png
 * problemOf(new Error("another")) // undefined
 */
export const problemOf = (error: unknown): ImageProblem | undefined =>
  error instanceof ImageError ? error.problem : undefined;

/**
 * A promise as a TaskEither: what it is rejected with is a Left where it is a problem of pictures, and thrown on where it is not.
 *
 * @example
 * const problem = { _tag: "MissingFile", file: "a.png", rule: "a file expected", got: "nothing" } as const;
 * const found = await orProblem(() => Promise.reject(new ImageError(problem)))();
 * found._tag === "Left" && found.left.file // a.png
 */
export const orProblem =
  <A>(task: () => Promise<A>): TE.TaskEither<ImageProblem, A> =>
  async () => {
    try {
      return E.right(await task());
    } catch (error) {
      const problem = problemOf(error);
      if (problem === undefined) throw error;
      return E.left(problem);
    }
  };

/** The problem with a thread that cannot go on. */
export const lostWorker = (reason: string): ImageProblem => ({
  _tag: "LostWorker",
  file: "openBatches",
  rule: "workers that answer expected",
  got: reason,
});

/** What is said to those who wait for a thread when it is closed, and to those who come later. */
export const closed: ImageProblem = lostWorker("some that were closed");
