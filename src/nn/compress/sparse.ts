// Sparse tensors for the disk: which elements are not 0, a bit each, and those elements. At a sparsity s of f32 that takes 1 − s + 1/32 of the bytes.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { allocate, bytesFor, computeDtype } from "../../core/dtype.ts";
import { fail } from "../../core/errors.ts";
import { evaluate, values } from "../../core/run/evaluate.ts";
import { printShape, sizeOf } from "../../core/shape.ts";
import { fromTypedArray, type Tensor } from "../../core/tensor.ts";
import { flattenTree } from "../../core/tree.ts";
import { cast } from "../../ops/arithmetic.ts";
import { tensor } from "../../ops/create.ts";
import {
  type FileProblem,
  type FormatProblem,
  formatProblem,
  inFile,
} from "../checkpoint/problem.ts";
import type { Tensors } from "../checkpoint/safetensors.ts";
import { loadTensors, treeOf } from "../checkpoint/tree.ts";
import { isMatrix } from "../optim/decay.ts";
import { type Labels, labelsOf } from "../optim/labels.ts";

/** A sparse tensor of n elements: bits u8 [⌈n / 8⌉], the lowest first; values [those that are not 0] in order; shape i32 [rank]. */
export interface SparseParts {
  readonly bits: Tensor;
  readonly values: Tensor;
  readonly shape: Tensor;
}

/**
 * A tensor of floats as bits and what is not 0. −0 becomes 0; all else comes back bit for bit.
 *
 * @example
 * const { bits, values } = Compress.toSparse(tensor([[0, 2], [3, 0]]));
 * console.log(toArray(bits), toArray(values)) // [6] [2, 3]
 */
export const toSparse = (x: Tensor): SparseParts => {
  const compute = computeDtype(x.dtype);
  const all = values(compute === x.dtype ? x : cast(compute)(x));
  const bits = new Uint8Array(Math.ceil(all.length / 8));
  all.forEach((value: number, i: number) => {
    if (value !== 0) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
  });
  const some = all.filter((value) => value !== 0);
  const kept = fromTypedArray([some.length], compute, some);
  return {
    bits: fromTypedArray([bits.length], "u8", bits),
    values: evaluate(cast(x.dtype)(kept)),
    shape: tensor([...x.shape], { dtype: "i32" }),
  };
};

/** What is wrong with parts that do not belong together. */
const problemOf = (parts: SparseParts): FormatProblem | undefined => {
  const [bits, shape] = [values(parts.bits), [...values(parts.shape)]];
  if (parts.shape.dtype !== "i32" || shape.some((n) => n < 0))
    return formatProblem(
      "ShapeMismatch",
      "a shape of whole numbers ≥ 0 expected",
      `${parts.shape.dtype} [${shape.join(", ")}]`,
    );
  const count = sizeOf(shape);
  const bytes = Math.ceil(count / 8);
  if (parts.bits.dtype !== "u8" || bits.length !== bytes)
    return formatProblem("ShapeMismatch", `${bytes} bytes of bits expected`, `${bits.length}`);
  let ones = 0;
  for (let i = 0; i < count; i++) ones += bitAt(bits, i);
  const some = parts.values.shape[0] ?? 0;
  return ones === some && parts.values.shape.length === 1
    ? undefined
    : formatProblem(
        "ShapeMismatch",
        `${ones} values expected, one a bit`,
        parts.values.shape.length === 1 ? `${some}` : `shape ${printShape(parts.values.shape)}`,
      );
};

const bitAt = (bits: ArrayLike<number>, i: number): number =>
  ((bits[i >> 3] as number) >> (i & 7)) & 1;

/**
 * The tensor that parts were made from. Fails with ShapeMismatch for parts that do not belong together.
 *
 * @example
 * toArray(Compress.fromSparse(Compress.toSparse(tensor([[0, 2], [3, 0]])))) // [[0, 2], [3, 0]]
 */
export const fromSparse = (parts: SparseParts): Tensor => {
  const problem = problemOf(parts);
  if (problem !== undefined) fail("fromSparse", "ShapeMismatch", problem.rule, problem.got);
  const { dtype } = parts.values;
  const compute = computeDtype(dtype);
  const bits = values(parts.bits);
  const some = values(compute === dtype ? parts.values : cast(compute)(parts.values));
  const shape = [...values(parts.shape)];
  const all = allocate(compute, sizeOf(shape));
  let next = 0;
  for (let i = 0; i < all.length; i++) if (bitAt(bits, i) === 1) all[i] = some[next++] as number; // one a bit
  return evaluate(cast(dtype)(fromTypedArray(shape, compute, all)));
};

