// Addresses as index expressions: a pointer, in bytes, is one more loop variable that no loop changes. An address is then a chain of sums, one
// for each loop on whose variable it depends, so that the scheduler moves all but the last out of the inner loop. Where two elements share a
// byte there is an index in place of an address, and the pointer comes with the load.

import { type Dtype, dtypes } from "../../../dtype.ts";
import { asLinear, rangeOf } from "../../../kernel/affine.ts";
import {
  type Affine,
  type Axis,
  axis,
  children,
  constant,
  type Expr,
  type Load,
  load,
  makeAffine,
} from "../../../kernel/expr.ts";
import { rewriter } from "../../../kernel/rewrite.ts";
import type { Nest } from "../normalise.ts";
import { type Lookup, lookupOf } from "./lookup.ts";
import type { Bytewise } from "./memory.ts";

/** A nest whose loads and target are addresses. */
export interface AddressedNest extends Nest {
  /** What stands for the pointer to the output, and to each input. */
  readonly outputPointer: Axis;
  readonly inputPointers: readonly Axis[];
  /** Loads that read an element of their input whatever the loops' variables are, so that they need no guard. */
  readonly safeLoads: ReadonlySet<Expr>;
  /** Loads of one of four neighbours. */
  readonly lookups: ReadonlyMap<Expr, Lookup>;
}

/** How deep in the loops each expression changes: the position of the innermost loop that it depends on; −1 for none. */
const depths = (loops: readonly Axis[], roots: readonly Expr[]): ((expr: Expr) => number) => {
  const known = new Map<Expr, number>(loops.map((it, depth) => [it, depth]));
  const seen = new Set<Expr>();
  const visit = (expr: Expr, depth: number): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    const isLoop = expr.tag === "reduce";
    if (isLoop) known.set(expr.axis, depth);
    for (const child of children(expr)) visit(child, isLoop ? depth + 1 : depth);
  };
  for (const root of roots) visit(root, loops.length);
  const depthOf = (expr: Expr): number => {
    const before = known.get(expr);
    if (before !== undefined) return before;
    const depth = Math.max(-1, ...children(expr).map(depthOf));
    known.set(expr, depth);
    return depth;
  };
  return depthOf;
};

/** A stand-in for a pointer, which may have any value. */
const pointer = (): Axis => axis(2 ** 31);

/** Whether an element has an address of its own. */
export const hasAddresses = (dtype: Dtype): dtype is Bytewise => dtype !== "i4";

/** By how much the address, or the index in its place, grows from one element to the next. */
export const unitOf = (dtype: Dtype): number => (hasAddresses(dtype) ? dtypes[dtype].bytes : 1);

/** A sum, or its only term. */
const sumOf = (base: number, terms: Affine["terms"]): Expr => {
  const [first] = terms;
  return base === 0 && terms.length === 1 && first?.stride === 1
    ? first.atom
    : makeAffine(base, terms);
};

/** Whether a load reads an element of its input for all values of loops' variables. */
export const isInside = ({ inputs }: Pick<Nest, "inputs">, { slot, index }: Load): boolean => {
  const { min, max } = rangeOf(index);
  return min >= 0 && max < (inputs[slot] as { size: number }).size;
};

/** A nest with addresses in place of indices. `loops` are those over the output, outermost first. */
export const withAddresses = (nest: Nest, loops: readonly Axis[]): AddressedNest => {
  const outputPointer = pointer();
  const inputPointers = nest.inputs.map(pointer);
  const depthOf = depths(loops, [nest.target, nest.body]);
  const address = (of: Axis, index: Expr, dtype: Dtype): Expr => {
    const { base, terms } = asLinear(index);
    const unit = unitOf(dtype);
    const byDepth = new Map<number, { atom: Expr; stride: number }[]>();
    for (const { atom, stride } of terms) {
      const depth = depthOf(atom);
      const group = byDepth.get(depth) ?? [];
      group.push({ atom, stride: stride * unit });
      byDepth.set(depth, group);
    }
    let sum: Expr | undefined = hasAddresses(dtype) ? of : undefined;
    for (const depth of [...byDepth.keys()].sort((a, b) => a - b)) {
      const before = sum === undefined ? [] : [{ atom: sum, stride: 1 }];
      sum = sumOf(0, [...before, ...(byDepth.get(depth) ?? [])]);
    }
    return sum === undefined
      ? constant(base, "i32")
      : sumOf(base * unit, [{ atom: sum, stride: 1 }]);
  };
  const safeLoads = new Set<Expr>();
  const lookups = new Map<Expr, Lookup>();
  const rebuild = rewriter((expr, below) => {
    if (expr.tag !== "load") return undefined;
    const { dtype } = nest.inputs[expr.slot] as { dtype: Dtype };
    const at = address(inputPointers[expr.slot] as Axis, below(expr.index), dtype);
    const made = load(expr.slot, expr.dtype, at);
    if (isInside(nest, expr)) safeLoads.add(made);
    const lookup = lookupOf(nest, expr, made);
    if (lookup !== undefined) lookups.set(made, lookup);
    return made;
  });
  return {
    ...nest,
    safeLoads,
    lookups,
    outputPointer,
    inputPointers,
    target: address(outputPointer, rebuild(nest.target), nest.output.dtype),
    body: rebuild(nest.body),
  };
};

/** Sums that only loads and targets use, as addresses, and that are no code by themselves: a constant is added by the instruction, and a lookup picks. */
export const addressesIn = ({
  target,
  body,
  lookups,
}: Pick<AddressedNest, "target" | "body" | "lookups">): ReadonlySet<Expr> => {
  const addresses = new Set<Expr>([target]);
  const numbers = new Set<Expr>([body]);
  const seen = new Set<Expr>();
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    for (const child of children(expr)) {
      (expr.tag === "load" ? addresses : numbers).add(child);
      visit(child);
    }
  };
  visit(target);
  visit(body);
  const own = [...addresses].filter((expr) => !numbers.has(expr) && isShifted(expr));
  return new Set([...own, ...[...lookups.values()].map(({ sum }) => sum)]);
};

/** An atom and a constant: what addresses end with. */
export const isShifted = (
  expr: Expr,
): expr is Affine & { terms: readonly [{ atom: Expr; stride: 1 }] } =>
  expr.tag === "affine" && expr.terms.length === 1 && expr.terms[0]?.stride === 1;

/** Whether an index is even wherever a vector begins, given that the loop along its lanes is at an even number there. */
export const isEven = (index: Expr, along: Axis | undefined): boolean => {
  if (index === along) return true;
  if (index.tag === "const") return index.value % 2 === 0;
  return (
    index.tag === "affine" &&
    index.base % 2 === 0 &&
    index.terms.every(({ atom, stride }) => stride % 2 === 0 || isEven(atom, along))
  );
};
