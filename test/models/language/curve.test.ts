// A training run goes as PyTorch's from the same weights on the same batches: losses that test/golden/curve.ts had from PyTorch in f64.

import * as assert from "uvu/assert";
import {
  apart,
  type Curve,
  type CurveName,
  curveOf,
  goldenLosses,
  lossesOf,
} from "../../golden/curves.ts";
import { testOnData } from "../../support/data.ts";
import { suite } from "../../support/suite.ts";

const test = suite("training beside PyTorch");

const check = async (name: CurveName): Promise<void> => {
  const curve = curveOf(name) as Curve; // its text is there
  const losses = await lossesOf(curve, "cpu");
  const golden = goldenLosses(name);
  assert.is(losses.length, golden.length);
  assert.ok((losses.at(-1) as number) < (losses[0] as number) - 0.4, "it learns");
  // f32 against f64, of rounding that a hundred updates carry on: 1e-6 were seen.
  const { distance, update } = apart(losses, golden);
  assert.ok(distance <= 2e-5, `${distance} apart at update ${update}`);
};

test("a small model through warm-up and decay", () => check("small"));

testOnData(test, "tinyshakespeare", "nanoGPT's setting, the first hundred updates", () =>
  check("nano"),
);

test.run();
