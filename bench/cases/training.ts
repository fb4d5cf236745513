// Cases of whole training steps: forward, backward and AdamW as one compiled program, the state donated from step to step.
// Before timing, the losses of three steps of a tiny model are compared with those on the reference device.

import type { Tensor, Tree } from "../../src/index.ts";
import * as P from "../../src/index.ts";
import { type Run, requireFinite } from "../measure.ts";
import { type Case, noise } from "./case.ts";

/** A training case at sizes S, of parameters T and data D. */
export interface TrainingCase<S, T extends Tree, D extends Tree> {
  readonly name: string;
  readonly about: string;
  readonly full: S;
  readonly small: S;
  readonly work: (sizes: S) => number;
  readonly params: (sizes: S) => T;
  readonly data: (sizes: S) => D;
  readonly loss: (sizes: S) => (params: T, data: D) => Tensor;
}

/** AdamW's state: parameters, both moments, and the number of steps taken. */
type State<T extends Tree> = {
  readonly params: T;
  readonly mean: T;
  readonly square: T;
  readonly steps: Tensor;
};

const [rate, decay, beta1, beta2, eps] = [1e-3, 1e-2, 0.9, 0.999, 1e-8]; // PyTorch's defaults

/** Loshchilov & Hutter, "Decoupled weight decay regularization", 2019, algorithm 2. */
const adamW = <T extends Tree>(state: State<T>, gradient: T): State<T> => {
  const steps = P.add(state.steps, 1);
  const unbiased = (beta: number): Tensor => P.sub(1, P.exp(P.mul(steps, Math.log(beta))));
  const blend = (beta: number) => (old: Tensor, now: Tensor) =>
    P.add(P.mul(old, beta), P.mul(now, 1 - beta));
  const mean = P.zipTrees(blend(beta1), state.mean, gradient);
  const square = P.zipTrees(blend(beta2), state.square, P.mapTree(gradient, P.square));
  const move = (p: Tensor, m: Tensor, v: Tensor): Tensor => {
    const size = P.add(P.sqrt(P.div(v, unbiased(beta2))), eps);
    const direction = P.add(P.div(P.div(m, unbiased(beta1)), size), P.mul(p, decay));
    return P.sub(p, P.mul(direction, rate));
  };
  return { params: P.zipTrees(move, state.params, mean, square), mean, square, steps };
};

/** A run of one training step that gives the loss. */
const stepper = <S, T extends Tree, D extends Tree>(
  spec: TrainingCase<S, T, D>,
  sizes: S,
  device: string,
): Run => {
  const loss = P.valueAndGrad(spec.loss(sizes));
  const step = P.compile(
    (state: State<T>, data: D) => {
      const [value, gradient] = loss(state.params, data);
      return { state: adamW(state, gradient), loss: value };
    },
    { device, donate: [0] },
  );
  const params = spec.params(sizes);
  const zeros = P.mapTree(params, (p) => P.zeros(p.shape));
  let state: State<T> = { params, mean: zeros, square: zeros, steps: P.scalar(0) };
  const data = spec.data(sizes);
  return async () => {
    const next = step(state, data);
    state = next.state;
    await P.ready(next.loss);
    return P.values(next.loss);
  };
};

/** The case with its checks. */
export const trainingCase = <S, T extends Tree, D extends Tree>(
  spec: TrainingCase<S, T, D>,
): Case => ({
  name: spec.name,
  about: spec.about,
  work: spec.work(spec.full),
  start: async (scale, device) => {
    const here = stepper(spec, spec.small, device);
    const there = stepper(spec, spec.small, "reference");
    for (let i = 0; i < 3; i++) {
      const [got, expected] = [Number((await here())[0]), Number((await there())[0])];
      // f32 against f64; AdamW's first steps have the sign of the gradient, so they amplify rounding near zero.
      if (!(Math.abs(got - expected) <= 1e-3 * Math.abs(expected))) {
        throw new Error(`step ${i} of the small model: loss ${got}, reference ${expected}`);
      }
    }
    return {
      run: stepper(spec, spec[scale], device),
      check: requireFinite,
      checked: "three steps of a small model against reference",
    };
  },
});

/** A sequence of parameters and data: every call gives new numbers. */
export interface Draw {
  /** Numbers in −scale … scale. */
  readonly weights: (shape: readonly number[], scale?: number) => Tensor;
  /** Numbers in 0 … 1. */
  readonly fractions: (shape: readonly number[]) => Tensor;
  /** Integers in 0 … below − 1. */
  readonly labels: (shape: readonly number[], below: number) => Tensor;
}

/** Seeded draws. */
export const draw = (seed: number): Draw => {
  let calls = 0;
  const next = (shape: readonly number[]): Float32Array =>
    noise(
      seed * 1000 + calls++,
      shape.reduce((a, b) => a * b, 1),
    );
  return {
    weights: (shape, scale = 0.1) =>
      P.tensor(
        next(shape).map((x) => scale * x),
        { shape },
      ),
    fractions: (shape) =>
      P.tensor(
        next(shape).map((x) => (x + 1) / 2),
        { shape },
      ),
    labels: (shape, below) =>
      P.tensor(
        Int32Array.from(next(shape), (x) => Math.floor(((x + 1) / 2) * below)),
        { shape },
      ),
  };
};

/** x · w + b */
export const dense = (x: Tensor, { w, b }: { readonly w: Tensor; readonly b: Tensor }): Tensor =>
  P.add(P.matmul(x, w), b);

/** Mean squared difference. */
export const meanSquare = (a: Tensor, b: Tensor): Tensor => P.mean(P.square(P.sub(a, b)));

/** Mean cross-entropy of logits [n, classes] and labels [n]. */
export const crossEntropy = (logits: Tensor, labels: Tensor): Tensor =>
  P.neg(
    P.mean(
      P.takeAlongAxis({ axis: 1 })(P.logSoftmax({ axis: 1 })(logits), P.expandDims(1)(labels)),
    ),
  );
