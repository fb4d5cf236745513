// The terms of a row times a factor of stored integers that are added at once. Where all that a factor is over a short axis are numbers at places, as in
// weights of which two of every four are kept, Σᵣ x(r) · [p = r] · v is x(p) · v: no term is made for a zero.

import { linear, rangeOf } from "../../../kernel/affine.ts";
import { isCall } from "../../../kernel/build.ts";
import { axesIn } from "../../../kernel/contraction.ts";
import { type Axis, axis, constant, type Expr, makeCall } from "../../../kernel/expr.ts";
import { rewriter } from "../../../kernel/rewrite.ts";
import { factorsOf, productOf } from "../factors.ts";
import type { Product } from "./recognise.ts";

/** How sums are cut into turns. */
export interface Turns {
  /** Axes whose loops are around the turns. */
  readonly around: readonly Axis[];
  /** The turns of the axis that is cut, and how many of its elements each takes. */
  readonly turn: Axis;
  readonly over: Axis;
  readonly count: number;
  /** Axes within, of which a turn takes all. */
  readonly whole: readonly Axis[];
}

/** Terms that are added at once: as many as leave the numbers of the row in registers. */
const [mostTerms, counts] = [8, [8, 4, 2, 1]];

/** How the sum over some axes, outermost first, is cut. */
export const turnsOf = (summed: readonly Axis[]): Turns => {
  const around = [...summed];
  const whole: Axis[] = [];
  let over = around.pop() as Axis; // there is one
  let points = 1;
  while (around.length > 0 && 2 * points * over.size <= mostTerms) {
    whole.unshift(over);
    points *= over.size;
    over = around.pop() as Axis; // just seen
  }
  const count = counts.find((n) => n * points <= mostTerms && over.size % n === 0) as number; // 1 is such
  return { around, turn: axis(over.size / count), over, count, whole };
};

/** A product, by its factors. */
type Term = readonly Expr[];

const replaced = (term: Term, from: Axis, to: Expr): Term =>
  term.map(rewriter((expr) => (expr === from ? to : undefined)));

/** A number where an axis is at a place, and 0 elsewhere. */
interface Placed {
  readonly place: Expr;
  readonly value: Expr;
}

const isZero = (expr: Expr): boolean => expr.tag === "const" && expr.value === 0;

/** What an expression is a sum of, if that is numbers at places of an axis that are there. */
const placedIn = (expr: Expr, over: Axis): readonly Placed[] | undefined => {
  if (expr.tag !== "call") return undefined;
  if (expr.op === "roundF32") return placedIn(expr.args[0] as Expr, over);
  if (expr.op === "add") {
    const [a, b] = expr.args.map((it) => placedIn(it, over));
    return a && b && [...a, ...b];
  }
  if (expr.op !== "where") return undefined;
  const [condition, value, other] = expr.args as [Expr, Expr, Expr];
  if (!isCall(condition, "eq") || !isZero(other) || axesIn(value).has(over)) return undefined;
  const place = condition.args.find((it) => it !== over) as Expr; // of two
  const { min, max } = rangeOf(place);
  const isThere = min >= 0 && max < over.size;
  return condition.args.includes(over) && isThere && !axesIn(place).has(over)
    ? [{ place, value }]
    : undefined;
};

/** Whether there are fewer terms than elements of the right factor. */
export const leavesOutZeros = ({ right, summed }: Product): boolean =>
  turnsOf(summed).whole.some((over) => placedIn(right, over) !== undefined);

/** The sum of a product over an axis, as terms. */
const summedOver = (term: Term, over: Axis): readonly Term[] => {
  const placed = term.flatMap((it) => placedIn(it, over) ?? []);
  const rest = term.filter((it) => placedIn(it, over) === undefined);
  if (placed.length > 0 && rest.length === term.length - 1)
    return placed.map(({ place, value }) => [...factorsOf(value), ...replaced(rest, over, place)]);
  return Array.from({ length: over.size }, (_, i) => replaced(term, over, constant(i, "i32")));
};

/** The terms of one turn: the factors that all of them have, times the sum of products of the others. */
export const termsOf = ({ left, right }: Product, { turn, over, count, whole }: Turns): Expr => {
  const factors = [...factorsOf(left), ...factorsOf(right)];
  const some = Array.from({ length: count }, (_, i) =>
    replaced(factors, over, linear(i, [{ atom: turn, stride: count }])),
  );
  const terms = whole.reduceRight(
    (all, inner) => all.flatMap((term) => summedOver(term, inner)),
    some as readonly Term[],
  );
  const [first, ...others] = terms as [Term, ...Term[]]; // one at least
  const shared = first.filter(
    (it) => others.length > 0 && others.every((term) => term.includes(it)),
  );
  const sum = terms
    .map((term) => productOf(term.filter((it) => !shared.includes(it))))
    .reduce((a, b) => makeCall("add", [a, b], "f32"));
  return productOf([sum, ...shared]);
};
