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

const programs = onceForEach((call) => {
  const f = (inputs: readonly P.Tensor[], w: P.Tensor) => outcomeOf(call, inputs, w);
  return { fused: P.compile(f), unfused: P.compile(f, { fuse: false }) };
});

/** To the last bit: the same operations in the same order, rounded as if each result were stored. */
const lawIn =
  (precise: "f32" | "f64") =>
  (it: Case): void => {
    const inputs = it.inputs(precise);
    const result = resultOf(it.call, precise);
    const w = drawTensor(drawFrom(it.seed), result.shape, weightDtype(result, precise));
    const { fused, unfused } = programs(it.call);
    const [a, b] = [fused(inputs, w), unfused(inputs, w)];
    assertClose(P.values(a.y), P.values(b.y), 0, "value");
    a.gradients.forEach((gradient, i) => {
      assertClose(P.values(gradient), P.values(b.gradients[i] as P.Tensor), 0, `gradient ${i}`);
    });
  };

for (const precise of ["f32", "f64"] as const) {
  const test = suite(`fusion in ${precise}`);
  forAllOps(test, lawIn(precise));
  test.run();
}
