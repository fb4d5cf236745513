// A forecaster of service metrics on a call graph: graph convolutions over the services of each step, a
// gated recurrence over the steps, a time encoding, and a head for every target and horizon. After Xue et
// al., "Multi-level service performance forecasting via spatiotemporal graph neural networks", arXiv
// 2508.07122, of which only the abstract was at hand; our choices:
//
//   - calls are directed: one adjacency for callers and one for callees, each with its own weight
//   - the clock enters as sines of each cycle's phase, beside the features and again before the head
//   - services have an embedding of their own, since their metrics react differently to one load
//   - a linear regression on the window is added, so that the rest has to explain only what is left;
//     without it the head adds to the last measured value

import type { Tensor } from "../../../core/tensor.ts";
import * as Dropout from "../../../nn/dropout.ts";
import * as GraphConvolution from "../../../nn/graph/graphConvolution.ts";
import * as Gru from "../../../nn/gru.ts";
import * as Linear from "../../../nn/linear.ts";
import { add, mul, neg } from "../../../ops/arithmetic.ts";
import { expand, reshape } from "../../../ops/broadcast.ts";
import { tensor, zeros } from "../../../ops/create.ts";
import { take } from "../../../ops/gather.ts";
import { relu, softplus } from "../../../ops/piecewise.ts";
import { foldIn, normal, splitKey } from "../../../ops/random.ts";
import { cumsum, max } from "../../../ops/reduce.ts";
import { narrow } from "../../../ops/slice.ts";
import { concat, expandDims, flip, permute, squeeze } from "../../../ops/structural.ts";
import * as Autoregression from "./autoregression.ts";
import { atStep, type CallGraph, type Hearing, hearingAt, hearingOf } from "./callGraph.ts";
import * as Clock from "./clock.ts";
import { adjacencyCount, type Config, checkConfig, layersBefore, timeWidth } from "./config.ts";
import * as Tgcn from "./tgcn.ts";

/** Everything that is trained; a part that is switched off is absent. */
export interface Params {
  /** [nodes, embedding] */
  readonly nodes?: Tensor;
  readonly clock: Clock.Params;
  readonly graph: readonly GraphConvolution.Params[];
  readonly recurrent?: Gru.Params;
  readonly cell?: Tgcn.CellParams;
  readonly autoregression?: Autoregression.Params;
  readonly middle: Linear.Params;
  readonly head: Linear.Params;
}

/** What a forecaster sees of a batch. */
export interface Inputs {
  /** [batch, window, nodes, features], scaled */
  readonly x: Tensor;
  /** [batch, window, cycles + 1]: phases in 0…1, then hours since the beginning. */
  readonly clock: Tensor;
  /** [batch, window, nodes, features]: 1 where x was measured, 0 where it is filled. */
  readonly observed?: Tensor;
  /** [batch, window, edges] in calls per second */
  readonly callRates?: Tensor;
}

/** Width of what is known of a node at a step. */
const inputWidth = ({ features, hasGaps, embedding, ...rest }: Config): number =>
  features * (hasGaps ? 2 : 1) + embedding + timeWidth(rest);

/** Layers of graph convolution before the recurrence; at least one dense layer of each node alone. */
const layerConfigs = (config: Config): readonly GraphConvolution.Config[] => {
  const layers = layersBefore(config);
  const adjacencies = layers === 0 ? 0 : adjacencyCount(config);
  return Array.from({ length: Math.max(1, layers) }, (_, k) => ({
    inputs: k === 0 ? inputWidth(config) : config.hidden,
    outputs: config.hidden,
    adjacencies,
  }));
};

/**
 * Random weights. The head starts at a tenth of its usual size, so that the linear part, or the last
 * value, is where training starts. Fails with InvalidArgument for choices that make no model.
 */
