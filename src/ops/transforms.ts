// Transforms that are made of others: `vmap` runs a function of one example on a batch, `jacobian` and `hessian` batch pullbacks over
// all cotangents at once. They take and return trees, and compose with grad, jvp, compile, checkpoint and each other in any order.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { grad, jvp, pullGraph, type TreeFunction } from "../core/autodiff.ts";
import { batchBuild, type Mapped } from "../core/batch.ts";
import { alias, fillTensor, isDifferentiable, replicate } from "../core/builtin.ts";
import type { Dtype } from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import { withinTransform } from "../core/scope.ts";
import { normalizeAxis, printShape, sizeOf } from "../core/shape.ts";
import { isTensor, type Tensor } from "../core/tensor.ts";
import { flattenTree } from "../core/tree.ts";
import { cast, equal } from "./arithmetic.ts";
import { reshapeTo } from "./broadcast.ts";
import { orThrow } from "./call.ts";
import { iota } from "./create.ts";
import { moveAxis, transpose } from "./structural.ts";

/**
 * Which axis of each tensor of a tree is the batch: one axis for all, null for none, or a tree of these that begins like
 * the tree it is for.
 */
export type MapAxes = number | null | readonly MapAxes[] | { readonly [name: string]: MapAxes };

/** A tree with tensors of any shape and dtype at its leaves. */
export type BareTree<X> = unknown extends X
  ? X
  : X extends Tensor
    ? Tensor
    : { [K in keyof X]: BareTree<X[K]> };

/** Options of `vmap`. */
export interface VmapOptions {
  /** The mapped axis of all arguments, or an entry for each argument; default 0. */
  readonly inAxes?: number | null | readonly MapAxes[];
  /** Where the batch is in the results; null for results that are the same for all examples. Default 0. */
  readonly outAxes?: MapAxes;
}

/** A tensor with the batch on one of its axes, and where it was found. */
interface MappedLeaf {
  readonly tensor: Tensor;
  readonly axis: number;
  readonly place: string;
}

/** A place in an argument or result, as `argument 0.layers[1].weight`. */
const placeOf = (root: string, path: string): string =>
  path === "" || path.startsWith("[") ? `${root}${path}` : `${root}.${path}`;

const isBranch = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !isTensor(value);

/** The axis of every leaf of a tree, in the order of its leaves. */
const leafAxes = (axes: unknown, tree: unknown, name: string, place: string): (number | null)[] => {
  if (typeof axes === "number" || axes === null)
    return flattenTree(tree, "vmap").leaves.map(() => axes);
  if (tree === null || tree === undefined) return [];
  if (!isBranch(axes) || !isBranch(tree) || Array.isArray(axes) !== Array.isArray(tree)) {
    const got = axes === undefined ? "none" : isBranch(axes) ? "a tree of axes" : String(axes);
    return fail("vmap", "InvalidArgument", `an axis or null in ${name} for ${place} expected`, got);
  }
  const extra = Object.keys(axes).find((field) => !Object.hasOwn(tree, field));
  if (extra !== undefined)
    fail("vmap", "InvalidArgument", `${name} with the structure of ${place} expected`, extra);
  return Object.entries(tree).flatMap(([field, part]) =>
    leafAxes(axes[field], part, name, placeOf(place, Array.isArray(tree) ? `[${field}]` : field)),
  );
};

/** An axis counted from the front; the error says where the tensor is. */
const mappedAxis = (axis: number, rank: number, place: string): number =>
  pipe(
    normalizeAxis(axis, rank),
    E.mapLeft((problem) => ({ ...problem, got: `${problem.got} for ${place}` })),
    (found) => orThrow("vmap", found),
  );

/** Axes of each argument: an entry for each, or one for all. */
const argumentAxes = (
  inAxes: VmapOptions["inAxes"],
  args: readonly unknown[],
): readonly (MapAxes | undefined)[] => {
  if (!Array.isArray(inAxes)) return args.map(() => inAxes as number | null); // the other members
  if (inAxes.length === args.length) return inAxes;
  const rule = `${args.length} entries in inAxes expected, one for each argument`;
  return fail("vmap", "InvalidArgument", rule, String(inAxes.length));
};

/** An argument taken apart: its mapped tensors, and how to put one example of it together from theirs. */
const openArgument = (arg: unknown, axes: MapAxes | undefined, position: number) => {
  // What is not mapped at all is passed as it is: it need not be a tree of tensors.
  if (axes === null) return { mapped: [], rebuild: () => arg };
  const root = `argument ${position}`;
  const { leaves, structure } = flattenTree(arg, "vmap");
  const tensors = leaves as readonly Tensor[]; // numbers are not allowed here
  const found = leafAxes(axes, arg, "inAxes", root);
  const mapped = tensors.flatMap((tensor, i): MappedLeaf[] => {
    const place = placeOf(root, structure.paths[i] as string);
    const axis = found[i] as number | null;
    return axis === null
      ? []
      : [{ tensor, axis: mappedAxis(axis, tensor.shape.length, place), place }];
  });
  const rebuild = (examples: readonly Tensor[]): unknown => {
    let next = 0;
    return structure.rebuild(
      tensors.map((tensor, i) => (found[i] === null ? tensor : examples[next++])),
    );
  };
  return { mapped, rebuild };
};

