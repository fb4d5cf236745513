// Kernels brought to the loops that are best to generate code for. Axes whose quotient and remainder are used (merged heads of attention) are
// split, so that every index is affine; neighbouring axes that every index walks as one are merged, so that inner loops are long.

import { asLinear, divideIndex, linear, moduloIndex } from "../../kernel/affine.ts";
import {
  type Axis,
  axis,
  type Expr,
  makeAffine,
  makeReduce,
  type Reduce,
} from "../../kernel/expr.ts";
import { exprsOf, type Kernel, withExprsBeside } from "../../kernel/kernel.ts";
import { type Replacement, rewriter } from "../../kernel/rewrite.ts";

/** What of a kernel code is generated from: its loops, where it writes, and what. */
export type Nest = Pick<Kernel, "axes" | "target" | "body" | "inputs" | "output" | "scatter">;

/** A nest with its axes split and merged; within the `withFreshExprs` that made it. */
export const simplifyNest = (kernel: Nest): Nest => {
  let nest = kernel;
  for (let next = splitOne(nest); next !== undefined; next = splitOne(nest)) nest = next;
  for (let next = mergeOne(nest); next !== undefined; next = mergeOne(nest)) nest = next;
  return nest;
};

/** The nest of a kernel, as it is best written and as it is, and what `build` makes of them with further expressions. */
export const normalised = <T>(kernel: Kernel, build: (nest: Nest, asGiven: Nest) => T): T =>
  withExprsBeside(kernel, () => {
    // Rebuilt as it is, so that equal expressions are one object from here on. Parts of a sum are divided as the whole was, and may come out even.
    const same = rewriter(dividedIn);
    const { axes, inputs, output, target, body, scatter } = kernel;
    const given: Nest = {
      ...{ axes, inputs, output, target: same(target), body: same(body) },
      ...(scatter === undefined ? {} : { scatter }),
    };
    return build(simplifyNest(given), given);
  });

/** A quotient or remainder of an index, once the index is rebuilt; undefined for all else. */
const dividedIn = (expr: Expr, below: (x: Expr) => Expr): Expr | undefined => {
  if (expr.tag !== "call" || (expr.op !== "idiv" && expr.op !== "mod")) return undefined;
  const [x, d] = expr.args as [Expr, Expr];
  if (x.dtype !== "i32" || d.tag !== "const" || d.value <= 0) return undefined;
  return (expr.op === "idiv" ? divideIndex : moduloIndex)(below(x), d.value);
};

const exprsOfNest = (nest: Nest): readonly Expr[] => exprsOf(nest as Kernel); // reads target and body only

const rebuilt = (nest: Nest, axes: readonly Axis[], replacement: Replacement): Nest => {
  const rebuild = rewriter(replacement);
  return { ...nest, axes, target: rebuild(nest.target), body: rebuild(nest.body) };
};

/** Splits the axis that is divided by the largest number, if there is one. */
const splitOne = (nest: Nest): Nest | undefined => {
  let [cut, divisor]: [Axis | undefined, number] = [undefined, 1];
  const all = exprsOfNest(nest);
  const bounded = new Set(
    all.flatMap((expr) => (expr.tag === "reduce" && expr.from !== undefined ? [expr.axis] : [])),
  );
  for (const expr of all) {
    if (expr.tag !== "call" || (expr.op !== "idiv" && expr.op !== "mod")) continue;
    const [x, d] = expr.args as [Expr, Expr];
    if (x.tag !== "axis" || d.tag !== "const" || d.value <= divisor || bounded.has(x)) continue;
    if (x.size % d.value === 0 && x.size > d.value) [cut, divisor] = [x, d.value];
  }
  if (cut === undefined) return undefined;
  const whole = cut;
  const [high, low] = [axis(whole.size / divisor), axis(divisor)];
  const sum = linear(0, [
    { atom: high, stride: divisor },
    { atom: low, stride: 1 },
  ]);
  return rebuilt(
    nest,
    nest.axes.flatMap((it) => (it === whole ? [high, low] : [it])),
    (expr, rebuild) => {
      if (expr === whole) return sum;
      if (expr.tag === "reduce" && expr.axis === whole && expr.from === undefined)
        return makeReduce(expr.op, high, makeReduce(expr.op, low, rebuild(expr.body)));
      return dividedIn(expr, rebuild);
    },
  );
};

