// Law: gradients are those of the values. Along random directions, in f64, the slope and the curvature that `grad` gives are those of
// central differences: tolerances of the gradient check (eps 1e-6, atol 1e-5, rtol 1e-3).

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
  weigh,
  weightDtype,
  withoutFloats,
} from "../support/laws.ts";
import type { Call, Spec } from "../support/spec.ts";
import { suite } from "../support/suite.ts";

interface Point {
  readonly inputs: readonly P.Tensor[];
  /** Weights of the results: φ = Σ w · y. */
  readonly w: P.Tensor;
  /** Directions in which φ, and ψ = ⟨∇φ, e⟩, are differentiated. */
  readonly d: readonly P.Tensor[];
  readonly e: readonly P.Tensor[];
}

const derivatives = onceForEach((call) =>
  P.compile(({ inputs, w, d, e }: Point) => {
    const argnums = floatsOf(call).map((_, i) => i);
    const phi = (...floats: P.Tensor[]) => weigh(w, ofFloats(call, inputs)(...floats));
    const psi = (...floats: P.Tensor[]) => inner(P.grad(phi, { argnums })(...floats), e);
    const floats = floatsOf(call).map((i) => inputs[i] as P.Tensor);
    return {
      phi: phi(...floats),
      slope: inner(P.grad(phi, { argnums })(...floats), d),
      psi: psi(...floats),
      curvature: inner(P.grad(psi, { argnums })(...floats), d),
    };
  }),
);

const agree = (what: string, analytic: number, numeric: number): void => {
  if (!(Math.abs(analytic - numeric) <= 1e-5 + 1e-3 * Math.abs(numeric)))
    assert.unreachable(`${what}: ${analytic} by grad, ${numeric} by central differences`);
};

const law = (it: Case, { step = 1e-6, stopsGradient }: Spec): void => {
  const { call, seed } = it;
  const draw = drawFrom(seed);
  const inputs = it.inputs("f64");
  const result = resultOf(it.call, "f64");
  const at = floatsOf(call);
  const direction = () =>
    at.map((i) => drawTensor(draw, (inputs[i] as P.Tensor).shape, (inputs[i] as P.Tensor).dtype));
  const [w, d, e] = [
    drawTensor(draw, result.shape, weightDtype(result, "f64")),
    direction(),
    direction(),
  ];
  const moved = (by: number) =>
    inputs.map((x, i) => {
      const along = d[at.indexOf(i)];
      if (along === undefined) return x;
      const [values, delta] = [Float64Array.from(P.values(x)), P.values(along)];
      return P.tensor(
        values.map((value, k) => value + by * (delta[k] as number)),
        { shape: x.shape, dtype: x.dtype },
      );
    });
  const run = derivatives(call);
  const here = run({ inputs, w, d, e });
  const slope = P.item(here.slope);
  const curvature = P.item(here.curvature);
  if (stopsGradient !== undefined) {
    assert.equal([slope, curvature], [0, 0], "a stopped gradient");
    return;
  }
  const [after, before] = [
    run({ inputs: moved(step), w, d, e }),
    run({ inputs: moved(-step), w, d, e }),
  ];
  agree("slope", slope, (P.item(after.phi) - P.item(before.phi)) / (2 * step));
  agree("curvature", curvature, (P.item(after.psi) - P.item(before.psi)) / (2 * step));
};

const test = suite("gradients");
const suits = (call: Call): boolean => hasFloat(call) && call.isStaircase !== true;
forAllOps(test, law, { suits }, withoutFloats);
test.run();
