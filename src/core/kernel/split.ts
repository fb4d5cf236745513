// Long reductions to few elements, in two kernels: the first reduces parts, so that a device of many threads is busy, and the second what
// the first left. Also where one kernel would loop for longer than a device lets it. In f32 the sum is more exact, too.

import { linear } from "./affine.ts";
import { call, where } from "./build.ts";
import { contractionOf, pointsOf } from "./contraction.ts";
import { type Axis, axis, constant, type Expr, load, makeReduce } from "./expr.ts";
import { exprsOf, type Kernel, makeKernel } from "./kernel.ts";
import { hasUnitStride, type Nest, onlyNest } from "./nest.ts";
import { rewriter } from "./rewrite.ts";
import { reduceInitial } from "./scalar.ts";

/** What a device says of long reductions. */
export interface Parallelism {
  /** Elements that kernels should compute at once to keep the device busy; 1: no reason to split. */
  readonly threads: number;
  /** Turns that all loops of a kernel may take for one element. */
  readonly maxLoop: number;
  /** Whether the threads of a group can share the reduction of neighbouring elements. */
  readonly sharesMemory: boolean;
  /** Neighbouring elements that a thread computes together, where they are reduced from neighbours; 1 if absent. */
  readonly lanes?: number;
}

/** Two kernels in place of one. */
export interface Split {
  /** Reduces parts: one element for each element of the whole and each part. */
  readonly parts: Kernel;
  /** Slots of the whole kernel that each slot of `parts` was. */
  readonly partsSlots: readonly number[];
  /** Reduces the parts, and does what the whole kernel does with the result. Its last slot is the output of `parts`. */
  readonly rest: Kernel;
  readonly restSlots: readonly number[];
}

/** Shorter reductions are not worth a second kernel. */
const leastSize = 512;
/** Threads of a group that share a reduction, where they can. */
const sharing = 64;

/** Elements of a product that one thread computes, where threads share memory. */
const blocked = 16;
/** Products with fewer rows or columns are computed an element a thread. */
const leastProduct = 16;

/** How a reduction reads. */
interface Layout {
  /** Neighbours for one element. */
  readonly isContiguous: boolean;
  /** Neighbours for neighbouring elements. */
  readonly isSpread: boolean;
}

/** Elements that are read by reductions which are worth sharing although they keep a thread's lanes busy. */
const leastShared = 2 ** 18;

/** How many threads a kernel keeps busy. */
const busyThreads = (kernel: Kernel, nest: Nest, layout: Layout, on: Parallelism): number => {
  const { size } = kernel.output;
  const product = contractionOf(kernel);
  if (!on.sharesMemory) {
    const { lanes = 1 } = on;
    const isColumn = layout.isSpread && (product === undefined || product.rows.length === 0);
    return isColumn && size * nest.size >= leastShared ? size / lanes : size;
  }
  const isBlocked =
    product !== undefined &&
    pointsOf(product.rows) >= leastProduct &&
    pointsOf(product.columns) >= leastProduct;
  return isBlocked ? size / blocked : layout.isContiguous ? size * sharing : size;
};

/** How many parts a reduction should be cut into; 1 for none. */
const countParts = (nest: Nest, busy: number, on: Parallelism): number => {
  const forThreads =
    busy >= on.threads || nest.size < leastSize
      ? 1
      : Math.min(Math.ceil(on.threads / busy), Math.ceil(Math.sqrt(nest.size)));
  return Math.max(forThreads, Math.ceil(nest.size / on.maxLoop));
};

/** Cuts a kernel in two where that helps; within the `withFreshExprs` that made it. */
export const splitKernel = (kernel: Kernel, on: Parallelism): Split | undefined => {
  if (kernel.scatter !== undefined || kernel.output.size === 0) return undefined;
  const nest = onlyNest(kernel.body, exprsOf(kernel));
  if (nest === undefined || nest.size === 0) return undefined;
  const read = exprsOf({ ...kernel, body: nest.body });
  const contiguous = nest.axes.find((it) => hasUnitStride(it, read));
  const isSpread = kernel.axes.some((it) => hasUnitStride(it, read));
  const layout = { isContiguous: contiguous !== undefined && !isSpread, isSpread };
  const busy = busyThreads(kernel, nest, layout, on);
  const wanted = countParts(nest, busy, on);
  if (wanted <= 1) return undefined;
  const cut = nest.axes.reduce((a, b) => (b.size > a.size ? b : a));
  const length = lengthOf(cut.size, wanted, Math.floor((on.maxLoop * cut.size) / nest.size));
  const count = Math.ceil(cut.size / length);
  return count <= 1 ? undefined : cutNest(kernel, nest, { cut, length, count, isSpread });
};

