// In which order a kernel's loops run, and along which one its code is in vectors. Neighbouring elements of memory should be in neighbouring lanes;
// what that costs where they are not is estimated for each loop, and for none.

import { asLinear } from "../../kernel/affine.ts";
import { axesIn } from "../../kernel/contraction.ts";
import { type Axis, children, type Expr } from "../../kernel/expr.ts";
import { exprsOf, type Kernel } from "../../kernel/kernel.ts";
import { scalarOps } from "../../kernel/scalar.ts";
import type { Nest } from "./normalise.ts";

/** How the loops of a kernel are written. */
export interface LoopPlan {
  /** Loops around the code, outermost first. */
  readonly outer: readonly Axis[];
  /** The loop whose elements are in lanes; undefined for code in scalars. */
  readonly along: Axis | undefined;
  /** Vectors side by side. */
  readonly parts: number;
  /** A loop whose elements are in the four vectors side by side, where reading goes along it and writing does not. */
  readonly across: Axis | undefined;
}

/** How an index moves along an axis: elements a step, or undefined where that is not even. */
export const strideAlong = (index: Expr, over: Axis): number | undefined => {
  let stride = 0;
  for (const { atom, stride: each } of asLinear(index).terms) {
    if (atom === over) stride += each;
    else if (axesIn(atom).has(over)) return undefined;
  }
  return stride;
};

const everyExpr = (nest: Nest): readonly Expr[] => exprsOf(nest as Kernel); // reads target and body only

/** Turns of the loops of reductions in which an expression is computed, for one element. */
const turnsOf = (expr: Expr, reduced: ReadonlySet<Axis>): number =>
  [...axesIn(expr)].reduce((n, it) => (reduced.has(it) ? n * it.size : n), 1);

/** What loading four elements costs, by how they lie; the cost of one load is 1. */
const loadCost = (stride: number | undefined, vectors: number): number =>
  stride === 0 || stride === 1 ? vectors : stride === undefined ? 10 : 5;

/** Vectors that four elements of a dtype are in. */
const vectorsOf = (dtype: string): number => (dtype === "f64" ? 2 : 1);

/** The cost of the code for four elements along a loop of the output, or along none. */
const costAlong = (
  nest: Nest,
  all: readonly Expr[],
  over: Axis | undefined,
  reduced: ReadonlySet<Axis>,
): number => {
  let cost =
    over === undefined
      ? 4
      : strideAlong(nest.target, over) === 1
        ? vectorsOf(nest.output.dtype)
        : 5;
  for (const expr of all) {
    if (expr.tag !== "load" && expr.tag !== "call") continue;
    const turns = turnsOf(expr, reduced);
    // Loops to one element are in vectors themselves where their elements are neighbours.
    const inner =
      over === undefined
        ? [...reduced].find((it) => axesIn(expr).has(it) && it.size >= 8 && isEven(all, it))
        : undefined;
    const lanes = over === undefined && inner === undefined ? 4 : 1;
    const each = over === undefined && inner !== undefined ? 4 * turns : turns;
    if (expr.tag === "call") {
      const isUniform = over !== undefined && !axesIn(expr).has(over);
      cost +=
        (scalarOps[expr.op].cost / 4) *
        (over === undefined ? each * (lanes === 4 ? 1 : 0.25) : isUniform ? 0 : turns);
    } else {
      const along = over ?? inner;
      const vectors = vectorsOf(expr.dtype);
      cost +=
        along === undefined
          ? 4 * turns
          : over === undefined
            ? each * 0.25 * loadCost(strideAlong(expr.index, along), vectors)
            : turns * loadCost(strideAlong(expr.index, along), vectors);
    }
  }
  // Combining the lanes of a reduction at the end, for each of four elements.
  if (over === undefined && reduced.size > 0) cost += 40;
  return cost;
};

/** Whether every load moves by one element or none along an axis. */
const isEven = (all: readonly Expr[], over: Axis): boolean =>
  all.every((expr) => {
    if (expr.tag !== "load") return true;
    const stride = strideAlong(expr.index, over);
    return stride === 0 || stride === 1;
  });

/** Chooses the loops of a nest. */
export const planLoops = (nest: Nest): LoopPlan => {
  const all = everyExpr(nest);
  const reduced = new Set(all.flatMap((expr) => (expr.tag === "reduce" ? [expr.axis] : [])));
  const scalars: LoopPlan = { outer: nest.axes, along: undefined, parts: 1, across: undefined };
  const candidates = nest.axes.filter(
    (it) =>
      it.size >= 4 &&
      strideAlong(nest.target, it) !== undefined &&
      (nest.scatter === undefined || strideAlong(nest.target, it) === 1) &&
      !boundsDependOn(all, it),
  );
  let along: Axis | undefined;
  let best = costAlong(nest, all, undefined, reduced);
  for (const it of candidates) {
    // Loops that are shorter than a few vectors do more of their work in scalars.
    const rest = (it.size % 4) / it.size;
    const cost = costAlong(nest, all, it, reduced) * (1 - rest) + rest * best;
    if (cost <= best) [along, best] = [it, cost];
  }
  if (along === undefined) return scalars;
  const chosen = along;
  // Vectors of f64 take twice as many registers.
  const isDouble = all.some(({ dtype }) => dtype === "f64");
  const across = isDouble ? undefined : acrossFor(nest, all, chosen, reduced);
  const outer = nest.axes.filter((it) => it !== chosen && it !== across);
  const count = all.filter((expr) => expr.tag === "call" || expr.tag === "load").length;
  const most =
    across !== undefined
      ? 4
      : nest.scatter !== undefined || along.size < 8
        ? 1
        : reduced.size > 0
          ? along.size < 16
            ? 2
            : count <= 12
              ? 4
              : 2
          : count <= 12
            ? 2
            : 1;
  const parts = isDouble ? Math.max(1, most / 2) : most;
  return { outer, along, parts, across };
};

/** Whether a loop with bounds from data has others in neighbouring lanes. */
const boundsDependOn = (all: readonly Expr[], over: Axis): boolean =>
  all.some(
    (expr) =>
      expr.tag === "reduce" &&
      expr.from !== undefined &&
      children(expr)
        .slice(0, 2)
        .some((bound) => axesIn(bound).has(over)),
  );

/** The other loop of a transposition, if a kernel is one: something is read along it that is not read along the lanes. */
const acrossFor = (
  nest: Nest,
  all: readonly Expr[],
  along: Axis,
  reduced: ReadonlySet<Axis>,
): Axis | undefined => {
  const isWord = nest.output.dtype === "f32" || nest.output.dtype === "i32";
  if (reduced.size > 0 || nest.scatter !== undefined || !isWord) return undefined;
  if (strideAlong(nest.target, along) !== 1) return undefined;
  return nest.axes.find(
    (it) =>
      it !== along &&
      it.size >= 4 &&
      strideAlong(nest.target, it) !== undefined &&
      all.some(
        (expr) =>
          expr.tag === "load" &&
          strideAlong(expr.index, it) === 1 &&
          (strideAlong(expr.index, along) ?? 0) > 1 &&
          (nest.inputs[expr.slot]?.dtype === "f32" || nest.inputs[expr.slot]?.dtype === "i32"),
      ) &&
      all.every((expr) => expr.tag !== "load" || strideAlong(expr.index, it) !== undefined),
  );
};