export const init = (key: Tensor, config: Config): Params => {
  checkConfig(config);
  const [a, b, c, d, e, f] = splitKey(key, 6);
  const { nodes, targets, horizons, window, embedding, hidden, recurrence, quantiles } = config;
  const layers = layerConfigs(config);
  const known = 2 * hidden + embedding + timeWidth(config);
  const outputs = targets.length * horizons * Math.max(1, quantiles.length);
  const head = Linear.init(f, { inputs: hidden, outputs });
  return {
    ...(embedding > 0 ? { nodes: mul(normal(a, [nodes, embedding]), 0.5) } : {}),
    clock: Clock.init(b, config),
    graph: splitKey(c, layers.length).map((each, k) =>
      GraphConvolution.init(each, layers[k] as GraphConvolution.Config),
    ),
    ...(recurrence === "gru" ? { recurrent: Gru.init(d, { inputs: hidden, hidden }) } : {}),
    ...(recurrence === "tgcn" ? { cell: Tgcn.initCell(d, { inputs: hidden, hidden }) } : {}),
    ...(config.autoregression
      ? {
          autoregression: Autoregression.init({ nodes, targets: targets.length, window, horizons }),
        }
      : {}),
    middle: Linear.init(e, { inputs: known, outputs: hidden }),
    head: { ...head, weight: mul(head.weight, 0.1) },
  };
};

/** Leaves out a share of activations and scales the rest up; a key for each place in the model. */
type Drop = (place: number, x: Tensor) => Tensor;

const keepAll: Drop = (_, x) => x;

const dropoutBy =
  (key: Tensor, rate: number): Drop =>
  (place, x) =>
    Dropout.train(foldIn(key, place), { rate })(x);

/** All features of each node at each step, [batch, window, nodes, width]; 0 for a node that is not there. */
const describe = (
  params: Params,
  config: Config,
  inputs: Inputs,
  time: Tensor | undefined,
): Tensor => {
  const [batch, window, nodes] = inputs.x.shape as [number, number, number, number]; // four axes
  const everywhere = (part: Tensor): Tensor =>
    expand([batch, window, nodes, part.shape.at(-1) as number])(part);
  const { observed } = inputs;
  const parts = [
    inputs.x,
    ...(config.hasGaps ? [observed as Tensor] : []), // windows with gaps have masks
    ...(time === undefined ? [] : [everywhere(expandDims(2)(time))]),
    ...(params.nodes === undefined ? [] : [everywhere(params.nodes)]),
  ];
  return ifPresent(config, inputs)(concat({ axis: 3 })(parts));
};

/** What is said of nodes, [batch, window, nodes, any], and 0 at steps where nothing of a node was measured. */
const ifPresent =
  ({ hasGaps }: Config, { observed }: Inputs) =>
  (said: Tensor): Tensor =>
    hasGaps ? mul(said, max({ axis: 3, keepDims: true })(observed as Tensor)) : said; // windows with gaps have masks

/** What the past has left in each node, [batch, nodes, hidden]. */
const remember = (params: Params, { adjacencies }: Hearing, mixed: Tensor): Tensor => {
  const [batch, , nodes, hidden] = mixed.shape as [number, number, number, number]; // four axes
  if (params.cell !== undefined) {
    const all = adjacencies[0] as Tensor; // checked by apply
    return Tgcn.lastState(params.cell, (step) => atStep(all, step), all)(mixed);
  }
  if (params.recurrent === undefined) return zeros([batch, nodes, hidden], mixed.dtype);
  return Gru.states(params.recurrent)(permute([0, 2, 1, 3])(mixed)).at(-1) as Tensor; // a window is ≥ 1
};

