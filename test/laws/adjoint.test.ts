// Law: jvp and vjp are adjoint, ⟨g, J v⟩ = ⟨Jᵀ g, v⟩, in f64.

import * as assert from "uvu/assert";
import * as P from "../../src/index.ts";
import {
  type Case,
  drawFrom,
  drawTensor,
  floatsOf,
  forAllOps,
  hasFloat,
  inner,
  ofFloats,
  onceForEach,
  resultOf,
  weightDtype,
  withoutFloats,
} from "../support/laws.ts";
import { suite } from "../support/suite.ts";

interface Point {
  readonly inputs: readonly P.Tensor[];
  readonly g: P.Tensor;
  readonly v: readonly P.Tensor[];
}

const products = onceForEach((call) =>
  P.compile(({ inputs, g, v }: Point) => {
    // Results of integers have no cotangents; as floats they have, and derivatives of 0.
    const f = (...floats: P.Tensor[]) => P.cast(g.dtype)(ofFloats(call, inputs)(...floats));
    const floats = floatsOf(call).map((i) => inputs[i] as P.Tensor);
    const forward = P.jvp(f, floats, [...v]);
    const backward = P.vjp(f, ...floats);
    return {
      pushed: inner([g], [forward.tangent]),
      pulled: inner(backward.pullback(g), v),
      size: inner([P.abs(g)], [P.abs(forward.tangent)]),
    };
  }),
);

const law = (it: Case): void => {
  const draw = drawFrom(it.seed);
  const inputs = it.inputs("f64");
  const result = resultOf(it.call, "f64");
  const g = drawTensor(draw, result.shape, weightDtype(result, "f64"));
  const v = floatsOf(it.call).map((i) => {
    const { shape, dtype } = inputs[i] as P.Tensor;
    return drawTensor(draw, shape, dtype);
  });
  const { pushed, pulled, size } = products(it.call)({ inputs, g, v });
  const [a, b] = [P.item(pushed), P.item(pulled)];
  // Some hundred roundings of terms of this size.
  if (!(Math.abs(a - b) <= 1e-12 * (1 + P.item(size))))
    assert.unreachable(`⟨g, J v⟩ is ${a}, ⟨Jᵀ g, v⟩ is ${b}`);
};

const test = suite("jvp and vjp");
forAllOps(test, law, { suits: hasFloat }, withoutFloats);
test.run();
