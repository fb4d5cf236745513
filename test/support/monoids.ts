// The laws of streaming metrics: merging in any grouping and order is one pass over everything.

import fc from "fast-check";
import type { Monoid } from "fp-ts/lib/Monoid.js";
import * as assert from "uvu/assert";
import { forAll } from "./property.ts";
import type { TestBody } from "./suite.ts";

/** Fails unless two trees of numbers agree up to the rounding of some sums. */
export const assertNumbersClose = (a: unknown, b: unknown, what = "stats"): void => {
  if (typeof a === "number" && typeof b === "number") {
    const isClose = Object.is(a, b) || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b));
    assert.ok(isClose, `${what}: ${a}, ${b} expected`);
    return;
  }
  const [p, q] = [a, b] as [Record<string, unknown>, Record<string, unknown>]; // both are records or arrays
  assert.equal(Object.keys(p), Object.keys(q), what);
  for (const key of Object.keys(p)) assertNumbersClose(p[key], q[key], `${what}.${key}`);
};

/** Somewhere in a list, and a grouping of what the cuts leave. */
const cuts = fc.array(fc.nat({ max: 12 }), { maxLength: 4 });

/**
 * The body of a test: the statistics of a list are those of its parts, however it is cut and however
 * the parts are grouped; nothing is the identity.
 */
export const mergesLikeOnePass = <T, S>(
  items: fc.Arbitrary<T>,
  { concat, empty }: Monoid<S>,
  statsOf: (list: readonly T[]) => S,
): TestBody =>
  forAll({ list: fc.array(items, { maxLength: 12 }), places: cuts })(({ list, places }) => {
    const ends = [...places.toSorted((a, b) => a - b), list.length];
    const parts = ends.map((end, i) => statsOf(list.slice(ends[i - 1] ?? 0, end)));
    const whole = statsOf(list);
    assertNumbersClose(parts.reduce(concat, empty), whole, "from the left");
    assertNumbersClose(
      parts.reduceRight((rest, part) => concat(part, rest), empty),
      whole,
      "from the right",
    );
    assertNumbersClose(parts.toReversed().reduce(concat, empty), whole, "in another order");
    assert.equal(concat(empty, whole), whole);
    assert.equal(concat(whole, empty), whole);
  });
