// Trees of tensors as safetensors files. A leaf is called by its path in the tree, as `params.layers[0].weight`.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { ready } from "../../core/run/evaluate.ts";
import type { Tensor } from "../../core/tensor.ts";
import { flattenTree } from "../../core/tree.ts";
import { readBytes, writeAtomically } from "../files.ts";
import {
  decoded,
  type FileProblem,
  type FormatProblem,
  formatProblem,
  reading,
  writing,
} from "./problem.ts";
import {
  type Contents,
  decodeSafetensors,
  describeTensor,
  type Metadata,
  safetensorsParts,
  type Tensors,
} from "./safetensors.ts";

/** The leaves of a tree by their paths. */
export const tensorsOf = (tree: unknown): Tensors => {
  const { leaves, structure } = flattenTree(tree, "saveTree");
  return new Map(leaves.map((leaf, i) => [structure.paths[i] as string, leaf as Tensor])); // no numbers among them
};

/**
 * A tree like another, made of tensors by name, or what is wrong: leaves that are missing, names that the tree has not, another shape or dtype.
 *
 * @example
 * treeOf(new Map([["w", tensor([1, 2])]]), { w: zeros([2]) })._tag // Right
 * const wrong = treeOf(new Map([["w", tensor([1, 2])]]), { w: zeros([3]) });
 * wrong._tag === "Left" ? wrong.left.got : "fine" // "w" f32 [2] where f32 [3] is expected
 */
export const treeOf = <T>(tensors: Tensors, like: T): E.Either<FormatProblem, T> => {
  const { structure } = flattenTree(like, "loadTree");
  return pipe(
    agreeWith(tensors, tensorsOf(like)),
    E.map(() => structure.rebuild(structure.paths.map((path) => tensors.get(path))) as T), // the same structure
  );
};

/** Whether tensors have the names, shapes and dtypes of others, which are those of `what`. */
export const agreeWith = (
  tensors: Tensors,
  wanted: Tensors,
  what = "the tree",
): E.Either<FormatProblem, void> =>
  pipe(
    checkNames(tensors, wanted, what),
    E.chain(() => checkLeaves(tensors, wanted, what)),
  );

const listed = (names: readonly string[]): string => {
  const [shown, others] = [names.slice(0, 5), names.length - 5];
  return shown.map((name) => `"${name}"`).join(", ") + (others > 0 ? ` and ${others} more` : "");
};

const checkNames = (
  tensors: Tensors,
  wanted: Tensors,
  what: string,
): E.Either<FormatProblem, void> => {
  const missing = [...wanted.keys()].filter((name) => !tensors.has(name));
  const extra = [...tensors.keys()].filter((name) => !wanted.has(name));
  if (missing.length === 0 && extra.length === 0) return E.right(undefined);
  const parts = [
    ...(missing.length === 0 ? [] : [`no ${listed(missing)}`]),
    ...(extra.length === 0 ? [] : [`extra ${listed(extra)}`]),
  ];
  const tag = missing.length > 0 ? "MissingTensor" : "ExtraTensor";
  return E.left(formatProblem(tag, `the leaves of ${what} expected`, parts.join("; ")));
};

const checkLeaves = (
  tensors: Tensors,
  wanted: Tensors,
  what: string,
): E.Either<FormatProblem, void> => {
  const wrong = [...wanted].flatMap(([name, leaf]) => {
    const found = tensors.get(name) as Tensor; // names were checked
    const [got, expected] = [describeTensor(found), describeTensor(leaf)];
    const isDtype = found.dtype !== leaf.dtype;
    return got === expected
      ? []
      : [{ isDtype, text: `"${name}" ${got} where ${expected} is expected` }];
  });
  const [first, ...others] = wrong;
  if (first === undefined) return E.right(undefined);
  const got = first.text + (others.length === 0 ? "" : `, and ${others.length} more`);
  const tag = first.isDtype ? "DtypeMismatch" : "ShapeMismatch";
  return E.left(formatProblem(tag, `shapes and dtypes of ${what} expected`, got));
};

/**
 * Writes tensors by name to a safetensors file, whole or not at all: to a temporary name in the same folder, onto the disk, then renamed.
 */
export const saveTensors = (
  path: string,
  tensors: Tensors,
  metadata: Metadata = {},
): TE.TaskEither<FileProblem, void> =>
  pipe(
    TE.fromTask(() => ready([...tensors.values()])),
    TE.map(() => safetensorsParts(tensors, metadata)),
    TE.chain((parts) => writing("saveTensors", path, () => writeAtomically(path, parts))),
  );

/** Reads every tensor of a safetensors file, whoever wrote it. */
export const loadTensors = (path: string): TE.TaskEither<FileProblem, Contents> =>
  load("loadTensors", path);

const load = (op: string, path: string): TE.TaskEither<FileProblem, Contents> =>
  pipe(
    reading(op, path, () => readBytes(path)),
    TE.chain((bytes) => decoded(op, path, decodeSafetensors(bytes))),
  );

/**
 * Writes a tree of tensors, with strings beside it, to a safetensors file, whole or not at all. Values come back bit for bit.
 *
 * Fails with UnwritableFile. See `loadTree` for an example.
 */
export const saveTree = (
  path: string,
  tree: unknown,
  metadata: Metadata = {},
): TE.TaskEither<FileProblem, void> =>
  pipe(
    saveTensors(path, tensorsOf(tree), metadata),
    TE.mapLeft((problem) => ({ ...problem, op: "saveTree" })),
  );

/** A tree that was read, and the strings beside it. */
export interface LoadedTree<T> {
  readonly tree: T;
  readonly metadata: Metadata;
}

/**
 * Reads a tree from a safetensors file: one with the structure, shapes and dtypes of `like`, whose values do not matter.
 *
 * Fails with MissingFile, UnreadableFile, a tag of what is wrong with the file (see `decodeSafetensors`), or MissingTensor, ExtraTensor,
 * ShapeMismatch or DtypeMismatch, which name the leaves.
 *
 * @example
 * import { rmSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * const path = `${tmpdir()}/pullback-example-${process.pid}.safetensors`;
 * await saveTree(path, { w: tensor([1, 2]), layers: [{ b: scalar(3) }] }, { step: "7" })();
 * const found = await loadTree(path, { w: zeros([2]), layers: [{ b: scalar(0) }] })();
 * found._tag === "Right" ? [toArray(found.right.tree.w), found.right.metadata["step"]] : found.left // [[1, 2], "7"]
 * rmSync(path);
 */
export const loadTree = <T>(path: string, like: T): TE.TaskEither<FileProblem, LoadedTree<T>> =>
  pipe(
    load("loadTree", path),
    TE.chain(({ tensors, metadata }) =>
      pipe(
        decoded("loadTree", path, treeOf(tensors, like)),
        TE.map((tree) => ({ tree, metadata })),
      ),
    ),
  );
