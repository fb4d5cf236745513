// Programs that graphs of one form share: each graph computes with leaves of its own.

import * as assert from "uvu/assert";
import * as P from "../../../src/index.ts";
import { suite } from "../../support/suite.ts";

const test = suite("evaluate");

test("a program that is found again computes with the leaves of its own graph", () => {
  const row = P.transpose(P.tensor([[1], [2], [3], [4]]));
  P.evaluate(row); // a leaf from now on, though it still knows what it was made of
  assert.equal(P.toArray(P.transpose(row)), [[1], [2], [3], [4]]);
  assert.equal(P.toArray(P.transpose(P.tensor([[7, 8, 9, 10]]))), [[7], [8], [9], [10]]);
});

test("nor does it keep the value of a constant that was computed", () => {
  const zeros = P.zeros([3]);
  P.evaluate(zeros);
  const x = P.tensor([1, 2, 3]);
  assert.equal(P.toArray(P.sub(x, zeros)), [1, 2, 3]);
  assert.equal(P.toArray(P.sub(x, P.tensor([4, 5, 6]))), [-3, -3, -3]);
});

test.run();
