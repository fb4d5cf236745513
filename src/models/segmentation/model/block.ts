// A block: convolutions one after the other, each with batch normalisation and, as asked, a ReLU; as a residual block its input is added
// before the last ReLU, by a 1 × 1 convolution where widths differ. He et al., "Deep residual learning for image recognition",
// CVPR 2016, figure 2 and §3.3 (B).

import type { Tensor } from "../../../core/tensor.ts";
import * as BatchNorm from "../../../nn/batchNorm.ts";
import { heNormal } from "../../../nn/init.ts";
import { add } from "../../../ops/arithmetic.ts";
import { conv2d } from "../../../ops/convolve.ts";
import { relu } from "../../../ops/piecewise.ts";
import { foldIn } from "../../../ops/random.ts";

/** A convolution without a bias, which the normalisation would take away again. */
export interface Convolution {
  /** [taps, taps, inputs, filters] */
  readonly weight: Tensor;
  readonly norm: BatchNorm.Params;
}

/** The parameters of a block. */
export interface Params {
  readonly convolutions: readonly Convolution[];
  /** Of the residual connection, where it has to change the width. */
  readonly projection: readonly Convolution[];
}

/** Running statistics, one for each normalisation. */
export interface State {
  readonly convolutions: readonly BatchNorm.State[];
  readonly projection: readonly BatchNorm.State[];
}

/** The sizes of a block. */
export interface Plan {
  readonly inputs: number;
  /** Filters of each convolution; with none the block is the identity. */
  readonly widths: readonly number[];
  readonly taps: number;
  readonly isResidual: boolean;
  readonly hasRelu: boolean;
}

/** The width of a block's result. */
export const outputsOf = ({ inputs, widths }: Plan): number => widths.at(-1) ?? inputs;

const needsProjection = (plan: Plan): boolean => plan.isResidual && outputsOf(plan) !== plan.inputs;

const convolution = (key: Tensor, taps: number, inputs: number, filters: number): Convolution => ({
  weight: heNormal(key, [taps, taps, inputs, filters]),
  norm: BatchNorm.init(filters),
});

/** Filters by He's rule, gains 1. */
export const init = (key: Tensor, plan: Plan): Params => ({
  convolutions: plan.widths.map((filters, i) =>
    convolution(foldIn(key, i), plan.taps, plan.widths[i - 1] ?? plan.inputs, filters),
  ),
  projection: needsProjection(plan)
    ? [convolution(foldIn(key, plan.widths.length), 1, plan.inputs, outputsOf(plan))]
    : [],
});

/** Running means 0 and variances 1. */
export const initState = (plan: Plan): State => ({
  convolutions: plan.widths.map(BatchNorm.initState),
  projection: needsProjection(plan) ? [BatchNorm.initState(outputsOf(plan))] : [],
});

/** How a normalisation is done: by the batch, with the next running statistics, or by the running ones. */
export type Normalise = (
  params: BatchNorm.Params,
  state: BatchNorm.State,
) => (x: Tensor) => BatchNorm.Trained;

/** By the statistics of the batch. */
export const byBatch: Normalise = (params, state) => BatchNorm.train(params, state);

/** By the running statistics, which stay as they are. */
export const byRunning: Normalise = (params, state) => (x) => ({
  y: BatchNorm.infer(params, state)(x),
  state,
});

/** What a block makes of x [batch, height, width, inputs]: [batch, height, width, outputs], and its statistics. */
export const apply =
  (params: Params, state: State, plan: Plan, normalise: Normalise) =>
  (x: Tensor): { readonly y: Tensor; readonly state: State } => {
    const through = (
      { weight, norm }: Convolution,
      running: BatchNorm.State,
      input: Tensor,
    ): BatchNorm.Trained =>
      normalise(
        norm,
        running,
      )(conv2d({ pad: ((weight.shape[0] as number) - 1) / 2 })(input, weight));
    const activate = (y: Tensor): Tensor => (plan.hasRelu ? relu(y) : y);
    const last = params.convolutions.length - 1;
    if (last < 0) return { y: x, state };
    let y = x;
    const convolutions: BatchNorm.State[] = [];
    const projection: BatchNorm.State[] = [];
    for (const [i, layer] of params.convolutions.entries()) {
      const made = through(layer, state.convolutions[i] as BatchNorm.State, y); // one for each
      convolutions.push(made.state);
      y = i < last ? activate(made.y) : made.y;
    }
    if (plan.isResidual) {
      const [layer] = params.projection;
      let shortcut = x;
      if (layer !== undefined) {
        const made = through(layer, state.projection[0] as BatchNorm.State, x);
        projection.push(made.state);
        shortcut = made.y;
      }
      y = add(y, shortcut);
    }
    return { y: activate(y), state: { convolutions, projection } };
  };