/**
 * Turns of a part, where so many parts are wanted. Parts that are all as long need no condition, which would hide products from devices that
 * look for them; up to half or twice the length is given for that, but no more than `most`.
 */
const lengthOf = (size: number, wanted: number, most: number): number => {
  const length = Math.ceil(size / Math.min(wanted, size));
  for (let shorter = length; shorter >= length / 2; shorter--)
    if (size % shorter === 0) return shorter;
  for (let longer = length + 1; longer <= Math.min(2 * length, most, size - 1); longer++)
    if (size % longer === 0) return longer;
  return length;
};

/** How a nest is cut: one axis into `count` parts of `length` turns. */
interface Cut {
  readonly cut: Axis;
  readonly length: number;
  readonly count: number;
  /** Whether neighbouring elements of the output read neighbouring elements; else neighbouring parts do. */
  readonly isSpread: boolean;
}

const cutNest = (kernel: Kernel, nest: Nest, { cut, length, count, isSpread }: Cut): Split => {
  const { output, target } = kernel;
  const { dtype } = nest.body;
  const [part, turn] = [axis(count), axis(length)];
  // Neighbouring threads read neighbouring elements: of one part where parts are contiguous, of all parts where elements are.
  const at = isSpread
    ? linear(0, [
        { atom: part, stride: length },
        { atom: turn, stride: 1 },
      ])
    : linear(0, [
        { atom: turn, stride: count },
        { atom: part, stride: 1 },
      ]);
  const isWhole = length * count === cut.size;
  const inPart = rewriter((expr) => (expr === cut ? at : undefined));
  const body = inPart(nest.body);
  const identity = constant(reduceInitial[nest.op], dtype);
  const guarded = isWhole ? body : where(call("lt", at, constant(cut.size, "i32")), body, identity);
  const reduced = nest.axes.reduceRight<Expr>(
    (inner, over) => makeReduce(nest.op, over === cut ? turn : over, inner),
    guarded,
  );
  const place = (of: Expr): Expr =>
    isSpread
      ? linear(0, [
          { atom: of, stride: output.size },
          { atom: target, stride: 1 },
        ])
      : linear(0, [
          { atom: target, stride: count },
          { atom: of, stride: 1 },
        ]);
  const partsBuffer = { dtype: dtype as "f32" | "i32" | "bool", size: output.size * count };
  const first = withUsedSlots(kernel, reduced, {
    label: `${kernel.label}, parts`,
    axes: isSpread ? [part, ...kernel.axes] : [...kernel.axes, part],
    output: partsBuffer,
    target: place(part),
  });
  const again = axis(count);
  const slot = kernel.inputs.length;
  const total = makeReduce(nest.op, again, load(slot, dtype, place(again)));
  const rest = rewriter((expr) => (expr === nest.root ? total : undefined))(kernel.body);
  const second = withUsedSlots({ ...kernel, inputs: [...kernel.inputs, partsBuffer] }, rest, {
    label: kernel.label,
    axes: kernel.axes,
    output,
    target,
  });
  return {
    parts: first.kernel,
    partsSlots: first.slots,
    rest: second.kernel,
    restSlots: second.slots.filter((it) => it !== slot),
  };
};

/** A kernel that has only the slots that its body reads. */
const withUsedSlots = (
  { inputs, indexedBy }: Kernel,
  body: Expr,
  parts: Pick<Kernel, "label" | "axes" | "output" | "target">,
): { readonly kernel: Kernel; readonly slots: readonly number[] } => {
  const used = exprsOf({ ...parts, inputs, body, key: "" }).flatMap((expr) =>
    expr.tag === "load" ? [expr.slot] : [],
  );
  const slots = [...new Set(used)].sort((a, b) => a - b);
  const renamed = rewriter((expr, rebuild) =>
    expr.tag === "load"
      ? load(slots.indexOf(expr.slot), expr.dtype, rebuild(expr.index))
      : undefined,
  );
  const kernel = makeKernel({
    ...parts,
    ...(indexedBy === undefined ? {} : { indexedBy }),
    inputs: slots.map((it) => inputs[it] as Kernel["inputs"][number]),
    body: renamed(body),
  });
  return { kernel, slots };
};
