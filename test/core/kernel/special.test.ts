// The error function against the C library's (Python 3.11, math.erf, printed with 17 digits).

import * as assert from "uvu/assert";
import { erf } from "../../../src/core/kernel/special.ts";
import { suite } from "../../support/suite.ts";

const test = suite("erf");

const known = [
  [1e-300, 1.1283791670955126e-300],
  [1e-8, 1.1283791670955126e-8],
  [0.1, 0.1124629160182849],
  [0.5, 0.5204998778130465],
  [1.0, 0.8427007929497149],
  [1.7670989380165407, 0.9875475116881689],
  [2.4999, 0.9995928300996666],
  [2.5, 0.999593047982555],
  [3.0, 0.9999779095030014],
  [4.5, 0.9999999998033839],
  [5.9, 0.9999999999999999],
  [6.0, 1.0],
] as const;

test("agrees to a relative 2e-15, and is odd", () => {
  for (const [x, expected] of known) {
    assert.ok(Math.abs(erf(x) - expected) <= 2e-15 * expected, `erf ${x} = ${erf(x)}`);
    assert.is(erf(-x), -erf(x));
  }
});

test("is 0 at 0, ±1 at infinity, and NaN of NaN", () => {
  assert.is(erf(0), 0);
  assert.is(erf(Number.POSITIVE_INFINITY), 1);
  assert.is(erf(Number.NEGATIVE_INFINITY), -1);
  assert.ok(Number.isNaN(erf(Number.NaN)));
});

test.run();
