// Early stopping against its definition, on sequences of any numbers.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  beginStopping,
  type StoppingOptions,
  type StoppingState,
  stopping,
} from "../../../src/nn/index.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("stopping");

const run = (options: StoppingOptions, values: readonly number[]): StoppingState =>
  values.reduce(stopping(options), beginStopping);
const numbers = fc.array(
  fc.oneof(fc.integer({ min: -8, max: 8 }), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY)),
  { maxLength: 12 },
);

test(
  "without minDelta the best is the least number, at its first place, and waiting counts from there",
  forAll(numbers)((values) => {
    const { best, bestCheck, waited, checks } = run({ checkFinite: false }, values);
    const finite = values.filter(Number.isFinite);
    assert.is(checks, values.length);
    assert.is(best, finite.length === 0 ? undefined : Math.min(...finite));
    const first = values.indexOf(best ?? Number.NaN);
    assert.is(bestCheck, first < 0 ? undefined : first + 1);
    assert.is(waited, values.length - (first + 1));
  }),
);

test(
  "max is min of the negatives",
  forAll({
    values: numbers,
    minDelta: fc.integer({ min: 0, max: 3 }),
    patience: fc.integer({ min: 1, max: 4 }),
  })(({ values, minDelta, patience }) => {
    const negative = values.map((x) => (Number.isFinite(x) ? 0 - x : x));
    const { best, ...low } = run({ minDelta, patience }, values);
    const { best: top, ...high } = run({ minDelta, patience, mode: "max" }, negative);
    assert.equal(high, low);
    assert.is(top, best === undefined ? undefined : 0 - best);
  }),
);

test("it stops after `patience` checks in a row without improvement", () => {
  const reasons = [3, 2, 2.5, 2, 1].map(
    (_, i, all) => run({ patience: 2 }, all.slice(0, i + 1)).reason,
  );
  assert.equal(reasons.slice(0, 4), [undefined, undefined, undefined, "patience"]);
  assert.is(run({ patience: 3 }, [3, 2, 2.5, 2, 1]).reason, undefined);
  assert.is(run({}, [1, 2, 3, 4, 5, 6]).reason, undefined);
});

test("an improvement below minDelta is none, and the best stays what it was measured against", () => {
  const { best, waited } = run({ minDelta: 0.5 }, [3, 2.75, 2.5]);
  assert.equal([best, waited], [3, 2]);
  assert.is(run({ minDelta: 0.5 }, [3, 2.75, 2.25]).best, 2.25);
});

test("a number that is not finite stops at once, unless told otherwise", () => {
  assert.is(run({ patience: 9 }, [1, Number.NaN]).reason, "not finite");
  assert.is(run({ patience: 9, checkFinite: false }, [1, Number.NaN]).reason, undefined);
  assert.is(run({ patience: 1, checkFinite: false }, [1, Number.NaN]).reason, "patience");
});

test("the state is plain data", () => {
  const state = run({ patience: 2 }, [3, 4]);
  assert.equal(JSON.parse(JSON.stringify(state)), state);
});

test.run();
