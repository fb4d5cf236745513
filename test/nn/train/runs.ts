// What tests of `fit` share: folders for runs, and runs that must end well or not.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { leavesOf } from "../../../src/index.ts";
import {
  type FitOptions,
  type FitProblem,
  type Fitted,
  fit,
  printFitProblem,
} from "../../../src/nn/index.ts";
import { bitsOf } from "../../support/arrays.ts";

const top = mkdtempSync(join(tmpdir(), "pullback-fit-"));
process.on("exit", () => rmSync(top, { recursive: true, force: true }));

let folders = 0;
/** A folder that is not there yet, and will be removed. */
export const newFolder = (): string => join(top, `run${folders++}`);

/** A run that must end well. */
export const ended = async <S, B>(options: FitOptions<S, B>): Promise<Fitted<S>> => {
  const found = await fit(options)();
  if (E.isLeft(found)) throw new Error(printFitProblem(found.left));
  return found.right;
};

/** What is wrong with a run that must not. */
export const problemOf = async <S, B>(options: FitOptions<S, B>): Promise<FitProblem> => {
  const found = await fit(options)();
  if (E.isRight(found)) throw new Error("no problem");
  return found.left;
};

/** Every bit of a tree. */
export const bits = (tree: unknown) => leavesOf(tree).map(bitsOf);

/** The names of checkpoints, half written ones too. */
export const checkpointsIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.includes("step-"))
    .sort();
