// Where kernels begin to read.

import * as assert from "uvu/assert";
import { flip, slice, tensor, toArray } from "../../../src/index.ts";
import { suite } from "../../support/suite.ts";

const test = suite("rebaseKernel");

test("keeps what a flipped axis reads inside of its buffer", () => {
  const x = tensor([[1], [2], [3], [4]]);
  assert.equal(toArray(flip({ axis: [0] })(x)), [[4], [3], [2], [1]]);
  assert.equal(toArray(slice({ start: [2] })(flip({ axis: [0] })(x))), [[2], [1]]);
});

test.run();
