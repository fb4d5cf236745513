// Reductions over neighbouring elements to one number, in vectors: four partial results of four lanes each, combined at the end. The order does not
// depend on threads, so that results do not either.

import type { Dtype } from "../../../dtype.ts";
import { asLinear } from "../../../kernel/affine.ts";
import type { Block, Statement } from "../../../kernel/block.ts";
import { type Axis, children, type Expr, type Reduce } from "../../../kernel/expr.ts";
import type { Local, Pushed } from "../wasm/function.ts";
import { unitOf } from "./addresses.ts";
import { combineLanes, combineScalars, initialLanes } from "./combine.ts";
import { type Emitter, lanesPerPart } from "./emitter.ts";
import type { Writer } from "./statements.ts";

/** Vectors that are reduced side by side. */
const totalVectors = 4;

const statementsIn = (statements: readonly Statement[]): readonly Statement[] =>
  statements.flatMap((it) =>
    it._tag === "If"
      ? [it, ...statementsIn(it.then.statements), ...statementsIn(it.otherwise.statements)]
      : [it],
  );

/** How an address moves along an axis; undefined where that is not even. */
const strideAlong = (index: Expr, over: Axis): number | undefined => {
  let stride = 0;
  for (const term of asLinear(index).terms) {
    if (term.atom === over) stride += term.stride;
    else if (term.atom.tag === "affine") {
      const inner = strideAlong(term.atom, over);
      if (inner === undefined) return undefined;
      stride += term.stride * inner;
    } else if (dependsOn(term.atom, over)) return undefined;
  }
  return stride;
};

const dependsOn = (expr: Expr, over: Axis): boolean =>
  expr === over || children(expr).some((child) => dependsOn(child, over));

/** Whether a loop is worth being written in vectors: it is long, and what it reads lies side by side. */
export const isRowReduction = (
  { axis, from }: Reduce,
  { statements }: Block,
  inputs: readonly Dtype[],
): boolean => {
  if (from !== undefined || axis.size < 2 * lanesPerPart) return false;
  return statementsIn(statements).every((statement) => {
    if (statement._tag === "Loop") return false;
    const { expr } = statement;
    if (expr.tag === "call" && expr.op === "checkIndex") return false;
    if (expr.tag !== "load") return true;
    const stride = strideAlong(expr.index, axis);
    return stride === 0 || stride === unitOf(inputs[expr.slot] as Dtype);
  });
};

/** Writes such a loop. */
export const emitRowReduction = (w: Writer, e: Emitter, expr: Reduce, body: Block): void => {
  const { f } = e;
  const { size } = expr.axis;
  const i = f.local("i32");
  // A part of f64 is two vectors.
  const perPart = expr.dtype === "f64" ? 2 : 1;
  const parts = totalVectors / perPart;
  const totals = Array.from({ length: totalVectors }, () => f.let(initialLanes(e, expr)));
  /** Combines the second half of some vectors with the first. */
  const halve = (count: number): void => {
    for (let k = 0; k < count / 2; k++) {
      const [a, b] = [totals[k], totals[k + count / 2]] as [Local<"v128">, Local<"v128">];
      f.set(a, combineLanes(e, expr, f.get(a), f.get(b)));
    }
  };
  const [first] = totals as [Local<"v128">];
  const vectors = (from: number, to: number, width: number): void => {
    if (from === to) return;
    const step = width * lanesPerPart;
    f.for(i, from, to, step, () => {
      const inner = e.inner(expr.axis, width);
      inner.define(expr.axis, { kind: "linear", local: i, stride: 1, partStride: lanesPerPart });
      w.block(inner, body.statements);
      totals.slice(0, inner.vectors(expr)).forEach((total, vector) => {
        f.set(total, combineLanes(e, expr, f.get(total), inner.lanes(body.result, vector)));
      });
    });
  };
  const whole = size - (size % (parts * lanesPerPart));
  const wide = size - (size % lanesPerPart);
  vectors(0, whole, parts);
  for (let count = totalVectors; count > perPart; count /= 2) halve(count);
  vectors(whole, wide, 1);
  if (perPart === 2) halve(2);
  const total = f.let(horizontal(e, expr, first) as Pushed<"f32">); // of its dtype
  for (const local of totals) f.release(local);
  if (wide < size) {
    f.for(i, wide, size, 1, () => {
      const inner = e.inner(undefined, 1);
      inner.define(expr.axis, { kind: "uniform", local: i });
      w.block(inner, body.statements);
      f.set(
        total,
        combineScalars(e, expr, f.get(total), inner.scalar(body.result)) as Pushed<"f32">,
      );
    });
  }
  f.release(i);
  e.define(expr, { kind: "uniform", local: total });
};

/** Pushes the lanes of a vector combined. */
const horizontal = (e: Emitter, expr: Reduce, lanes: Local<"v128">): Pushed => {
  const { f } = e;
  const orders = [
    [2, 3, 0, 1],
    [1, 0, 3, 2],
  ] as const;
  for (const order of expr.dtype === "f64" ? orders.slice(0, 1) : orders) {
    const swapped = () => f.shuffle32([...order], f.get(lanes), f.get(lanes));
    f.set(lanes, combineLanes(e, expr, f.get(lanes), swapped()));
  }
  if (expr.dtype === "f64") return f.lane("f64x2.extract_lane", 0, f.get(lanes));
  if (expr.dtype === "f32") return f.lane("f32x4.extract_lane", 0, f.get(lanes));
  const word = f.lane("i32x4.extract_lane", 0, f.get(lanes));
  return expr.dtype === "bool" ? f.op("i32.and", word, f.i32(1)) : word;
};
