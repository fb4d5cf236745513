// Who hears whom in a forecaster: the normalised adjacencies of a call graph, the same at all times, or
// as the calls over its edges weigh at each step.

import { fail } from "../../../core/errors.ts";
import { evaluate } from "../../../core/run/evaluate.ts";
import type { Tensor } from "../../../core/tensor.ts";
import * as Graph from "../../../nn/graph/index.ts";
import { add, div, maximum } from "../../../ops/arithmetic.ts";
import { ones } from "../../../ops/create.ts";
import { log1p } from "../../../ops/functions.ts";
import { mean } from "../../../ops/reduce.ts";
import { narrow } from "../../../ops/slice.ts";
import { squeeze, transpose } from "../../../ops/structural.ts";
import type { Edge } from "../series.ts";
import type { Config } from "./config.ts";

/** A directed graph of calls. */
export interface CallGraph {
  readonly nodes: number;
  readonly pairs: readonly Edge[];
  /** [pairs]; all 1 when absent. */
  readonly weights?: Tensor;
  /** What is heard through it, when that was computed before. */
  readonly hearing?: Hearing;
}

/** What a forecaster hears through, [..., nodes, nodes] each. */
export interface Hearing {
  /** Normalised as Kipf & Welling have it, with self loops: one for each direction. */
  readonly adjacencies: readonly Tensor[];
  /** Rows of sum 1 over callers and callees, or of 0. */
  readonly mean: Tensor;
}

/** A dense adjacency for each direction, not normalised; of calls either way, "either" has the larger weight. */
const directed = ({ nodes, pairs }: CallGraph, weights: Tensor) => {
  const heard = Graph.toDense(Graph.edges({ nodes })(pairs, weights)); // [..., nodes, nodes]
  const either = maximum(heard, transpose(heard));
  return {
    in: [heard],
    out: [transpose(heard)],
    both: [heard, transpose(heard)],
    either: [either],
  } satisfies Record<Config["direction"], readonly Tensor[]>;
};

/** Whom nodes hear, and how much they hear themselves: A + selfLoops · I, 1 by default. */
export interface HearingOptions extends Pick<Config, "direction"> {
  readonly selfLoops?: number;
}

/**
 * What a forecaster hears through, when edges weigh the same at all times, [nodes, nodes] each.
 */
export const hearingOf = (graph: CallGraph, options: HearingOptions): Hearing =>
  normalised(directed(graph, graph.weights ?? ones([graph.pairs.length])), options);

const normalised = (
  all: ReturnType<typeof directed>,
  { direction, selfLoops = 1 }: HearingOptions,
): Hearing => ({
  adjacencies: all[direction].map(Graph.symmetric({ selfLoops })),
  mean: Graph.randomWalk()(all.either[0] as Tensor), // one
});

/**
 * The same when edges weigh as the calls over them, log(1 + rate) beside its mean over the window's steps
 * and edges, so that busy hours do not drown the self loops: [batch, window, nodes, nodes] each.
 *
 *   rates [batch, window, pairs] in calls per second
 *
 * Fails with InvalidArgument without rates.
 */
export const hearingAt = (
  graph: CallGraph,
  options: HearingOptions,
  rates: Tensor | undefined,
): Hearing => {
  if (rates === undefined)
    return fail(
      "Forecaster.apply",
      "InvalidArgument",
      "rates of calls expected, since edges weigh as calls",
      "none",
      'the data has no rates of calls: choose edges "given"',
    );
  const busy = log1p(rates);
  const usual = add(mean({ axis: [1, 2], keepDims: true })(busy), 1e-6);
  return normalised(directed(graph, div(busy, usual)), options);
};

/** The graph with what is heard through it computed, so that no step computes it again. */
export const withHearing = <G extends CallGraph>(
  graph: G,
  options: HearingOptions,
): G & { readonly hearing: Hearing } => ({
  ...graph,
  hearing: evaluate(hearingOf(graph, options), { device: "reference" }),
});

/** An adjacency at a step of the window: the same one, or that of the step. */
export const atStep = (adjacency: Tensor, step: number): Tensor =>
  adjacency.shape.length === 2 ? adjacency : squeeze(1)(narrow(adjacency, 1, step, 1));