const forward = (params: Params, graph: CallGraph, config: Config, drop: Drop) => {
  const fixed = config.edges === "given" ? (graph.hearing ?? hearingOf(graph, config)) : undefined;
  return (inputs: Inputs): Tensor => {
    const hearing = fixed ?? hearingAt(graph, config, inputs.callRates);
    const [batch, window, nodes] = inputs.x.shape as [number, number, number, number]; // four axes
    const time = Clock.apply(params.clock, config)(inputs.clock);
    const adjacencies = layersBefore(config) === 0 ? [] : hearing.adjacencies;
    const mixed = params.graph.reduce(
      (h, layer, k) => {
        const next = drop(k, relu(GraphConvolution.apply(layer, adjacencies)(h)));
        return k === 0 ? next : add(h, next); // deeper layers add to what is known
      },
      describe(params, config, inputs, time),
    );
    const present = (steps: Tensor): Tensor => squeeze(1)(narrow(steps, 1, window - 1, 1));
    const perNode = (part: Tensor): Tensor =>
      expand([batch, nodes, part.shape.at(-1) as number])(part);
    const known = concat({ axis: 2 })([
      remember(params, hearing, mixed),
      present(mixed),
      ...(time === undefined ? [] : [perNode(expandDims(1)(present(time)))]),
      ...(params.nodes === undefined ? [] : [perNode(params.nodes)]),
    ]);
    const middle = drop(params.graph.length, relu(Linear.apply(params.middle)(known)));
    const { targets, horizons, quantiles } = config;
    const sizes = [
      batch,
      nodes,
      targets.length,
      horizons,
      ...(quantiles.length > 0 ? [quantiles.length] : []),
    ];
    const change = reshape(sizes)(Linear.apply(params.head)(middle));
    const base = baseline(params, hearing, config, inputs);
    return quantiles.length === 0
      ? add(change, base)
      : spread(change, base, quantiles.indexOf(0.5));
  };
};

/** The linear part, or the last value without one: [batch, nodes, targets, horizons]. */
const baseline = (params: Params, { mean }: Hearing, config: Config, inputs: Inputs): Tensor => {
  const { targets, horizons, depth, window } = config;
  const past = take({ axis: 3 })(inputs.x, tensor([...targets], { dtype: "i32" })); // [batch, window, nodes, targets]
  if (params.autoregression !== undefined) {
    const heard = depth === 0 ? undefined : mean;
    return Autoregression.apply(params.autoregression, heard)(
      past,
      ifPresent(config, inputs)(past),
    );
  }
  const last = squeeze(1)(narrow(past, 1, window - 1, 1));
  return expand([...last.shape, horizons])(expandDims(3)(last));
};

/**
 * Quantiles that do not cross: the median, and steps of at least 0 up and down from it.
 *
 *   change [..., quantiles]   median base [...]   → [..., quantiles]
 */
const spread = (change: Tensor, base: Tensor, middle: number): Tensor => {
  const axis = change.shape.length - 1;
  const count = change.shape[axis] as number; // one or more
  const part = (from: number, size: number): Tensor => narrow(change, axis, from, size);
  const median = add(part(middle, 1), expandDims(axis)(base));
  const up = cumsum({ axis })(softplus(part(middle + 1, count - middle - 1)));
  const down = flip({ axis })(cumsum({ axis })(flip({ axis })(softplus(part(0, middle)))));
  const parts = [
    ...(middle > 0 ? [add(median, neg(down))] : []),
    median,
    ...(middle < count - 1 ? [add(median, up)] : []),
  ];
  return concat({ axis })(parts);
};

/**
 * Forecasts, scaled.
 *
 *   x [batch, window, nodes, features]   clock [batch, window, cycles + 1]
 *   → [batch, nodes, targets, horizons], or [batch, nodes, targets, horizons, quantiles]
 *
 * Fails with InvalidArgument when edges weigh as calls and there are no rates of calls.
 */
export const apply = (
  params: Params,
  graph: CallGraph,
  config: Config,
): ((inputs: Inputs) => Tensor) => forward(params, graph, config, keepAll);

/** The same with dropout by a key, for a training step. */
export const applyInTraining = (
  params: Params,
  graph: CallGraph,
  config: Config,
  key: Tensor,
): ((inputs: Inputs) => Tensor) => forward(params, graph, config, dropoutBy(key, config.dropout));
