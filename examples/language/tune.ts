// The last step of compress: a model that was made smaller is trained on, what is pruned staying 0 and what is rounded learning to be. It keeps checkpoints
// beside the file that is written in the end, so that the same command goes on where it was broken off.

import { rmdir } from "node:fs/promises";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { leavesOf, ready } from "../../src/index.ts";
import { Language } from "../../src/models/index.ts";
import {
  type FitProblem,
  printFileProblem,
  printFitProblem,
  pruneCheckpoints,
} from "../../src/nn/index.ts";
import { codeOf } from "../places.ts";
import type { CompressOptions, Tuning } from "./options.ts";

/** What is trained on. */
export interface Task {
  readonly specimen: Language.Specimen;
  /** The model as it was, who may teach. */
  readonly teacher: Language.Model;
  readonly corpus: Language.Corpus;
  /** What else decides how it goes: model, text and what was done to the model, as plain data. */
  readonly settings: unknown;
}

/** Where checkpoints lie until the compressed model is written. */
const folderFor = ({ out }: Pick<CompressOptions, "out">): string => `${out}.tuning`;

/** A problem in words; other options than those of the checkpoints need another file to write, since the folder is named by it. */
const printed =
  (folder: string) =>
  (problem: FitProblem): string =>
    printFitProblem(
      problem._tag === "OtherConfiguration"
        ? {
            ...problem,
            hint: `give the options that it was begun with, name another --out, or remove ${folder}`,
          }
        : problem,
    );

/** The specimen trained on; undefined where Ctrl-C ended it. */
export const tune = (
  options: CompressOptions,
  { teacher: isTaught, ...training }: Tuning,
  { specimen, teacher, corpus, settings }: Task,
): TE.TaskEither<string, Language.Specimen | undefined> => {
  const folder = folderFor(options);
  const running: Language.TrainingOptions = {
    ...training,
    time: specimen.config.context,
    settings,
    checkpoints: { folder, every: { seconds: 60 } },
    resume: true,
    signals: true,
    progress: options.json ? "silent" : "auto",
    ...(options.device === undefined ? {} : { device: options.device }),
  };
  return pipe(
    Language.tuned(corpus, running, isTaught ? { teacher } : {})(specimen),
    TE.mapLeft(printed(folder)),
    TE.chainTaskK(({ specimen: next, trained }) => async () => {
      await ready(leavesOf(next.params));
      return trained.outcome === "interrupted" ? undefined : next;
    }),
  );
};

/** Removes the checkpoints, of which nothing is wanted any more, and their folder unless there is something else in it. */
export const forget = (options: CompressOptions): TE.TaskEither<string, void> => {
  const folder = folderFor(options);
  return pipe(
    pruneCheckpoints(folder, []),
    TE.mapLeft(printFileProblem),
    TE.chainTaskK(() => () => removedIfEmpty(folder)),
  );
};

const removedIfEmpty = async (folder: string): Promise<void> => {
  try {
    await rmdir(folder);
  } catch (cause) {
    const code = codeOf(cause);
    if (code !== "ENOTEMPTY" && code !== "EEXIST" && code !== "ENOENT") throw cause;
  }
};
