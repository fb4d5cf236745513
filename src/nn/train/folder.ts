// A folder of checkpoints: one file for each step that was saved, named by the step. What is being written has another name until it is
// whole, so that whatever ends a run, every file that counts can be read.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type FileProblem, reading, writing } from "../checkpoint/problem.ts";
import type { Metadata } from "../checkpoint/safetensors.ts";
import { type LoadedTree, loadTensors, loadTree, saveTree } from "../checkpoint/tree.ts";
import { namesIn, partialEnding, pathIn, removeFile } from "../files.ts";

/**
 * The file of the checkpoint after so many steps.
 *
 * @example
 * checkpointPath("runs/a", 120) // runs/a/step-000000000120.safetensors
 */
export const checkpointPath = (folder: string, step: number): string =>
  pathIn(folder, `step-${String(step).padStart(12, "0")}.safetensors`);

const pattern = /^step-(\d{12,})\.safetensors$/;
const partialPattern = /^\.step-\d{12,}\.safetensors\..*$/;

/** The steps that a folder has checkpoints of, newest first; none where there is no such folder. */
export const listCheckpoints = (folder: string): TE.TaskEither<FileProblem, readonly number[]> =>
  pipe(
    reading("listCheckpoints", folder, () => namesIn(folder)),
    TE.map((names) =>
      names
        .flatMap((name) => pattern.exec(name)?.[1] ?? [])
        .map(Number)
        .sort((a, b) => b - a),
    ),
  );

/** Writes the checkpoint after so many steps, whole or not at all. */
export const saveCheckpoint = (
  folder: string,
  step: number,
  tree: unknown,
  metadata: Metadata = {},
): TE.TaskEither<FileProblem, void> => saveTree(checkpointPath(folder, step), tree, metadata);

/**
 * Reads the checkpoint after so many steps. Where that is damaged, the hint says which older one is whole; nothing is removed.
 */
export const loadCheckpoint = <T>(
  folder: string,
  step: number,
  like: T,
): TE.TaskEither<FileProblem, LoadedTree<T>> =>
  pipe(
    loadTree(checkpointPath(folder, step), like),
    TE.orElse((problem) =>
      pipe(
        TE.fromTask<string | undefined, FileProblem>(() => olderWhole(folder, step)),
        TE.chain((hint) => TE.left(hint === undefined ? problem : { ...problem, hint })),
      ),
    ),
  );

/** What to do about a damaged checkpoint; undefined where it is not damaged but of another tree. */
const olderWhole = async (folder: string, step: number): Promise<string | undefined> => {
  if (E.isRight(await loadTensors(checkpointPath(folder, step))())) return undefined;
  const steps = await listCheckpoints(folder)();
  for (const older of E.isRight(steps) ? steps.right.filter((other) => other < step) : [])
    if (E.isRight(await loadTensors(checkpointPath(folder, older))()))
      return `${checkpointPath(folder, older)} is whole: move the damaged file away to go on from there`;
  return "no older checkpoint in the folder is whole";
};

/** Removes all checkpoints but those after these steps, and what was left half written. */
export const pruneCheckpoints = (
  folder: string,
  keep: readonly number[],
): TE.TaskEither<FileProblem, void> =>
  writing("pruneCheckpoints", folder, async () => {
    for (const name of await namesIn(folder)) {
      const step = pattern.exec(name)?.[1];
      const isOld = step !== undefined && !keep.includes(Number(step));
      const isPartial = partialPattern.test(name) && name.endsWith(partialEnding);
      if (isOld || isPartial) await removeFile(pathIn(folder, name));
    }
  });
