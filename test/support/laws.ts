// What the laws share: cases drawn from a row of the spec table, directions, programs compiled once for each call, comparison.
//
// A row describes endlessly many calls, but every new combination of shapes and options costs a compilation. So a law draws a
// pool of calls first, and then its cases from the pool, each with values of its own.

import { inspect } from "node:util";
import fc from "fast-check";
import * as assert from "uvu/assert";
import { type Dtype, dtypes } from "../../src/core/dtype.ts";
import { printShape, type Shape, sizeOf } from "../../src/core/shape.ts";
import { makeInput } from "../../src/core/tensor.ts";
import * as P from "../../src/index.ts";
import { forAll, pinnedSeed, runsFor } from "./property.ts";
import type { Call, Spec } from "./spec.ts";
import { allSpecs } from "./specs.ts";
import type { Suite } from "./suite.ts";

/** Cases for each call in the pool. */
const casesPerCall = 8;

/** A call with values for its inputs; several values for each where a law asks for copies. */
export class Case {
  readonly call: Call;
  /** values[copy][input] */
  readonly values: readonly (readonly (readonly number[])[])[];
  /** What directions and other free choices are drawn from. */
  readonly seed: number;

  constructor(call: Call, values: Case["values"], seed: number) {
    this.call = call;
    this.values = values;
    this.seed = seed;
  }

  /** The inputs as tensors; `precise` says which dtype `float` stands for. */
  inputs(precise: "f32" | "f64", copy = 0): readonly P.Tensor[] {
    return this.call.inputs.map(({ shape, dtype }, i) =>
      P.tensor(Float64Array.from((this.values[copy] as readonly number[][])[i] as number[]), {
        shape,
        dtype: dtype === "float" ? precise : dtype,
      }),
    );
  }

  /** How a counterexample prints. */
  [inspect.custom](): string {
    const names = this.call.inputs.map(({ shape, dtype }, i) => {
      const all = this.values.map((copy) => inspect(copy[i], { breakLength: Infinity }));
      return `    ${"xyzuvw"[i]} ${dtype}${printShape(shape)} ${all.join(" | ")}`;
    });
    return [this.call.code, ...names, `    seed ${this.seed}`].join("\n");
  }
}

/** Which calls and values a law needs. */
export interface CaseOptions {
  /** Value sets for each input. */
  readonly copies?: number;
  /** Whether a call suits the law. */
  readonly suits?: (call: Call) => boolean;
}

/** Whether something of a call can be differentiated. */
export const hasFloat = ({ inputs }: Call): boolean => inputs.some(({ dtype }) => isFloat(dtype));

const isFloat = (dtype: Dtype | "float"): boolean => dtype === "float" || dtypes[dtype].isFloat;

/** Which inputs of a call are differentiable. */
export const floatsOf = ({ inputs }: Call): readonly number[] =>
  inputs.flatMap(({ dtype }, i) => (isFloat(dtype) ? [i] : []));

/** A first draw, of which a law finds what suits it or learns that nothing does. */
const firstDraw = 60;

/** Cases of a row, or undefined where no call suits. */
const casesOf = (
  { calls }: Spec,
  { copies = 1, suits = () => true }: CaseOptions,
): fc.Arbitrary<Case> | undefined => {
  const size = ({ inputs }: Call) => inputs.reduce((n, { shape }) => n + sizeOf(shape), 0);
  const wanted = Math.ceil(runsFor() / casesPerCall);
  const pool = fc
    .sample(calls, { numRuns: Math.max(firstDraw, 4 * wanted), seed: pinnedSeed() })
    .filter(suits)
    .slice(0, wanted)
    .sort((a, b) => size(a) - size(b)); // counterexamples shrink towards the front
  if (pool.length === 0) return undefined;
  return fc.constantFrom(...pool).chain((call) => {
    const values = fc.tuple(...call.inputs.map((input) => input.values));
    return fc
      .tuple(fc.array(values, { minLength: copies, maxLength: copies }), fc.nat(1e6))
      .map(([drawn, seed]) => new Case(call, drawn, seed));
  });
};

/** Ops that take no tensors: no law about inputs speaks of them. */
export const withoutTensors = ["full", "iota"];

/** Ops that take no floats: no law about derivatives speaks of them. */
export const withoutFloats = [
  ...withoutTensors,
  "randomBits",
  "logicalAnd",
  "logicalOr",
  "logicalXor",
  "logicalNot",
  "oneHot",
  "countBelow",
  "checkIndices",
  "any",
  "all",
];

