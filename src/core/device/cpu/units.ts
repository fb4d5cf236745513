// How a kernel is cut into units of work: turns of its outer loops, or pieces of its only one.

import { axesIn, pointsOf } from "../../kernel/contraction.ts";
import type { Axis, Expr } from "../../kernel/expr.ts";
import { exprsOf, type Kernel } from "../../kernel/kernel.ts";
import { scalarOps } from "../../kernel/scalar.ts";
import { doubleImports } from "./doubles.ts";
import type { LoopPlan } from "./loops.ts";
import type { Nest } from "./normalise.ts";
import type { FunctionBuilder, Local } from "./wasm/function.ts";

/** How the work of a kernel can be shared. */
export interface Sharing {
  /** Units into which it can be cut; 1 where it cannot. */
  readonly units: number;
  /** Rough scalar operations of the whole kernel. */
  readonly work: number;
  /** Bytes that each thread needs for itself. */
  readonly scratchBytes: number;
}

/** Enough units for threads to be about equally busy. */
const enoughUnits = 32;
/** Elements of the only loop that make one unit. */
export const piece = 64;
/** Rows of a transposition that make one unit: those that share a cache line. */
export const transposed = 64;

/** The variables of loops, from the number of their turn, those of the last changing fastest. */
export const unitVariables = (
  f: FunctionBuilder,
  unit: Local<"i32">,
  axes: readonly Axis[],
): ReadonlyMap<Axis, Local<"i32">> => {
  const variables = new Map<Axis, Local<"i32">>();
  let rest = unit;
  for (let depth = axes.length - 1; depth > 0; depth--) {
    const over = axes[depth] as Axis;
    variables.set(over, f.let(f.op("i32.rem_u", f.get(rest), f.i32(over.size))));
    rest = f.let(f.op("i32.div_u", f.get(rest), f.i32(over.size)));
  }
  const [first] = axes;
  if (first !== undefined) variables.set(first, rest);
  return variables;
};

/** Loops whose turns are units, and what one unit is of the loop along the lanes, where there are none. */
export interface Cut {
  readonly axes: readonly Axis[];
  readonly rest: readonly Axis[];
  readonly piece: number;
  readonly units: number;
}

/** Cuts the loops of a kernel. */
export const cutLoops = (nest: Nest, { outer, along, across }: LoopPlan): Cut => {
  if (nest.scatter !== undefined) {
    const [first] = outer;
    const isApart = first !== undefined && outer.length > 0 && hasOwnCells(nest.target, first);
    if (first !== undefined && isApart)
      return { axes: [first], rest: outer.slice(1), piece: 1, units: first.size };
    return { axes: [], rest: outer, piece: 0, units: 1 };
  }
  if (across !== undefined) {
    const units = Math.ceil(across.size / transposed);
    return pointsOf(outer) >= enoughUnits || units === 1
      ? { axes: outer, rest: [], piece: 0, units: pointsOf(outer) }
      : { axes: [], rest: outer, piece: transposed, units };
  }
  // Two elements that share a byte are written by the same thread, one after the other.
  if (nest.output.dtype === "i4" && along === undefined)
    return { axes: [], rest: outer, piece: 0, units: 1 };
  let count = 0;
  while (count < outer.length && pointsOf(outer.slice(0, count)) < enoughUnits) count++;
  const axes = outer.slice(0, count);
  if (axes.length > 0) return { axes, rest: outer.slice(count), piece: 0, units: pointsOf(axes) };
  const size = along?.size ?? 1;
  return { axes: [], rest: [], piece, units: Math.ceil(size / piece) };
};

/** Whether the turns of a loop of a scatter write to different cells. */
const hasOwnCells = (target: Expr, over: Axis): boolean => {
  if (target.tag === "axis") return target === over;
  if (target.tag !== "affine") return false;
  const own = target.terms.find(({ atom }) => atom === over)?.stride;
  return (
    own !== undefined &&
    target.terms.every(
      ({ atom, stride }) =>
        atom === over || (!axesIn(atom).has(over) && stride % (own * over.size) === 0),
    )
  );
};

/** Whether an expression calls a function of JavaScript, which only the main thread has. */
const callsHost = (expr: Expr): boolean =>
  expr.tag === "call" &&
  Object.hasOwn(doubleImports, expr.op) &&
  expr.args.some(({ dtype }) => dtype === "f64");

/** Rough scalar operations of a kernel; 0 where it has to stay on the main thread. */
export const workOf = (nest: Nest): number => {
  const all = exprsOf(nest as Kernel);
  if (all.some(callsHost)) return 0;
  const own = pointsOf(nest.axes);
  let work = own;
  for (const expr of all) {
    const cost = expr.tag === "call" ? scalarOps[expr.op].cost : expr.tag === "load" ? 1 : 0;
    if (cost > 0) work += cost * pointsOf([...axesIn(expr)]);
  }
  return work;
};
