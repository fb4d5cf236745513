// What goes wrong with pictures while they are used, as text.

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Segmentation } from "../../src/models/index.ts";

/** A promise as a TaskEither: what it is rejected with is text where it is a problem of pictures, and a bug otherwise. */
export const orProblem = <A>(task: () => Promise<A>): TE.TaskEither<string, A> =>
  pipe(Segmentation.orProblem(task), TE.mapLeft(Segmentation.printImageProblem));
