// What can be wrong with a model that is read or written, as a value, and how it is printed.

import { printProblem } from "../../core/errors.ts";
import type { FileProblem } from "../../nn/checkpoint/problem.ts";

/** What kind of rule a model breaks: one of files, or of what describes it. */
export type ModelTag = FileProblem["_tag"] | "BadConfig" | "BadTokenizer" | "VocabularyMismatch";

/** A problem with a model: who noticed, in which file where it is in one, the rule and what arrived. */
export interface ModelProblem extends Omit<FileProblem, "_tag" | "file"> {
  readonly _tag: ModelTag;
  readonly file?: string;
}

/** A problem whose file and reader are not known yet. */
export type ModelComplaint = Omit<ModelProblem, "op" | "file">;

/** A configuration that makes no model. */
export const badConfig = (rule: string, got: string, hint?: string): ModelComplaint =>
  hint === undefined ? { _tag: "BadConfig", rule, got } : { _tag: "BadConfig", rule, got, hint };

/** Adds who noticed, and which file where it is one. */
export const noticed =
  (op: string, file?: string) =>
  (complaint: ModelComplaint): ModelProblem => ({
    ...complaint,
    op,
    ...(file === undefined ? {} : { file }),
  });

/**
 * A problem in one line, and a second one with the usual cause where it is known.
 *
 * @example
 * const found = { _tag: "BadConfig", op: "fromGpt2", rule: "heads that divide 8 expected", got: "3" } as const;
 * printModelProblem(found) // fromGpt2: heads that divide 8 expected, got 3
 */
export const printModelProblem = ({ op, file, ...rest }: ModelProblem): string =>
  printProblem({ ...rest, op: file === undefined ? op : `${op} ${file}` });