/** How an index walks along two axes; neither where it does not depend on them. */
const stridesAlong = (expr: Expr, a: Axis, b: Axis): readonly [number, number] => {
  let [first, second] = [0, 0];
  for (const { atom, stride } of asLinear(expr).terms) {
    if (atom === a) first = stride;
    if (atom === b) second = stride;
  }
  return [first, second];
};

/** Whether everything walks along two axes as along one: the first strides over the second. */
const areOne = (a: Axis, b: Axis, all: readonly Expr[]): boolean =>
  all.every((expr) => {
    const parts =
      expr.tag === "affine"
        ? [expr]
        : expr.tag === "load"
          ? [expr.index]
          : expr.tag === "call"
            ? expr.args
            : expr.tag === "reduce"
              ? [expr.body, ...(expr.from === undefined ? [] : [expr.from, expr.to as Expr])]
              : [];
    return parts.every((part) => {
      const [first, second] = stridesAlong(part, a, b);
      return first === second * b.size;
    });
  });

/** Whether the loops over the axes of two reductions are always nested like these. */
const areNestedOnly = (outer: Reduce, inner: Reduce, all: readonly Expr[]): boolean => {
  const bodies = new Set(
    all.flatMap((expr) => (expr.tag === "reduce" && expr.axis === outer.axis ? [expr.body] : [])),
  );
  return all.every(
    (expr) =>
      expr.tag !== "reduce" ||
      (expr.axis === inner.axis
        ? bodies.has(expr) && expr.from === undefined
        : expr.axis !== outer.axis ||
          (expr.body.tag === "reduce" &&
            expr.body.axis === inner.axis &&
            expr.body.op === expr.op)),
  );
};

/** Merges two axes, if there are two that are one. */
const mergeOne = (nest: Nest): Nest | undefined => {
  const all = exprsOfNest(nest);
  const roots = [nest.target, nest.body];
  for (const b of nest.axes) {
    for (const a of nest.axes) {
      if (
        a === b ||
        (nest.scatter !== undefined && nest.axes.indexOf(a) + 1 !== nest.axes.indexOf(b))
      )
        continue;
      const isOne =
        areOne(a, b, all) &&
        roots.every((root) => {
          const [first, second] = stridesAlong(root, a, b);
          return first === second * b.size;
        });
      if (isOne) return merged(nest, a, b);
    }
  }
  for (const expr of all) {
    if (expr.tag !== "reduce" || expr.from !== undefined) continue;
    const { body } = expr;
    if (body.tag !== "reduce" || body.op !== expr.op || body.from !== undefined) continue;
    if (areNestedOnly(expr, body, all) && areOne(expr.axis, body.axis, all))
      return merged(nest, expr.axis, body.axis);
  }
  return undefined;
};

const merged = (nest: Nest, a: Axis, b: Axis): Nest => {
  const both = axis(a.size * b.size);
  return rebuilt(
    nest,
    nest.axes.flatMap((it) => (it === a ? [] : it === b ? [both] : [it])),
    (expr, rebuild) => {
      if (expr === b) return both;
      if (expr.tag === "affine") {
        const terms = expr.terms.flatMap(({ atom, stride }) =>
          atom === a ? [] : [{ atom: atom === b ? both : rebuild(atom), stride }],
        );
        const [only] = terms;
        return terms.length === 1 && only?.stride === 1 && expr.base === 0
          ? only.atom
          : makeAffine(expr.base, terms);
      }
      if (expr.tag === "reduce" && expr.axis === a && expr.body.tag === "reduce")
        return makeReduce(expr.op, both, rebuild(expr.body.body));
      return undefined;
    },
  );
};
