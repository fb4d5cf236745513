// Indices are checked before a plan runs where they can be known then: a kernel of gpu.js cannot fail, it can only give NaN. An index is
// known beforehand if it depends on nothing but inputs of the plan that are on the host.

import type { Plan, PlanBuffer, PlanStep } from "../../compile/plan.ts";
import { decodeArray, type TypedArray } from "../../dtype.ts";
import { fail } from "../../errors.ts";
import { type Statement, scheduleExprs } from "../../kernel/block.ts";
import { type Axis, children, type Expr } from "../../kernel/expr.ts";
import { meanings } from "../../kernel/fold.ts";

/** Fails with IndexOutOfRange as the reference device does, given what the host has of the plan's buffers. */
export type IndexCheck = (values: readonly (TypedArray | undefined)[]) => void;

/** The checks of a plan. */
export const indexChecks = (plan: Plan): readonly IndexCheck[] => {
  const isInput = new Set(plan.inputs);
  return plan.steps.flatMap((step) =>
    checksIn(scheduleExprs([step.kernel.body]))
      .filter(([index]) => isSmall(index))
      .filter(([index]) => isKnown(index, (slot) => isInput.has(step.inputs[slot] as number)))
      .map(([index, size]) => checkOf(plan, step, index, size)),
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

const checkOf = (plan: Plan, step: PlanStep, index: Expr, size: number): IndexCheck => {
  const axes = [...axesOf(index)];
  const inputs = [...slotsOf(index)].map(
    (slot) => plan.buffers[step.inputs[slot] as number] as PlanBuffer, // steps read buffers of their plan
  );
  const point = axes.map(() => 0);
  const arrays: TypedArray[] = [];
  const valueAt = evaluator(index, { step, axes, point, arrays });
  const visit = (depth: number): void => {
    const axis = axes[depth];
    if (axis === undefined) {
      const i = valueAt();
      if (!(i >= 0 && i < size))
        refuseIndex(step.kernel.indexedBy ?? step.kernel.label, size, String(i));
      return;
    }
    for (let at = 0; at < axis.size; at++) {
      point[depth] = at;
      visit(depth + 1);
    }
  };
  return (values) => {
    // An input that is on the card alone is like an index that is computed: the kernel gives NaN.
    if (inputs.some(({ id }) => values[id] === undefined)) return;
    for (const { id, dtype, size: count } of inputs)
      arrays[id] = decodeArray(dtype, values[id] as TypedArray, count);
    visit(0);
    arrays.length = 0;
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

/** Where the evaluation of an index stands. */
interface Place {
  readonly step: PlanStep;
  /** The loops around it, and the values of their variables. */
  readonly axes: readonly Axis[];
  readonly point: readonly number[];
  /** What is in the plan's buffers, by number. */
  readonly arrays: readonly TypedArray[];
}

/** An index as a function of where its evaluation stands: a batch has tens of thousands of them, in each call of a program. */
const evaluator = (expr: Expr, place: Place): (() => number) => {
  const { step, axes, point, arrays } = place;
  switch (expr.tag) {
    case "const": {
      const { value } = expr;
      return () => value;
    }
    case "axis": {
      const depth = axes.indexOf(expr);
      return () => point[depth] as number;
    }
    case "affine": {
      const terms = expr.terms.map(({ atom, stride }) => [evaluator(atom, place), stride] as const);
      return () => {
        let sum = expr.base;
        for (const [atom, stride] of terms) sum += stride * atom();
        return sum;
      };
    }
    case "load": {
      const id = step.inputs[expr.slot] as number;
      const offset = step.offsets[expr.slot] as number;
      const index = evaluator(expr.index, place);
      return () => (arrays[id] as TypedArray)[offset + index()] as number;
    }
    case "call": {
      const args = expr.args.map((arg) => evaluator(arg, place));
      return callOf(expr.op as keyof typeof meanings, args); // by isKnown
    }
    case "reduce":
      return () => Number.NaN; // excluded by isKnown
  }
};

const callOf = (op: keyof typeof meanings, args: readonly (() => number)[]): (() => number) => {
  const meaning = meanings[op] as (...operands: readonly number[]) => number;
  const [a, b, c] = args as [() => number, () => number, () => number];
  if (op === "where") return () => (a() !== 0 ? b() : c());
  return args.length === 1 ? () => meaning(a()) : () => meaning(a(), b());
};
