// Index arithmetic means what integers mean, however it is simplified; and ranges hold what they bound.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  addIndex,
  divideIndex,
  index,
  moduloIndex,
  rangeOf,
  scaleIndex,
} from "../../../src/core/kernel/affine.ts";
import { type Axis, axis, type Expr, withFreshExprs } from "../../../src/core/kernel/expr.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

/** An index expression as data, its leaves being two loop variables and constants. */
type Formula =
  | { readonly op: "i" | "j" }
  | { readonly op: "constant"; readonly k: number }
  | { readonly op: "add"; readonly a: Formula; readonly b: Formula }
  | { readonly op: "times" | "div" | "mod"; readonly a: Formula; readonly k: number };

const formulas = fc.letrec<{ formula: Formula }>((tie) => ({
  formula: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<Formula>({ op: "i" }, { op: "j" }),
    fc.record({ op: fc.constant("constant" as const), k: fc.integer({ min: -9, max: 9 }) }),
    fc.record({ op: fc.constant("add" as const), a: tie("formula"), b: tie("formula") }),
    fc.record({
      op: fc.constant("times" as const),
      a: tie("formula"),
      k: fc.integer({ min: -6, max: 6 }),
    }),
    fc.record({
      op: fc.constantFrom("div" as const, "mod" as const),
      a: tie("formula"),
      k: fc.integer({ min: 1, max: 6 }),
    }),
  ),
})).formula;

const meaning = (formula: Formula, i: number, j: number): number => {
  switch (formula.op) {
    case "i":
      return i;
    case "j":
      return j;
    case "constant":
      return formula.k;
    case "add":
      return meaning(formula.a, i, j) + meaning(formula.b, i, j);
    case "times":
      return meaning(formula.a, i, j) * formula.k;
    case "div":
      return Math.floor(meaning(formula.a, i, j) / formula.k);
    case "mod": {
      const a = meaning(formula.a, i, j);
      return a - Math.floor(a / formula.k) * formula.k;
    }
  }
};

const build = (formula: Formula, i: Axis, j: Axis): Expr => {
  switch (formula.op) {
    case "i":
      return i;
    case "j":
      return j;
    case "constant":
      return index(formula.k);
    case "add":
      return addIndex(build(formula.a, i, j), build(formula.b, i, j));
    case "times":
      return scaleIndex(build(formula.a, i, j), formula.k);
    case "div":
      return divideIndex(build(formula.a, i, j), formula.k);
    case "mod":
      return moduloIndex(build(formula.a, i, j), formula.k);
  }
};

/** The value of an index expression where the loop variables have values. */
const run = (expr: Expr, at: ReadonlyMap<Expr, number>): number => {
  switch (expr.tag) {
    case "const":
      return expr.value;
    case "axis":
      return at.get(expr) as number;
    case "affine":
      return expr.terms.reduce((sum, { atom, stride }) => sum + stride * run(atom, at), expr.base);
    case "call": {
      const [a, d] = expr.args.map((arg) => run(arg, at)) as [number, number];
      const quotient = Math.floor(a / d);
      if (expr.op === "idiv") return quotient;
      if (expr.op === "mod") return a - quotient * d;
      return assert.unreachable(`${expr.op} in an index`) as never;
    }
    default:
      return assert.unreachable(`${expr.tag} in an index`) as never;
  }
};

const sizes = fc.integer({ min: 1, max: 12 });

const test = suite("index arithmetic");

test(
  "keeps the value of every expression, inside of its range",
  forAll(
    { formula: formulas, m: sizes, n: sizes },
    { runs: 2000 },
  )(({ formula, m, n }) =>
    withFreshExprs(() => {
      const [i, j] = [axis(m), axis(n)];
      const expr = build(formula, i, j);
      const { min, max } = rangeOf(expr);
      for (let a = 0; a < m; a++) {
        for (let b = 0; b < n; b++) {
          const value = run(
            expr,
            new Map<Expr, number>([
              [i, a],
              [j, b],
            ]),
          );
          assert.is(value, meaning(formula, a, b), `i = ${a}, j = ${b}`);
          assert.ok(min <= value && value <= max, `${value} in ${min}…${max}`);
        }
      }
    }),
  ),
);

test("puts row and column of a shifted index together again", () =>
  withFreshExprs(() => {
    const i = axis(6);
    const shifted = addIndex(i, index(-1));
    const again = addIndex(scaleIndex(divideIndex(shifted, 3), 3), moduloIndex(shifted, 3));
    assert.is(again, shifted);
  }));

test.run();