/**
 * A tree with parts in the place of the leaves that are chosen (those of two or more axes by default), for `saveTree`.
 *
 * @example
 * const { w, b } = Compress.packSparse()({ w: tensor([[0, 2], [0, 0]]), b: tensor([1]) }) as { w: Compress.SparseParts; b: Tensor };
 * console.log(toArray(w.values), toArray(b)) // [2] [1]
 */
export const packSparse =
  (choose: Labels<boolean> = isMatrix) =>
  (params: unknown): unknown => {
    const { leaves, structure } = flattenTree(params, "packSparse");
    const isChosen = labelsOf("packSparse", choose, params);
    const parts = (leaves as readonly Tensor[]).map((leaf, i) =>
      isChosen[i] ? toSparse(leaf) : leaf,
    ); // no numbers here
    return structure.rebuild(parts);
  };

/** What two more tensors take of the header of a file, with names as long as parameters have them. */
const headerBytes = 256;

/**
 * Whether a tensor of two or more axes takes fewer bytes of a file as sparse parts: a choice for `packSparse`.
 *
 * @example
 * [zeros([32, 32]), ones([32, 32]), zeros([4])].map(Compress.isSparse) // [true, false, false]
 */
export const isSparse = (leaf: Tensor): boolean => {
  if (!isMatrix(leaf)) return false;
  const { bits, values: some, shape } = toSparse(leaf);
  const bytes = (x: Tensor): number => bytesFor(x.dtype, sizeOf(x.shape));
  return bytes(bits) + bytes(some) + bytes(shape) + headerBytes < bytes(leaf);
};

const partNames = ["bits", "values", "shape"] as const;

/** The parts that are among tensors by name, by what stands in front of theirs. */
const partsIn = (tensors: Tensors): ReadonlyMap<string, SparseParts> => {
  const found = new Map<string, SparseParts>();
  for (const name of tensors.keys()) {
    if (!/(^|\.)bits$/.test(name)) continue;
    const front = name.slice(0, -"bits".length);
    const [bits, some, shape] = partNames.map((part) => tensors.get(front + part));
    if (bits !== undefined && some !== undefined && shape !== undefined)
      found.set(front, { bits, values: some, shape });
  }
  return found;
};

/**
 * Tensors by name as they were before `packSparse`, in whatever order; others stay. Fails with ShapeMismatch for parts that do not belong together, with
 * ExtraTensor for a tensor that is there as a whole and in parts.
 *
 * @example
 * const { bits, values, shape } = Compress.toSparse(tensor([0, 2]));
 * const dense = Compress.denseTensors(new Map([["w.bits", bits], ["w.values", values], ["w.shape", shape]]));
 * dense._tag === "Right" ? toArray(dense.right.get("w") as Tensor) : dense.left // [0, 2]
 */
export const denseTensors = (tensors: Tensors): E.Either<FormatProblem, Tensors> => {
  const parts = partsIn(tensors);
  const used = new Set([...parts.keys()].flatMap((front) => partNames.map((part) => front + part)));
  const dense = new Map([...tensors].filter(([name]) => !used.has(name)));
  for (const [front, each] of parts) {
    const problem = problemOf(each);
    const name = front.replace(/\.$/, "");
    if (problem !== undefined) return E.left({ ...problem, got: `${problem.got} in "${name}"` });
    if (dense.has(name))
      return E.left(formatProblem("ExtraTensor", `"${name}" whole or in parts expected`, "both"));
    dense.set(name, fromSparse(each));
  }
  return E.right(dense);
};

/**
 * Reads what `saveTree` has written of `packSparse`: a dense tree with the structure, shapes and dtypes of `like`. A file without sparse parts is read as
 * well.
 *
 * Fails as `loadTree`, and with ShapeMismatch for parts that do not belong together.
 */
export const loadSparseTree = <T>(path: string, like: T): TE.TaskEither<FileProblem, T> =>
  pipe(
    loadTensors(path),
    TE.mapLeft((problem) => ({ ...problem, op: "loadSparseTree" })),
    TE.chain(({ tensors }) =>
      pipe(
        denseTensors(tensors),
        E.chain((dense) => treeOf(dense, like)),
        E.mapLeft(inFile("loadSparseTree", path)),
        TE.fromEither,
      ),
    ),
  );