/** The size of the batch, which all mapped axes have. */
const batchSize = (mapped: readonly MappedLeaf[]): number => {
  const [first] = mapped;
  if (first === undefined) {
    const hint = "inAxes is null for all arguments: call the function itself";
    return fail("vmap", "InvalidArgument", "at least one mapped tensor expected", "none", hint);
  }
  const size = ({ tensor, axis }: MappedLeaf): number => tensor.shape[axis] as number;
  const describe = (leaf: MappedLeaf): string =>
    `${size(leaf)} (${leaf.place}, axis ${leaf.axis} of ${printShape(leaf.tensor.shape)})`;
  const other = mapped.find((leaf) => size(leaf) !== size(first));
  if (other !== undefined) {
    const got = `${describe(first)} and ${describe(other)}`;
    fail("vmap", "ShapeMismatch", "equal sizes of the mapped axes expected", got);
  }
  return size(first);
};

/** A result with the batch at the axis that was asked for. */
const placeResult = (
  { tensor, isBatched }: Mapped,
  axis: number | null,
  size: number,
  place: string,
): Tensor => {
  if (axis === null) {
    const rule = `an axis in outAxes for ${place} expected, which differs between examples`;
    return isBatched ? fail("vmap", "InvalidArgument", rule, "null") : tensor;
  }
  const full = isBatched ? tensor : replicate(tensor, size);
  const at = mappedAxis(axis, full.shape.length, place);
  return at === 0 ? full : moveAxis(full, 0, at);
};

/**
 * The function f of one example as a function of a batch of them, without a loop. Results that do not depend on the batch are
 * repeated along it. Arguments whose `inAxes` is null are passed as they are. Random draws differ between examples when their
 * keys do: map over keys.
 *
 * Fails with ShapeMismatch when the mapped axes differ in size, with AxisOutOfRange when a tensor has no such axis.
 *
 * @example
 * const norms = vmap((x: Tensor) => sqrt(sum(mul(x, x))));
 * toArray(norms(tensor([[3, 4], [6, 8]]))) // [5, 10]
 * // Per-example gradients: the parameters are shared, the examples mapped.
 * const slope = grad((w: Tensor, x: Tensor) => sum(mul(w, mul(x, x))));
 * toArray(vmap(slope, { inAxes: [null, 0] })(tensor([1, 1]), tensor([[1, 2], [3, 4]]))) // [[1, 4], [9, 16]]
 */
export const vmap =
  <F extends TreeFunction>(f: F, { inAxes = 0, outAxes = 0 }: VmapOptions = {}) =>
  (...args: BareTree<Parameters<F>>): BareTree<ReturnType<F>> => {
    const axes = argumentAxes(inAxes, args);
    const parts = args.map((arg, i) => openArgument(arg, axes[i], i));
    const mapped = parts.flatMap((part) => part.mapped);
    const size = batchSize(mapped);
    let value: unknown;
    const build = (examples: readonly Tensor[]): readonly Tensor[] => {
      let from = 0;
      const inputs = parts.map((part) => {
        from += part.mapped.length;
        return part.rebuild(examples.slice(from - part.mapped.length, from));
      });
      value = f(...inputs);
      return flattenTree(value, "vmap").leaves as readonly Tensor[]; // numbers are not allowed here
    };
    const batches = mapped.map(({ tensor, axis }) =>
      axis === 0 ? tensor : moveAxis(tensor, axis, 0),
    );
    const flags = mapped.map(() => true);
    const results = batchBuild(f.name === "" ? "vmap" : f.name, batches, flags, build);
    const { structure } = flattenTree(value, "vmap");
    const found = leafAxes(outAxes, value, "outAxes", "the result");
    return structure.rebuild(
      results.map((result, i) =>
        placeResult(
          result as Mapped, // build returns no null
          found[i] as number | null,
          size,
          placeOf("the result", structure.paths[i] as string),
        ),
      ),
    ) as BareTree<ReturnType<F>>; // the structure of what f returned
  };

/** The type of a Jacobian: at each leaf of the result, a tree like the argument. */
export type JacobianOf<Y, X> = Y extends Tensor
  ? BareTree<X>
  : { readonly [K in keyof Y]: JacobianOf<Y[K], X> };

/** Options of `jacobian`. */
export interface JacobianOptions<N extends number = number> {
  /** Position of the argument to differentiate; default 0. */
  readonly argnum?: N;
  /**
   * `reverse` (default) pulls back one cotangent for each element of the result, `forward` pushes one tangent for each element of
   * the argument: choose by which is smaller.
   */
  readonly mode?: "reverse" | "forward";
}

/** One row for each element of a tensor: 1 there, 0 elsewhere. */
const oneHotBasis = ({ shape, dtype }: Tensor): Tensor => {
  const n = sizeOf(shape);
  const identity = cast(dtype as Dtype)(equal(iota([n, n], 0), iota([n, n], 1)));
  return reshapeTo(identity, [n, ...shape]);
};

