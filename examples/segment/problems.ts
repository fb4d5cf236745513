// What goes wrong with pictures while they are used, as text.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Segmentation } from "../../src/models/index.ts";

type ImageProblem = Segmentation.ImageProblem;

/** A promise as a TaskEither: what it is rejected with is a Left where it is a problem of pictures, and a bug otherwise. */
export const caught =
  <A>(task: () => Promise<A>): TE.TaskEither<ImageProblem, A> =>
  async () => {
    try {
      return E.right(await task());
    } catch (error) {
      const problem = Segmentation.problemOf(error);
      if (problem === undefined) throw error;
      return E.left(problem);
    }
  };

/** The same, with the problem as text. */
export const orProblem = <A>(task: () => Promise<A>): TE.TaskEither<string, A> =>
  pipe(caught(task), TE.mapLeft(Segmentation.printImageProblem));
