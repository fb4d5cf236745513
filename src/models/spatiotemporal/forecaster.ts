// A forecaster of service metrics on a call graph: graph convolution over the services of each
// minute, a gated recurrence over the minutes, a time encoding, and a head for every target and
// horizon. After Xue et al., "Multi-level service performance forecasting via spatiotemporal graph
// neural networks", arXiv 2508.07122, of which only the abstract was at hand; our choices:
//
//   - calls are directed: one adjacency for callers and one for callees, each with its own weight
//   - the clock enters as sine and cosine of each cycle's phase beside the features
//   - services have an embedding of their own, since their metrics react differently to one load
//   - the head adds to the last measured value, so that an untrained model is close to the
//     last-value baseline

import type { Tensor } from "../../core/tensor.ts";
import * as GraphConvolution from "../../nn/graph/graphConvolution.ts";
import * as Gru from "../../nn/gru.ts";
import * as Linear from "../../nn/linear.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { expand, reshape } from "../../ops/broadcast.ts";
import { tensor } from "../../ops/create.ts";
import { cos, sin } from "../../ops/functions.ts";
import { take } from "../../ops/gather.ts";
import { relu } from "../../ops/piecewise.ts";
import { normal, splitKey } from "../../ops/random.ts";
import { narrow } from "../../ops/slice.ts";
import { concat, expandDims, permute, squeeze } from "../../ops/structural.ts";

/** Sizes of a forecaster. */
export interface Config {
  readonly nodes: number;
  readonly features: number;
  /** Positions of the targets among the features. */
  readonly targets: readonly number[];
  /** How many horizons each target is forecast for. */
  readonly horizons: number;
  /** Cycles whose phase is given by the clock. */
  readonly cycles: number;
  readonly adjacencies: number;
  /** Width of a node's own embedding. */
  readonly embedding: number;
  /** Width of the graph convolution and of the recurrent state. */
  readonly hidden: number;
}

/** Everything that is trained. */
export interface Params {
  /** [nodes, embedding] */
  readonly nodes: Tensor;
  readonly graph: GraphConvolution.Params;
  readonly recurrent: Gru.Params;
  readonly head: Linear.Params;
}

/**
 * Random weights; the head starts at a tenth of its usual size, near the last-value forecast.
 */
export const init = (key: Tensor, config: Config): Params => {
  const [a, b, c, d] = splitKey(key, 4);
  const { nodes, features, targets, horizons, cycles, adjacencies, embedding, hidden } = config;
  const inputs = features + 2 * cycles + embedding;
  const head = Linear.init(d, { inputs: 2 * hidden, outputs: targets.length * horizons });
  return {
    nodes: mul(normal(a, [nodes, embedding]), 0.5),
    graph: GraphConvolution.init(b, { inputs, outputs: hidden, adjacencies }),
    recurrent: Gru.init(c, { inputs: hidden, hidden }),
    head: { ...head, weight: mul(head.weight, 0.1) },
  };
};

/** What a forecaster sees of a batch. */
export interface Inputs {
  /** [batch, window, nodes, features] in deviations. */
  readonly x: Tensor;
  /** [batch, window, cycles + 1]: phases in 0…1, then hours, which are not used. */
  readonly clock: Tensor;
}

/**
 * Forecasts in deviations.
 *
 *   adjacencies, each [nodes, nodes], normalised
 *   x [batch, window, nodes, features]   clock [batch, window, cycles + 1]
 *   → [batch, nodes, targets, horizons]
 */
export const apply =
  (params: Params, adjacencies: readonly Tensor[], config: Config) =>
  ({ x, clock }: Inputs): Tensor => {
    const [batch, window, nodes] = x.shape as [number, number, number, number]; // four axes
    const { targets, horizons, cycles, embedding } = config;
    const everywhere = (part: Tensor, width: number): Tensor =>
      expand([batch, window, nodes, width])(part);
    const angle = mul(narrow(clock, 2, 0, cycles), 2 * Math.PI);
    const time = expandDims(2)(concat({ axis: 2 })([sin(angle), cos(angle)]));
    const inputs = concat({ axis: 3 })([
      x,
      everywhere(time, 2 * cycles),
      everywhere(params.nodes, embedding),
    ]); // [batch, window, nodes, features + 2·cycles + embedding]
    const mixed = relu(GraphConvolution.apply(params.graph, adjacencies)(inputs));
    const states = Gru.states(params.recurrent)(permute([0, 2, 1, 3])(mixed));
    const present = (minutes: Tensor): Tensor => squeeze(1)(narrow(minutes, 1, window - 1, 1));
    const known = concat({ axis: 2 })([states.at(-1) as Tensor, present(mixed)]); // a window is ≥ 1
    const change = Linear.apply(params.head)(known); // [batch, nodes, targets · horizons]
    const last = take({ axis: 2 })(present(x), tensor([...targets], { dtype: "i32" }));
    return add(reshape([batch, nodes, targets.length, horizons])(change), expandDims(3)(last));
  };
