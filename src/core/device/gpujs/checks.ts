// Indices are checked before a plan runs where they can be known then: a kernel of gpu.js cannot fail, it can only give NaN. An index is
// known beforehand if it depends on nothing but inputs of the plan that are on the host.

import type { Plan, PlanStep } from "../../compile/plan.ts";
import type { TypedArray } from "../../dtype.ts";
import { fail } from "../../errors.ts";
import { type Statement, scheduleExprs } from "../../kernel/block.ts";
import { type Axis, type Call, children, type Expr } from "../../kernel/expr.ts";
import { meanings } from "../../kernel/fold.ts";

/** Fails with IndexOutOfRange as the reference device does, given the values of the plan's buffers, inputs first. */
export type IndexCheck = (values: readonly (TypedArray | undefined)[]) => void;

/** The checks of a plan. */
export const indexChecks = (plan: Plan): readonly IndexCheck[] => {
  const isInput = new Set(plan.inputs);
  return plan.steps.flatMap((step) =>
    checksIn(scheduleExprs([step.kernel.body]))
      .filter(([index]) => isSmall(index))
      .filter(([index]) => isKnown(index, (slot) => isInput.has(step.inputs[slot] as number)))
      .map(([index, size]) => checkOf(step, index, size)),
  );
};

/** Index and size of each check that is made for every element, neither behind a condition nor in a loop with bounds from data. */
const checksIn = (statements: readonly Statement[]): (readonly [index: Expr, size: number])[] =>
  statements.flatMap((statement) => {
    if (statement._tag === "Loop")
      return statement.expr.from === undefined ? checksIn(statement.body.statements) : [];
    if (statement._tag === "If" || statement.expr.tag !== "call") return [];
    const [index, size] = statement.expr.args as [Expr, Expr];
    return statement.expr.op === "checkIndex" && size.tag === "const" ? [[index, size.value]] : [];
  });

/** What is more than this to compute is left alone: printed as a tree, random bits have a billion operations. */
const maxOperations = 64;

const isSmall = (index: Expr): boolean => {
  let operations = 0;
  const visit = (expr: Expr): boolean =>
    ++operations <= maxOperations && children(expr).every(visit);
  return visit(index);
};

const isKnown = (expr: Expr, isGiven: (slot: number) => boolean): boolean =>
  expr.tag !== "reduce" &&
  (expr.tag !== "load" || isGiven(expr.slot)) &&
  (expr.tag !== "call" || expr.op in meanings) &&
  children(expr).every((child) => isKnown(child, isGiven));

const checkOf = (step: PlanStep, index: Expr, size: number): IndexCheck => {
  const axes = [...axesOf(index)];
  const needed = [...slotsOf(index)].map((slot) => step.inputs[slot] as number);
  return (values) => {
    // An input that is on the card alone is like an index that is computed: the kernel gives NaN.
    if (needed.some((id) => values[id] === undefined)) return;
    const point = new Map<Expr, number>();
    const visit = (depth: number): void => {
      const axis = axes[depth];
      if (axis === undefined) {
        const i = evaluate(index, point, step, values);
        if (!(i >= 0 && i < size))
          refuseIndex(step.kernel.indexedBy ?? step.kernel.label, size, String(i));
        return;
      }
      for (let at = 0; at < axis.size; at++) {
        point.set(axis, at);
        visit(depth + 1);
      }
    };
    visit(0);
  };
};

/** Fails in the words of the reference device. */
export const refuseIndex = (label: string, size: number, got: string): never =>
  fail(label, "IndexOutOfRange", `an index in 0…${size - 1} expected`, got);

const axesOf = (expr: Expr): ReadonlySet<Axis> =>
  expr.tag === "axis"
    ? new Set([expr])
    : new Set(children(expr).flatMap((child) => [...axesOf(child)]));

const slotsOf = (expr: Expr): ReadonlySet<number> =>
  new Set([
    ...(expr.tag === "load" ? [expr.slot] : []),
    ...children(expr).flatMap((child) => [...slotsOf(child)]),
  ]);

const evaluate = (
  expr: Expr,
  point: ReadonlyMap<Expr, number>,
  step: PlanStep,
  values: readonly (TypedArray | undefined)[],
): number => {
  const valueOf = (inner: Expr): number => evaluate(inner, point, step, values);
  switch (expr.tag) {
    case "const":
      return expr.value;
    case "axis":
      return point.get(expr) as number; // a loop around this point
    case "affine":
      return expr.terms.reduce((sum, { atom, stride }) => sum + stride * valueOf(atom), expr.base);
    case "load": {
      const array = values[step.inputs[expr.slot] as number] as TypedArray; // an input, by isKnown
      return array[(step.offsets[expr.slot] as number) + valueOf(expr.index)] as number;
    }
    case "call":
      return evaluateCall(expr, valueOf);
    case "reduce":
      return Number.NaN; // excluded by isKnown
  }
};

const evaluateCall = ({ op, args }: Call, valueOf: (expr: Expr) => number): number => {
  const [a, b, c] = args as [Expr, Expr, Expr];
  if (op === "where") return valueOf(valueOf(a) !== 0 ? b : c);
  return op in meanings ? meanings[op as keyof typeof meanings](...args.map(valueOf)) : Number.NaN; // by isKnown
};
