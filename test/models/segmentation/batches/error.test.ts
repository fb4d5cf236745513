// What a promise is rejected with as a value, where it is a problem of pictures.

import * as assert from "uvu/assert";
import { ImageError, orProblem } from "../../../../src/models/segmentation/batches/error.ts";
import { invalidOption } from "../../../../src/models/segmentation/data/problem.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("orProblem");

test("gives what was made, or the problem of pictures, and throws anything else on", async () => {
  const problem = invalidOption("somebody", "one expected", "none");
  assert.equal(await orProblem(async () => 1)(), { _tag: "Right", right: 1 });
  const rejected = await orProblem(() => Promise.reject(new ImageError(problem)))();
  assert.equal(rejected, { _tag: "Left", left: problem });
  const bug = new TypeError("a bug");
  const thrown = await orProblem(() => Promise.reject(bug))().catch((error) => error);
  assert.is(thrown, bug);
});

test.run();
