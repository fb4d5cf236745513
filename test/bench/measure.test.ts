// The timing protocol, and the numbers that cases are filled with.

import * as assert from "uvu/assert";
import { noise } from "../../bench/cases/case.ts";
import { measure, median, requireFinite } from "../../bench/measure.ts";
import { suite } from "../support/suite.ts";

const test = suite("measure");

test("takes as many samples as it is told to, after three calls to warm up", async () => {
  let calls = 0;
  const run = (): number[] => {
    calls += 1;
    return [calls];
  };
  const seen: ArrayLike<number>[] = [];
  const { samples } = await measure(run, (result) => seen.push(result), {
    repeat: 4,
    budgetMs: 10_000,
  });
  assert.is(samples.length, 4);
  assert.ok(calls >= 3 + 1 + 4, "warm-up, one call to estimate, four samples");
  assert.equal(seen, [[1]], "only the first result is checked");
});

test("takes eleven samples or more when time allows", async () => {
  const { samples } = await measure(() => [0], requireFinite, { repeat: 0, budgetMs: 1000 });
  assert.ok(samples.length >= 11);
});

test("takes fewer samples of what is slow", async () => {
  const slow = (): Promise<number[]> =>
    new Promise((resolve) => setTimeout(() => resolve([0]), 30));
  const { samples } = await measure(slow, requireFinite, { repeat: 0, budgetMs: 100 });
  assert.ok(samples.length >= 1 && samples.length <= 3, `${samples.length} samples of 30 ms`);
});

test("counts what calls spend inside programs, and take together, once they have settled", async () => {
  let [inside, calls] = [0, 0];
  const run = async (): Promise<number[]> => {
    inside += calls++ === 0 ? 1000 : 2;
    await new Promise((resolve) => setTimeout(resolve, 5));
    return [inside];
  };
  const budget = { repeat: 4, budgetMs: 2000 };
  const { insideMs, loopMs } = await measure(run, requireFinite, budget, () => inside);
  assert.ok(insideMs < 2 * (calls - 1), `${insideMs} ms inside, ${calls} calls`);
  assert.ok(loopMs >= 2 * insideMs, `${loopMs} ms, ${insideMs} inside`);
  assert.is((await measure(run, requireFinite, budget)).insideMs, 0);
});

test("stops at a result that is not finite", async () => {
  try {
    await measure(() => [1, Number.NaN], requireFinite, { repeat: 1, budgetMs: 1 });
  } catch (error) {
    return assert.is(String(error), "Error: entry 1 of the result is NaN");
  }
  assert.unreachable("an error was expected");
});

test("finds the median of odd and even counts", () => {
  assert.is(median([5, 1, 3]), 3);
  assert.is(median([4, 1, 3, 2]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

test("fills cases with repeatable noise in −1 … 1 of mean 0 and variance 1/3", () => {
  const drawn = noise(7, 20_000);
  assert.equal(noise(7, 5), drawn.slice(0, 5));
  assert.ok(drawn.every((x) => x >= -1 && x < 1));
  const mean = drawn.reduce((a, b) => a + b, 0) / drawn.length;
  const variance = drawn.reduce((a, b) => a + (b - mean) ** 2, 0) / drawn.length;
  assert.ok(Math.abs(mean) < 0.02, `mean ${mean}`); // four standard errors of 0.0041
  assert.ok(Math.abs(variance - 1 / 3) < 0.01, `variance ${variance}`);
});

test.run();
