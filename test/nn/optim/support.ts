// What the tests of optimisers share: small trees of f64, and several updates with the same gradient.

import fc from "fast-check";
import { type Tensor, tensor } from "../../../src/index.ts";
import type { Optimizer } from "../../../src/nn/index.ts";

/** A matrix and a vector. */
export interface Layer {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** A tree with a record, an array, a matrix, a vector and a scalar. */
export interface Params {
  readonly layers: readonly Layer[];
  readonly gain: Tensor;
}

/** Values as f64. */
export const f64 = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: "f64" });

/** Multiples of 1/32 in −3 … 3. */
export const numbers: fc.Arbitrary<number> = fc.integer({ min: -96, max: 96 }).map((k) => k / 32);

const rows = fc.tuple(fc.tuple(numbers, numbers), fc.tuple(numbers, numbers));

/** Parameters or gradients. */
export const trees: fc.Arbitrary<Params> = fc
  .record({ weight: rows, bias: fc.tuple(numbers, numbers), gain: numbers })
  .map(({ weight, bias, gain }) => ({
    layers: [{ weight: f64(weight), bias: f64(bias) }],
    gain: f64(gain),
  }));

/** The updates for gradients that come one after the other, at fixed parameters, and the last state. */
export const run = <S>(
  optimizer: Optimizer<S>,
  gradients: readonly Params[],
  params: Params,
): { readonly updates: readonly Params[]; readonly state: S } => {
  let state = optimizer.init(params);
  const updates = gradients.map((gradient) => {
    const [update, next] = optimizer.update(gradient, state, params);
    state = next;
    return update;
  });
  return { updates, state };
};

/** The first update. */
export const first = (optimizer: Optimizer, gradient: Params, params: Params = gradient): Params =>
  optimizer.update(gradient, optimizer.init(params), params)[0];
