// Integer index arithmetic with ranges. A coordinate is base + Σ stride·atom where every atom has a known range, so that
// the divisions and remainders of a reshape mostly cancel, and bounds tests of padding are often decided here.

import { type Affine, axis, type Call, constant, type Expr, makeAffine, makeCall } from "./expr.ts";

/** Inclusive bounds of an integer expression. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

const unknown: Range = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };

/** What values an integer expression can take. */
export const rangeOf = (expr: Expr): Range => {
  switch (expr.tag) {
    case "const":
      return { min: expr.value, max: expr.value };
    case "axis":
      return { min: 0, max: Math.max(0, expr.size - 1) };
    case "affine":
      return rangeOfTerms(expr.base, expr.terms);
    case "call":
      return rangeOfSharedCall(expr);
    default:
      return unknown;
  }
};

/** Ranges of calls, which use one another many times over in an unrolled search. */
const rangesOfCalls = new WeakMap<Expr, Range>();

const rangeOfSharedCall = (expr: Call): Range => {
  const known = rangesOfCalls.get(expr);
  if (known !== undefined) return known;
  const range = rangeOfCall(expr.op, expr.args);
  rangesOfCalls.set(expr, range);
  return range;
};

const rangeOfTerms = (base: number, terms: Affine["terms"]): Range => {
  let min = base;
  let max = base;
  for (const { atom, stride } of terms) {
    const range = rangeOf(atom);
    min += stride * (stride > 0 ? range.min : range.max);
    max += stride * (stride > 0 ? range.max : range.min);
  }
  return { min, max };
};

const rangeOfCall = (op: string, args: readonly Expr[]): Range => {
  const [a, b] = args as [Expr, Expr];
  if (op === "mod" && b.tag === "const" && b.value > 0) {
    const { min, max } = rangeOf(a);
    return { min: 0, max: min < 0 ? b.value - 1 : Math.min(b.value - 1, max) };
  }
  if (op === "idiv" && b.tag === "const" && b.value > 0) {
    const { min, max } = rangeOf(a);
    return { min: Math.floor(min / b.value), max: Math.floor(max / b.value) };
  }
  // More than one value, or the check of an axis of one element would be dropped with the index.
  if (op === "checkIndex" && b.tag === "const") return { min: 0, max: Math.max(1, b.value - 1) };
  if (op === "max" || op === "min") {
    const [p, q] = [rangeOf(a), rangeOf(b)];
    return { min: Math[op](p.min, q.min), max: Math[op](p.max, q.max) };
  }
  if (op === "where") {
    const [p, q] = [rangeOf(b), rangeOf(args[2] as Expr)];
    return { min: Math.min(p.min, q.min), max: Math.max(p.max, q.max) };
  }
  return unknown;
};

/** An integer expression as base + Σ stride·atom. */
export const asLinear = (
  expr: Expr,
): { readonly base: number; readonly terms: Affine["terms"] } => {
  switch (expr.tag) {
    case "const":
      return { base: expr.value, terms: [] };
    case "affine":
      return expr;
    default:
      return { base: 0, terms: [{ atom: expr, stride: 1 }] };
  }
};

/** base + Σ stride·atom in normal form: equal atoms merged, zero strides and atoms of one value dropped. */
export const linear = (base: number, terms: Affine["terms"]): Expr => {
  let offset = base;
  const merged = new Map<Expr, number>();
  for (const { atom, stride } of terms) {
    if (stride === 0 || (atom.tag === "axis" && atom.size === 1)) continue;
    const inner = asLinear(atom);
    offset += stride * inner.base;
    for (const term of inner.terms) {
      merged.set(term.atom, (merged.get(term.atom) ?? 0) + stride * term.stride);
    }
  }
  offset += recombine(merged);
  const kept = [...merged]
    .filter(([, stride]) => stride !== 0)
    .map(([atom, stride]) => ({ atom, stride }))
    .sort((p, q) => p.atom.id - q.atom.id);
  if (kept.length === 0) return constant(offset, "i32");
  const [first] = kept as [(typeof kept)[number]];
  return kept.length === 1 && first.stride === 1 && offset === 0
    ? first.atom
    : makeAffine(offset, kept);
};

