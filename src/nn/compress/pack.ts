// Trees of parameters stored in fewer bytes. Which leaf is stored how is plain data by path; what is stored is a tree like the first with parts at
// its leaves; and what the parts stand for is a tree of graphs, on which every function of the first tree works.

import { bytesFor, isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/errors.ts";
import { evaluate, values } from "../../core/run/evaluate.ts";
import { sizeOf } from "../../core/shape.ts";
import { isTensor, type Tensor } from "../../core/tensor.ts";
import { fieldPath, flattenTree, leavesOf, mapTree } from "../../core/tree.ts";
import type { Format, Formats, LeafInfo, Parts, QuantizedFormat } from "./format.ts";
import { codec } from "./kinds.ts";

/** A tree with parts at its leaves. */
type PartsTree<T> = T extends Tensor
  ? Parts
  : T extends object
    ? { readonly [K in keyof T]: PartsTree<T[K]> }
    : T;

/** The name of a field that is in types only. */
declare const packedFrom: unique symbol;

/** A tree like T with parts at its leaves, which `unpack` makes T again. */
export type Packed<T> = PartsTree<T> & { readonly [packedFrom]?: T };

/** How a leaf is stored, by where it is, its shape and its dtype. */
export type Choose = (leaf: LeafInfo) => Format;

const isTable = (path: string): boolean => /(^|\.)table$/.test(path);

/**
 * A choice: f32 leaves of two axes or more in a format, all others as they are. Tables of embeddings, which are leaves called `table`, have their
 * channels along axis 0, unless the format says which axis. They are not stored as pairs, but whole, as pairs store their values.
 *
 * @example
 * const choose = Compress.matrices({ kind: "quantized", bits: 4, per: { group: 64 } });
 * choose({ path: "bias", shape: [64], dtype: "f32" }).kind // dense
 */
export const matrices =
  (format: Format): Choose =>
  ({ path, shape, dtype }) => {
    if (shape.length < 2 || dtype !== "f32") return { kind: "dense" };
    if (format.kind === "pairs" && format.axis === undefined && isTable(path))
      return matrices(format.values ?? { kind: "dense" })({ path, shape, dtype });
    const byRow = format.kind === "quantized" && format.axis === undefined && isTable(path);
    return byRow ? { ...format, axis: 0 } : format;
  };

/** Integers of 8 bits, a scale for each channel. */
export const int8: QuantizedFormat = { kind: "quantized", bits: 8, per: "channel" };

/** Integers of 4 bits, a scale for each 64 neighbours of the input axis. */
export const int4: QuantizedFormat = { kind: "quantized", bits: 4, per: { group: 64 } };

/**
 * A format for each leaf of a tree, by path. Default: 8 bits per channel for matrices and more, the rest as it is.
 *
 * @example
 * const params = { fc: Linear.init(key(0), { inputs: 64, outputs: 8 }) };
 * Compress.formatsOf(params)["fc.weight"] // { kind: "quantized", bits: 8, per: "channel" }
 */
export const formatsOf = (params: unknown, choose: Choose = matrices(int8)): Formats => {
  const { leaves, structure } = flattenTree(params, "formatsOf");
  return Object.fromEntries(
    leaves.map((leaf, i) => {
      const { shape, dtype } = leaf as Tensor; // no numbers among them
      const path = structure.paths[i] as string; // one for each leaf
      return [path, choose({ path, shape, dtype })];
    }),
  );
};

const formatAt = (formats: Formats, path: string): Format | undefined =>
  Object.hasOwn(formats, path) ? formats[path] : undefined;

/** Fails where a format is for no leaf. */
export const requirePaths = (op: string, formats: Formats, paths: readonly string[]): void => {
  const known = new Set(paths);
  const extra = Object.keys(formats).find((path) => !known.has(path));
  if (extra !== undefined)
    fail(op, "InvalidArgument", "formats for leaves of the tree expected", `"${extra}"`);
};

const requireFinite = (leaf: Tensor, path: string): void => {
  if (!isFloat(leaf.dtype)) return;
  const at = values(leaf).findIndex((x) => !Number.isFinite(x));
  if (at >= 0)
    fail(
      "pack",
      "NonFinite",
      `finite numbers in "${path}" expected`,
      `${values(leaf)[at]} at flat index ${at}`,
    );
};

/**
 * A tree in fewer bytes: each leaf that has a format becomes its parts (`{ codes, scale }` for integers, `{ values, places }` for pairs), computed; the
 * others stay.
 *
 * Values are looked at, so that this is no function to compile. Fails with NonFinite where a leaf that is to be changed holds NaN, an
 * infinity or a number that its format makes one, with InvalidArgument where a format does not fit its leaf or the leaf's values, or no leaf is at its path.
 *
 * @example
 * const params = { w: tensor([[0.5, -1.27], [1, 0]]), b: tensor([1, 2]) };
 * const packed = Compress.pack(Compress.formatsOf(params))(params);
 * leavesOf(packed).map(({ dtype }) => dtype) // ["i8", "f32", "f32"]
 */
export const pack =
  (formats: Formats) =>
  <T>(params: T): Packed<T> => {
    requirePaths("pack", formats, flattenTree(params, "pack").structure.paths);
    mapTree(params, (leaf, path) => {
      const format = formatAt(formats, path);
      if (format !== undefined && !isAsItIs(format)) {
        requireFinite(leaf, path);
        codec.check(format, leaf, path);
      }
      return leaf;
    });
    return evaluate(packedWith(formats, params)) as Packed<T>; // parts at the leaves
  };

const isAsItIs = (format: Format): boolean => format.kind === "dense" && format.dtype === undefined;

/** A tree with the parts of its leaves, as graphs. */
export const packedWith = (formats: Formats, params: unknown): unknown =>
  mapTree(params, (leaf, path) => {
    const format = formatAt(formats, path);
    return format === undefined ? leaf : codec.pack(format, leaf, path);
  });

/** The tree whose nodes at the paths of formats are changed. */
const mapParts = (
  formats: Formats,
  packed: unknown,
  change: (format: Format, parts: Parts) => unknown,
  path = "",
): unknown => {
  const format = formatAt(formats, path);
  if (format !== undefined) return change(format, packed as Parts); // as `pack` made it
  if (isTensor(packed) || typeof packed !== "object" || packed === null) return packed;
  if (Array.isArray(packed))
    return packed.map((item, i) => mapParts(formats, item, change, `${path}[${i}]`));
  return Object.fromEntries(
    Object.entries(packed).map(([name, part]) => [
      name,
      mapParts(formats, part, change, fieldPath(path, name)),
    ]),
  );
};

/**
 * The tree that a packed one stands for: its leaves are graphs, computed where they are read, so that no dense copy of them is stored.
 *
 * Inside a compiled function that takes the packed tree, it takes the place of the parameters of any function: `apply(unpack(formats)(packed))`.
 *
 * @example
 * const params = { w: tensor([[127, -254], [64, 0]]) };
 * const formats = Compress.formatsOf(params);
 * const { w } = Compress.unpack(formats)(Compress.pack(formats)(params));
 * toArray(w) // [[127, -254], [64, 0]]
 */
export const unpack =
  (formats: Formats) =>
  <T>(packed: Packed<T>): T =>
    mapParts(formats, packed, codec.unpack) as T; // the tree that was packed

/**
 * The tree with the values that packing would leave, and with its own gradients: for use inside a loss, so that parameters learn to bear
 * rounding. Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only inference", 2018.
 *
 * @example
 * const params = { w: tensor([[7, 2.2]]) };
 * const rounded = Compress.fakeQuantizeTree({ w: { kind: "quantized", bits: 4, per: "tensor" } });
 * toArray(rounded(params).w) // [[7, 2]]
 */
export const fakeQuantizeTree =
  (formats: Formats) =>
  <T>(params: T): T => {
    requirePaths(
      "fakeQuantizeTree",
      formats,
      flattenTree(params, "fakeQuantizeTree").structure.paths,
    );
    return mapTree(params, (leaf, path) => {
      const format = formatAt(formats, path);
      return format === undefined ? leaf : codec.fake(format, leaf);
    });
  };

/** Bytes of the tensors in a tree. */
const bytesOf = (tree: unknown, op: string): number =>
  leavesOf(tree, op).reduce((sum, { dtype, shape }) => sum + bytesFor(dtype, sizeOf(shape)), 0);

/**
 * Bytes that a packed tree takes.
 *
 * @example
 * const params = { w: zeros([256, 256]) };
 * Compress.packedBytes(Compress.pack(Compress.formatsOf(params))(params)) // 66560
 */
export const packedBytes = (packed: unknown): number => bytesOf(packed, "packedBytes");

/**
 * Bytes that the leaves of a tree take as they are: of the parameters, or of what `unpack` gives.
 *
 * @example
 * Compress.denseBytes({ w: zeros([256, 256]) }) // 262144
 */
export const denseBytes = (params: unknown): number => bytesOf(params, "denseBytes");