/** Declares one test for each op: the law over its cases. It must suit some call of every op but those that it leaves out. */
export const forAllOps = (
  test: Suite,
  law: (it: Case, spec: Spec) => unknown,
  options: CaseOptions = {},
  leftOut: readonly string[] = [],
): void => {
  const unsuited: string[] = [];
  for (const [name, spec] of Object.entries<Spec>(allSpecs)) {
    const cases = casesOf(spec, options);
    if (cases === undefined) unsuited.push(name);
    else {
      test(
        name,
        forAll(cases)((it) => law(it, spec)),
      );
    }
  }
  test("speaks of every other op", () => assert.equal(unsuited.sort(), [...leftOut].sort()));
};

/** Keeps what is made for a call, so that the cases of one call share a program. */
export const onceForEach = <V>(make: (call: Call) => V): ((call: Call) => V) => {
  const known = new WeakMap<Call, V>();
  return (call) => {
    const value = known.get(call) ?? make(call);
    known.set(call, value);
    return value;
  };
};

/** Numbers in −1 … 1, multiples of 1/64, none of them 0: mulberry32. */
export const drawFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    const k = ((t ^ (t >>> 14)) >>> 0) % 128;
    return (k < 64 ? k - 64 : k - 63) / 64;
  };
};

/** A tensor of drawn numbers. */
export const drawTensor = (draw: () => number, shape: Shape, dtype: Dtype): P.Tensor =>
  P.tensor(Float64Array.from({ length: sizeOf(shape) }, draw), { shape, dtype });

/** The dtype in which a law weighs results: their own where they are floats. */
export const weightDtype = ({ dtype }: P.Tensor, precise: "f32" | "f64"): "f32" | "f64" =>
  dtype === "f32" || dtype === "f64" ? dtype : precise;

/** The result of a call on placeholders: for its shape and dtype. */
export const resultOf = (call: Call, precise: "f32" | "f64"): P.Tensor => {
  const trace = { name: "resultOf" };
  return call.apply(
    ...call.inputs.map(({ shape, dtype }, i) =>
      makeInput(trace, i, { shape, dtype: dtype === "float" ? precise : dtype }),
    ),
  );
};

/** Σ w · y, where y may be of integers. */
export const weigh = (w: P.Tensor, y: P.Tensor): P.Tensor => P.sum(P.mul(w, P.cast(w.dtype)(y)));

/** ⟨a, b⟩ of lists of tensors, in f64. */
export const inner = (a: readonly P.Tensor[], b: readonly P.Tensor[]): P.Tensor =>
  a
    .map((x, i) => P.sum(P.cast("f64")(P.mul(x, b[i] as P.Tensor))))
    .reduce((x, y) => P.add(x, y), P.scalar(0, "f64"));

/** What a call gives, and the gradients of Σ w · y: what laws compare between two ways of running it. */
export interface Outcome {
  readonly y: P.Tensor;
  readonly gradients: readonly P.Tensor[];
}

/** The call and its gradients as one graph. */
export const outcomeOf = (call: Call, inputs: readonly P.Tensor[], w: P.Tensor): Outcome => {
  const at = floatsOf(call);
  const floats = at.map((i) => inputs[i] as P.Tensor);
  const phi = (...xs: P.Tensor[]) => weigh(w, ofFloats(call, inputs)(...xs));
  return {
    y: call.apply(...inputs),
    gradients: P.grad(phi, { argnums: at.map((_, i) => i) })(...floats) as readonly P.Tensor[],
  };
};

/** The call as a function of its differentiable inputs, the others given. */
export const ofFloats =
  (call: Call, inputs: readonly P.Tensor[]) =>
  (...floats: readonly P.Tensor[]): P.Tensor => {
    const at = floatsOf(call);
    return call.apply(...inputs.map((x, i) => floats[at.indexOf(i)] ?? x));
  };

/** Fails unless |a − b| ≤ tolerance · (1 + |b|) for every element; NaN agrees with NaN, and infinities with themselves. */
export const assertClose = (
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void => {
  assert.is(actual.length, expected.length, `${what}: as many elements`);
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i] as number, expected[i] as number];
    const isClose = Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * (1 + Math.abs(b));
    if (!isClose) assert.unreachable(`${what}: element ${i} is ${a}, ${b} expected`);
  }
};
