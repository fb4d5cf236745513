// Cases of whole training steps: forward, backward and AdamW as one compiled program, the state donated from step to step.
// Before timing, the losses of three steps of a tiny model are compared with those on the reference device.

import type { Tensor } from "../../src/index.ts";
import * as P from "../../src/index.ts";
import { adamW, applyUpdates } from "../../src/nn/index.ts";
import { numbersOf, type Run, requireFinite } from "../measure.ts";
import { type Case, noise } from "./case.ts";

/** A training case at sizes S, of parameters T and data D, both trees of tensors. */
export interface TrainingCase<S, T, D> {
  readonly name: string;
  readonly about: string;
  readonly full: S;
  readonly small: S;
  readonly work: (sizes: S) => number;
  readonly params: (sizes: S) => T;
  readonly data: (sizes: S) => D;
  readonly loss: (sizes: S) => (params: T, data: D) => Tensor;
}

/** A compiled training step, and what it starts from. */
const compiledStep = <S, T, D>(
  spec: TrainingCase<S, T, D>,
  sizes: S,
  device: string,
  fuse = true,
) => {
  const optimizer = adamW({ learningRate: 1e-3 });
  const lossAndGradient = P.valueAndGrad(spec.loss(sizes));
  const step = P.compile(
    (params: T, state: readonly unknown[], data: D) => {
      const [loss, gradient] = lossAndGradient(params, data);
      const [updates, next] = optimizer.update(gradient, state, params);
      return { params: applyUpdates(params, updates), state: next, loss };
    },
    { device, fuse, donate: fuse ? [0, 1] : [] },
  );
  const params = spec.params(sizes);
  return { step, params, state: optimizer.init(params), data: spec.data(sizes) };
};

/** A run of one training step that gives the loss. */
const stepper = <S, T, D>(
  spec: TrainingCase<S, T, D>,
  sizes: S,
  device: string,
  fuse = true,
): Run => {
  const { step, data, ...start } = compiledStep(spec, sizes, device, fuse);
  let { params, state } = start;
  return async () => {
    const next = step(params, state, data);
    ({ params, state } = next);
    await P.ready(next.loss);
    return P.values(next.loss);
  };
};

/** The case with its checks. */
export const trainingCase = <S, T, D>(spec: TrainingCase<S, T, D>): Case => ({
  name: spec.name,
  about: spec.about,
  work: spec.work(spec.full),
  plan: (device, scale = "full") => {
    const { step, params, state, data } = compiledStep(spec, spec[scale], device);
    return step.plan(params, state, data);
  },
  losses: async (device, steps) => {
    const run = stepper(spec, spec.small, device);
    const found: number[] = [];
    for (let i = 0; i < steps; i++) found.push(Number(numbersOf(await run())[0]));
    return found;
  },
  start: async (scale, device) => {
    const here = stepper(spec, spec.small, device);
    // Neither fused nor donated, so that the reference device has something to be checked against too.
    const there = stepper(spec, spec.small, "reference", false);
    for (let i = 0; i < 3; i++) {
      const [got, expected] = [await here(), await there()].map((it) =>
        Number(numbersOf(it)[0]),
      ) as [number, number];
      // f32 against f64; AdamW's first steps have the sign of the gradient, so they amplify rounding near zero.
      if (!(Math.abs(got - expected) <= 1e-3 * Math.abs(expected))) {
        throw new Error(`step ${i} of the small model: loss ${got}, reference ${expected}`);
      }
    }
    return {
      run: stepper(spec, spec[scale], device),
      check: requireFinite,
      checked: "three steps of a small model against reference, unfused",
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
