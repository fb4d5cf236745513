// Computing tensors outside of compiled functions: what `toArray`, `item` and printing do. Graphs of one printed form share a
// plan, so a loop that builds the same graph again does not compile it again.

import { graphKey, nodesOfGraph, type Prepared, prepareGraph } from "../compile/program.ts";
import { isLeaf } from "../compile/simplify.ts";
import { selectDevice } from "../device/select.ts";
import { awaitValues, hostValues } from "../device/transfer.ts";
import { decodeArray, type TypedArray } from "../dtype.ts";
import { fail } from "../errors.ts";
import { RecentCache } from "../recentCache.ts";
import { printShape, sizeOf } from "../shape.ts";
import {
  makeData,
  rememberValues,
  type Storage,
  setReader,
  storageOf,
  type Tensor,
} from "../tensor.ts";
import { leavesOf, mapTree } from "../tree.ts";

/** Options of evaluation. */
export interface EvaluateOptions {
  /** The device to run on; default: the default device. */
  readonly device?: string;
  /** Whether kernels are fused; only tests have a reason to say no. */
  readonly fuse?: boolean;
}

interface Cached extends Pick<Prepared, "executable"> {
  /** For each leaf of the plan its position among the leaves of the graph, or −1 where the graph does not have it. */
  readonly positions: readonly number[];
  /** The leaves that the graph does not have; the others would keep the first values that the program ran on. */
  readonly own: readonly (Tensor | undefined)[];
}

const programs = new RecentCache<Cached>(512);

const isComputed = (tensor: Tensor): boolean => storageOf(tensor) !== undefined;

/** Computes tensors that were not computed yet, together, and remembers their values. */
export const computeTensors = (
  tensors: readonly Tensor[],
  op: string,
  options: EvaluateOptions = {},
): void => {
  if (tensors.every(isComputed)) return;
  const missing = [...new Set(tensors)].filter((tensor) => !isComputed(tensor));
  if (missing.length === 0) return;
  const nodes = nodesOfGraph(missing);
  refusePlaceholders(nodes, op);
  const device = selectDevice(options.device);
  const leaves = nodes.filter(isLeaf);
  const key = `${device.name} ${options.fuse ?? true} ${graphKey(missing, nodes)}`;
  const program = programs.get(key, () => {
    const prepared = prepareGraph(missing, device, options);
    const positions = prepared.leaves.map((leaf) => leaves.indexOf(leaf));
    const own = prepared.leaves.map((leaf, i) => (positions[i] === -1 ? leaf : undefined));
    return { executable: prepared.executable, positions, own };
  });
  const inputs = program.positions.map(
    (position, i) => storageOf((program.own[i] ?? leaves[position]) as Tensor) as Storage, // leaves have values
  );
  program.executable.run(inputs).forEach((storage, i) => {
    rememberValues(missing[i] as Tensor, storage);
  });
};

const refusePlaceholders = (nodes: readonly Tensor[], op: string): void => {
  const input = nodes.find(({ origin }) => origin._tag === "Input");
  if (input?.origin._tag !== "Input") return;
  fail(
    op,
    "ForeignTrace",
    "a tensor with values expected",
    `one that depends on input ${input.origin.position} of the traced function "${input.origin.trace.name}"`,
    "values are not known while a function is traced: return the tensor from the function instead of keeping or reading it",
  );
};

/**
 * Computes every tensor of a tree in one program, and returns the tree with the computed tensors.
 *
 * Tensors that are read one by one are computed one by one; what they share is computed together here.
 *
 * @example
 * const { total, mean: middle } = evaluate({ total: sum(tensor([1, 2, 3])), mean: mean(tensor([1, 2, 3])) });
 * item(total) + item(middle) // 8
 */
export const evaluate = <T>(tree: T, options: EvaluateOptions = {}): T => {
  computeTensors(leavesOf(tree, "evaluate"), "evaluate", options);
  return mapTree(tree, (leaf) =>
    leaf.origin._tag === "Data"
      ? leaf
      : makeData(leaf.shape, leaf.dtype, storageOf(leaf) as Storage),
  );
};

/** Waits until every tensor of a tree is computed and its values can be read at once; needed on asynchronous devices only. */
export const ready = async <T>(tree: T): Promise<T> => {
  const leaves = leavesOf(tree, "ready");
  computeTensors(leaves, "ready");
  await awaitValues(leaves.map((leaf) => storageOf(leaf) as Storage)); // just computed
  return tree;
};

/**
 * A copy on the host of every tensor of a tree: a checkpoint in memory. Donating the originals, or losing the device that they are on, leaves it as
 * it is, and any device can go on from it.
 *
 * @example
 * const saved = await snapshot({ w: tensor([1, 2]) });
 * toArray(saved.w) // [1, 2]
 */
export const snapshot = async <T>(tree: T): Promise<T> => {
  await ready(tree);
  return mapTree(tree, (leaf) =>
    makeData(leaf.shape, leaf.dtype, { host: hostValues(storageOf(leaf) as Storage).slice() }),
  );
};

const stored = (tensor: Tensor, op: string): TypedArray => {
  computeTensors([tensor], op);
  return hostValues(storageOf(tensor) as Storage);
};

/** The elements of a tensor as numbers; perhaps the array that it is stored in. */
const numbersIn = (tensor: Tensor, op: string): TypedArray =>
  decodeArray(tensor.dtype, stored(tensor, op), sizeOf(tensor.shape));

/**
 * The elements of a tensor in C order, as a new typed array: Float32Array for f32, f16 and bf16, Float64Array for f64, Int32Array for i32,
 * Int8Array for i8 and i4, Uint8Array for u8, and for bool with 0 and 1.
 *
 * @example
 * values(tensor([[1, 2], [3, 4]])) // Float32Array(4) [ 1, 2, 3, 4 ]
 */
export const values = (tensor: Tensor): TypedArray => {
  const array = stored(tensor, "values");
  const decoded = numbersIn(tensor, "values");
  return decoded === array ? array.slice() : decoded;
};

/** Nested arrays of numbers, or of booleans. */
export type NestedArray = number | boolean | readonly NestedArray[];

/**
 * The elements of a tensor as nested arrays; a scalar gives a number. bool gives booleans.
 *
 * @example
 * toArray(add(tensor([[1, 2]]), 1)) // [[2, 3]]
 */
export const toArray = (tensor: Tensor): NestedArray => {
  const flat = numbersIn(tensor, "toArray");
  let next = 0;
  const build = (axis: number): NestedArray => {
    if (axis === tensor.shape.length) {
      const value = flat[next++] as number;
      return tensor.dtype === "bool" ? value !== 0 : value;
    }
    return Array.from({ length: tensor.shape[axis] as number }, () => build(axis + 1));
  };
  return build(0);
};

/**
 * The one element of a tensor as a number. Fails with NotScalar when there is not exactly one.
 *
 * @example
 * item(sum(tensor([1, 2, 3]))) // 6
 */
export const item = (tensor: Tensor): number => {
  const flat = numbersIn(tensor, "item");
  return flat.length === 1
    ? (flat[0] as number)
    : fail(
        "item",
        "NotScalar",
        "a tensor of one element expected",
        `shape ${printShape(tensor.shape)}`,
        "use toArray or values",
      );
};

setReader((tensor) => numbersIn(tensor, "toString"));