/** Puts quotients and remainders together again: s·(x mod d) + s·d·⌊x / d⌋ = s·x. Returns what that adds to the base. */
const recombine = (terms: Map<Expr, number>): number => {
  let base = 0;
  for (const [atom, stride] of [...terms]) {
    if (atom.tag !== "call" || atom.op !== "mod" || stride === 0) continue;
    const [x, d] = atom.args as [Expr, Expr];
    if (d.tag !== "const") continue;
    const quotient = divideIndex(x, d.value);
    if (terms.get(quotient) !== stride * d.value) continue;
    terms.delete(atom);
    terms.delete(quotient);
    const whole = asLinear(x);
    base += stride * whole.base;
    for (const term of whole.terms) {
      terms.set(term.atom, (terms.get(term.atom) ?? 0) + stride * term.stride);
    }
  }
  return base;
};

/** A whole number as an index expression. */
export const index = (value: number): Expr => constant(value, "i32");

/** a + b. */
export const addIndex = (a: Expr, b: Expr): Expr =>
  linear(0, [
    { atom: a, stride: 1 },
    { atom: b, stride: 1 },
  ]);

/** a · factor + offset. */
export const scaleIndex = (a: Expr, factor: number, offset = 0): Expr =>
  linear(offset, [{ atom: a, stride: factor }]);

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b));

/** The terms of an index that are multiples of d, and the rest. */
const splitBy = (a: Expr, d: number) => {
  const { base, terms } = asLinear(a);
  const rest = terms.filter(({ stride }) => stride % d !== 0);
  // The base goes wholly to the rest when that keeps it in range, else its multiple of d goes out.
  const low = ((base % d) + d) % d;
  return {
    whole: { base: base - low, terms: terms.filter(({ stride }) => stride % d === 0) },
    rest: { base: low, terms: rest, range: rangeOfTerms(low, rest) },
  };
};

/** ⌊a / d⌋ for a whole d > 0. */
export const divideIndex = (a: Expr, d: number): Expr => {
  if (d === 1) return a;
  const { whole, rest } = splitBy(a, d);
  const quotient = whole.terms.map(({ atom, stride }) => ({ atom, stride: stride / d }));
  if (rest.range.min >= 0 && rest.range.max < d) return linear(whole.base / d, quotient);
  // A common factor of the strides and d cancels, since what is left of the base is below it.
  const common = rest.terms.reduce((g, { stride }) => gcd(g, stride), d);
  const reduced = linear(
    Math.floor(rest.base / common),
    rest.terms.map(({ atom, stride }) => ({ atom, stride: stride / common })),
  );
  const inner = common === d ? reduced : makeCall("idiv", [reduced, index(d / common)]);
  return linear(whole.base / d, [...quotient, { atom: inner, stride: 1 }]);
};

/** a − d · ⌊a / d⌋ for a whole d > 0. */
export const moduloIndex = (a: Expr, d: number): Expr => {
  if (d === 1) return index(0);
  const { rest } = splitBy(a, d);
  const remainder = linear(rest.base, rest.terms);
  return rest.range.min >= 0 && rest.range.max < d
    ? remainder
    : makeCall("mod", [remainder, index(d)]);
};

/** The flat index of coordinates under strides. */
export const flatten = (coords: readonly Expr[], strides: readonly number[]): Expr =>
  linear(
    0,
    coords.map((atom, i) => ({ atom, stride: strides[i] as number })),
  );

/** A loop variable as a coordinate: 0 where there is only one value. */
export const coordinate = (size: number): Expr => (size === 1 ? index(0) : axis(size));
