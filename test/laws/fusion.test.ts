// Law: what is fused does not change what is computed. Values and gradients with fusion are those without, where every op has a
// kernel of its own.

import * as P from "../../src/index.ts";
import {
  assertClose,
  type Case,
  drawFrom,
  drawTensor,
  forAllOps,
  onceForEach,
  outcomeOf,
  resultOf,
  weightDtype,
} from "../support/laws.ts";
import { suite } from "../support/suite.ts";

const tolerance = 1e-14; // the same f64 operations in the same order, but for constants folded

const programs = onceForEach((call) => {
  const f = (inputs: readonly P.Tensor[], w: P.Tensor) => outcomeOf(call, inputs, w);
  return { fused: P.compile(f), unfused: P.compile(f, { fuse: false }) };
});

const law = (it: Case): void => {
  const inputs = it.inputs("f64");
  const result = resultOf(it.call, "f64");
  const w = drawTensor(drawFrom(it.seed), result.shape, weightDtype(result, "f64"));
  const { fused, unfused } = programs(it.call);
  const [a, b] = [fused(inputs, w), unfused(inputs, w)];
  assertClose(P.values(a.y), P.values(b.y), tolerance, "value");
  a.gradients.forEach((gradient, i) =>
    assertClose(
      P.values(gradient),
      P.values(b.gradients[i] as P.Tensor),
      tolerance,
      `gradient ${i}`,
    ),
  );
};

const test = suite("fusion");
forAllOps(test, law);
test.run();