const requireFloats = (leaves: readonly Tensor[], paths: readonly string[], root: string): void =>
  leaves.forEach((leaf, i) => {
    if (isDifferentiable(leaf)) return;
    const got = `${leaf.dtype} at ${placeOf(root, paths[i] as string)}`;
    fail("jacobian", "DtypeMismatch", "floating-point tensors expected", got);
  });

/** Batched linear maps from one-hot rows: `map` is run once, on a placeholder for a row. */
const mapBasis = (
  like: Tensor,
  map: (row: Tensor) => readonly (Tensor | null)[],
): readonly (Tensor | null)[] => {
  const basis = oneHotBasis(like);
  const rows = basis.shape[0] as number;
  return batchBuild("jacobian", [basis], [true], ([row]) => map(row as Tensor)).map((part) =>
    part === null ? null : part.isBatched ? part.tensor : replicate(part.tensor, rows),
  );
};

/**
 * All partial derivatives of f with respect to one argument: for a result of shape [a] and an argument of shape [b] a tensor of
 * shape [a, b]. Of trees, a tree like the result with a tree like the argument at each leaf.
 *
 * @example
 * const squares = (x: Tensor) => mul(x, x);
 * toArray(jacobian(squares)(tensor([1, 2]))) // [[2, 0], [0, 4]]
 */
export const jacobian =
  <F extends TreeFunction, const N extends number = 0>(
    f: F,
    { argnum = 0 as N, mode = "reverse" }: JacobianOptions<N> = {},
  ) =>
  (...args: Parameters<F>): JacobianOf<ReturnType<F>, Parameters<F>[N]> => {
    if (!(Number.isInteger(argnum) && argnum >= 0 && argnum < args.length)) {
      const rule = `argnum in 0…${args.length - 1} expected`;
      fail("jacobian", "InvalidArgument", rule, String(argnum));
    }
    const { leaves, structure } = flattenTree(args[argnum], "jacobian");
    const inputs = (leaves as readonly Tensor[]).map(alias); // numbers are not allowed here
    requireFloats(inputs, structure.paths, `argument ${argnum}`);
    const run = (xs: readonly Tensor[]): unknown =>
      f(...args.map((arg, i) => (i === argnum ? structure.rebuild(xs) : arg)));
    const result = flattenTree(
      withinTransform(() => run(inputs)),
      "jacobian",
    );
    const outputs = result.leaves as readonly Tensor[];
    requireFloats(outputs, result.structure.paths, "the result");
    const blocks =
      mode === "reverse"
        ? outputs.map((y) => mapBasis(y, (g) => pullGraph([y], [g], inputs)))
        : transposeBlocks(inputs.map((_, j) => pushBasis(run, inputs, j, outputs.length)));
    const jacobians = outputs.map((y, i) =>
      structure.rebuild(
        inputs.map((x, j) => {
          const block = blocks[i]?.[j];
          const shape = [...y.shape, ...x.shape];
          return block ? reshapeTo(block, shape) : fillTensor(shape, 0, x.dtype);
        }),
      ),
    );
    // A tree like the result, with trees like the argument in the place of tensors.
    return result.structure.rebuild(jacobians) as JacobianOf<ReturnType<F>, Parameters<F>[N]>;
  };

/** Tangents of all results along every element of input j, each as a matrix [result, input]. */
const pushBasis = (
  run: (xs: readonly Tensor[]) => unknown,
  inputs: readonly Tensor[],
  j: number,
  outputs: number,
): readonly (Tensor | null)[] => {
  const x = inputs[j] as Tensor;
  const ofOne = (input: Tensor): readonly Tensor[] =>
    flattenTree(run(inputs.map((other, i) => (i === j ? input : other))), "jacobian")
      .leaves as readonly Tensor[];
  const pushed = mapBasis(x, (t) => jvp(ofOne, [x], [t]).tangent);
  const columns = sizeOf(x.shape);
  return Array.from({ length: outputs }, (_, i) => {
    const tangent = pushed[i] as Tensor; // jvp returns zeros for none
    return transpose(reshapeTo(tangent, [columns, sizeOf(tangent.shape.slice(1))]));
  });
};

const transposeBlocks = <T>(blocks: readonly (readonly T[])[]): T[][] =>
  (blocks[0] ?? []).map((_, i) => blocks.map((row) => row[i] as T));

/**
 * All second derivatives of a scalar function with respect to one argument: for an argument of shape [n] a tensor of shape [n, n].
 *
 * @example
 * const f = (x: Tensor) => sum(mul(x, mul(x, x)));
 * toArray(hessian(f)(tensor([1, 2]))) // [[6, 0], [0, 12]]
 */
export const hessian =
  <F extends TreeFunction, const N extends number = 0>(
    f: F,
    { argnum = 0 as N }: { readonly argnum?: N } = {},
  ) =>
  (...args: Parameters<F>): JacobianOf<Parameters<F>[N], Parameters<F>[N]> =>
    jacobian(grad(f, { argnums: argnum }), { argnum })(...args) as JacobianOf<
      Parameters<F>[N],
      Parameters<F>[N]
    >; // the gradient is a tree like the argument
