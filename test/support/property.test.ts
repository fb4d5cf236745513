// The property helper itself: what it generates is repeatable, and what it reports is enough to repeat.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { forAll, PropertyError } from "./property.ts";
import { suite } from "./suite.ts";

const test = suite("forAll");

async function failureOf(body: () => void | Promise<void>): Promise<PropertyError> {
  try {
    await body();
  } catch (error) {
    if (error instanceof PropertyError) return error;
    throw error;
  }
  throw new Error("the property holds");
}

test(
  "names the parts of a generated record",
  forAll({ a: fc.integer(), b: fc.integer() })(({ a, b }) => assert.is(a + b, b + a)),
);

test("generates the same cases every time", async () => {
  const draw = async (): Promise<readonly number[]> => {
    const drawn: number[] = [];
    await forAll(fc.integer(), { runs: 20 })((value) => {
      drawn.push(value);
    })();
    return drawn;
  };
  assert.equal(await draw(), await draw());
});

test("reports the seed and the smallest counterexample", async () => {
  const body = forAll({ n: fc.nat() })(({ n }) => assert.ok(n < 100, "n < 100 expected"));
  const { message } = await failureOf(body);
  assert.match(message, "{ n: 100 }");
  assert.match(message, "because n < 100 expected");
  assert.match(message, /again with PULLBACK_SEED=\d+/);
});

test("fails a property that returns false or rejects", async () => {
  await failureOf(forAll(fc.nat())((n) => n < 5));
  await failureOf(forAll(fc.nat())(async () => Promise.reject(new Error("no"))));
});

test.run();
