// What f16 loses of gradients for want of range: those of a scaled loss, stored in 16 bits on their way, beside those of f32.

import * as E from "fp-ts/lib/Either.js";
import {
  compile,
  div,
  key,
  leavesOf,
  mapTree,
  mul,
  ready,
  scalar,
  type Tensor,
  values,
} from "../../../src/index.ts";
import { Language } from "../../../src/models/index.ts";
import {
  fullPrecision,
  mixedPrecision,
  printFitProblem,
  valueAndGradUnder,
} from "../../../src/nn/index.ts";
import { distance } from "./wayCosts.ts";
import type { Setting } from "./ways.ts";

/** What came of gradients, over the numbers of all leaves. */
export interface ScaleError {
  /** By which the loss is multiplied, and its gradient divided. */
  readonly scale: number;
  /** |difference| / |gradient| to those of f32, all leaves taken as one; not finite where something overflowed. */
  readonly error: number;
  /** The same in the leaf where it is greatest. */
  readonly worst: number;
  /** The share of numbers that are 0 and are not in f32. */
  readonly lost: number;
}

/** Parameters after so many updates in f32 by random pieces of the text. */
export const paramsAfter = async (
  iterations: number,
  { config, batchSize, time, learningRate, corpus }: Setting,
): Promise<Language.Params> => {
  const params = Language.init(key(0), config);
  if (iterations === 0) return params;
  const options = { seed: 0, iterations, batchSize, time, learningRate };
  const run = await Language.train(corpus, Language.learnerOf(config, params), options)();
  if (E.isLeft(run))
    throw new Error(`${iterations} updates expected, got: ${printFitProblem(run.left)}`);
  return run.right.params;
};

/** The gradient at parameters under a policy, of the loss at a scale. */
const gradientUnder = ({ config }: Setting, params: Language.Params, precision: "f32" | "f16") => {
  const { loss } = Language.learnerOf(config, params);
  const policy = precision === "f32" ? fullPrecision : mixedPrecision(precision);
  const slope = compile((at: Language.Params, batch: Language.Batch, scale: Tensor) => {
    const scaled = (own: Language.Params) => mul(scale)(loss(own, batch, key(0)));
    const [, gradient] = valueAndGradUnder(policy)(scaled)(at);
    return mapTree(gradient, div(scale));
  });
  return async (batch: Language.Batch, scale: number): Promise<readonly Float32Array[]> =>
    leavesOf(await ready(slope(params, batch, scalar(scale)))).map((leaf) =>
      Float32Array.from(values(leaf)),
    );
};

/** The numbers of all leaves, one after the other. */
const joined = (leaves: readonly Float32Array[]): Float32Array =>
  Float32Array.from(leaves.flatMap((leaf) => [...leaf]));

/** How far gradients are from those that are wanted. */
export const scaleErrorOf = (
  scale: number,
  got: readonly Float32Array[],
  wanted: readonly Float32Array[],
): ScaleError => {
  const [all, allWanted] = [joined(got), joined(wanted)];
  return {
    scale,
    error: distance(all, allWanted),
    worst: Math.max(...wanted.map((leaf, i) => distance(got[i] as Float32Array, leaf))), // leaves of one model
    lost: all.filter((x, i) => x === 0 && allWanted[i] !== 0).length / all.length,
  };
};

/** What f16 makes of the gradient of one update at each scale. */
export const scaleErrors = async (
  setting: Setting,
  params: Language.Params,
  scales: readonly number[],
): Promise<readonly ScaleError[]> => {
  const [batch] = (await setting.batches(1)) as [Language.Batch]; // one was asked for
  const wanted = await gradientUnder(setting, params, "f32")(batch, 1);
  const rounded = gradientUnder(setting, params, "f16");
  const errors: ScaleError[] = [];
  for (const scale of scales) errors.push(scaleErrorOf(scale, await rounded(batch, scale), wanted));
  return errors;
};
