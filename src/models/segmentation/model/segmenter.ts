// Encoder-decoders that give each pixel of a picture its logits: SegNet (Badrinarayanan, Kendall & Cipolla, "SegNet", 2017), U-Net
// (Ronneberger, Fischer & Brox, 2015) and, with connections that carry detail past the sampling down, our reading of Gao et al., "An
// enhanced encoder-decoder network architecture for reducing information loss in image semantic segmentation", arXiv 2406.01605, of
// which only the abstract was at hand.

import { checkpoint } from "../../../core/custom.ts";
import { fail } from "../../../core/errors.ts";
import { printShape } from "../../../core/shape.ts";
import type { Tensor } from "../../../core/tensor.ts";
import * as Conv from "../../../nn/conv.ts";
import { heNormal } from "../../../nn/init.ts";
import { add } from "../../../ops/arithmetic.ts";
import { convTranspose2d } from "../../../ops/convolve.ts";
import { avgPool2d, maxPool2d, maxPoolWithIndices2d, maxUnpool2d } from "../../../ops/pool.ts";
import { foldIn } from "../../../ops/random.ts";
import { pad, slice } from "../../../ops/slice.ts";
import { concat } from "../../../ops/structural.ts";
import * as Block from "./block.ts";
import { type Config, checkConfig, type Skip, skipsOf, strideOf } from "./config.ts";

/** Everything that is trained. */
export interface Params {
  /** The finest stage first. */
  readonly encoder: readonly Block.Params[];
  readonly bottom: Block.Params;
  /** In the order of the encoder, the finest stage first. */
  readonly decoder: readonly Block.Params[];
  /** Filters [2, 2, outputs, inputs] of each sampling up, the finest first, where it is learned. */
  readonly upsampling: readonly Tensor[];
  readonly classifier: Conv.Params;
}

/** The running statistics of all normalisations. */
export interface State {
  readonly encoder: readonly Block.State[];
  readonly bottom: Block.State;
  readonly decoder: readonly Block.State[];
}

/** The sizes of every block, and of what stands between them. */
export interface Plan {
  readonly encoder: readonly Block.Plan[];
  readonly bottom: Block.Plan;
  readonly decoder: readonly Block.Plan[];
  /** Channels in and out of each sampling up, the finest first; those of the maps that come and go where it is by indices. */
  readonly upsampling: readonly (readonly [inputs: number, outputs: number])[];
  /** Channels that the classifier sees. */
  readonly classifierInputs: number;
}

/** Widths of a decoder stage: those of its encoder stage mirrored, so that it ends with the width of the stage above it. */
const decoderWidths = (config: Config, stage: number): readonly number[] => {
  const { stages, upsampling, decoder, classifierIsLast } = config;
  const own = stages[stage] as readonly number[];
  const above = stages[stage - 1]?.at(-1) ?? (own[0] as number);
  if (decoder === "single") return [above];
  // A learned sampling up has narrowed already.
  if (upsampling === "transposed") return [...own].reverse();
  const widths = [...own.slice(0, -1)].reverse();
  return stage === 0 && classifierIsLast ? widths : [...widths, above];
};

/** The sizes of every part of a network. Fails with InvalidArgument where parts do not fit together. */
export const planOf = (config: Config): Plan => {
  checkConfig(config);
  const { stages, bottom, taps, channels = 3, connections, upsampling, decoderRelu } = config;
  const { blocks: isResidual, images } = connections;
  const widthOf = (stage: number): number => stages[stage]?.at(-1) as number; // none is empty
  const common = { taps, isResidual };
  const encoder = stages.map((widths, i) => ({
    ...common,
    inputs: i === 0 ? channels : widthOf(i - 1) + (images ? channels : 0),
    widths,
    hasRelu: true,
  }));
  const middle = { ...common, inputs: widthOf(stages.length - 1), widths: bottom, hasRelu: true };
  const decoder: Block.Plan[] = [];
  const ups: (readonly [number, number])[] = [];
  let below = Block.outputsOf(middle);
  for (let stage = stages.length - 1; stage >= 0; stage--) {
    const width = widthOf(stage);
    if (upsampling === "indices" && below !== width)
      fail(
        "Segmenter.init",
        "InvalidArgument",
        `${width} channels below stage ${stage} expected, as many as its indices have`,
        String(below),
      );
    const plan = {
      ...common,
      inputs: skipsOf(config)[stage] === "concat" ? 2 * width : width,
      widths: decoderWidths(config, stage),
      hasRelu: decoderRelu,
    };
    decoder.unshift(plan);
    ups.unshift([below, width]);
    below = Block.outputsOf(plan);
  }
  return { encoder, bottom: middle, decoder, upsampling: ups, classifierInputs: below };
};

/**
 * Filters by He's rule, gains 1, biases 0.
 *
 *   convolutions [taps, taps, inputs, filters]   samplings up [2, 2, outputs, inputs]
 *   classifier [classifierTaps, classifierTaps, inputs, classes]   gains and biases [filters]
 *
 * Fails with InvalidArgument for a configuration that makes no network.
 *
 * @example
 * import { Segmentation } from "pullback/models";
 * const { Segmenter, configOf } = Segmentation;
 * const params = Segmenter.init(key(0), configOf("segnet-basic", { classes: 11, width: 64 }));
 * params.encoder.map(({ convolutions }) => convolutions[0]?.weight.shape.join(" × ")) // ["7 × 7 × 3 × 64", "7 × 7 × 64 × 64", "7 × 7 × 64 × 64", "7 × 7 × 64 × 64"]
 */
export const init = (key: Tensor, config: Config): Params => {
  const plan = planOf(config);
  /** Key i of a part. */
  const keyOf = (part: number, i: number): Tensor => foldIn(foldIn(key, part), i);
  return {
    encoder: plan.encoder.map((block, i) => Block.init(keyOf(0, i), block)),
    bottom: Block.init(keyOf(1, 0), plan.bottom),
    decoder: plan.decoder.map((block, i) => Block.init(keyOf(2, i), block)),
    upsampling:
      config.upsampling === "indices"
        ? []
        : plan.upsampling.map(([inputs, outputs], i) =>
            heNormal(keyOf(3, i), [2, 2, outputs, inputs]),
          ),
    classifier: Conv.init(keyOf(4, 0), {
      channels: plan.classifierInputs,
      filters: config.classes,
      size: config.classifierTaps,
    }),
  };
};

/** Running means 0, variances 1. */
export const initState = (config: Config): State => {
  const plan = planOf(config);
  return {
    encoder: plan.encoder.map(Block.initState),
    bottom: Block.initState(plan.bottom),
    decoder: plan.decoder.map(Block.initState),
  };
};

/** How a training step does it. */
export interface TrainingOptions {
  /**
   * Whether what is inside of a block is computed again in the backward pass instead of kept (Chen et al., "Training deep nets with
   * sublinear memory cost", 2016); default false.
   */
  readonly recompute?: boolean;
}

/** Logits, and the running statistics after them. */
export interface Trained {
  readonly logits: Tensor;
  readonly state: State;
}

type RunBlock = (
  params: Block.Params,
  state: Block.State,
  plan: Block.Plan,
) => (x: Tensor) => { readonly y: Tensor; readonly state: Block.State };

/**
 * Logits of pictures in training: each normalisation is by the batch.
 *
 *   x [batch, height, width, channels]   → logits [batch, height, width, classes], state
 *
 * Heights and widths that no stride divides are padded with zeros at the bottom and the right, and the logits there cut off. Fails with
 * ShapeMismatch for other channels than the network has.
 */
export const applyInTraining =
  (params: Params, state: State, config: Config, { recompute = false }: TrainingOptions = {}) =>
  (x: Tensor): Trained => {
    const block: RunBlock = (p, s, plan) => {
      const run = (own: Block.Params, y: Tensor) => Block.apply(own, s, plan, Block.byBatch)(y);
      const isWorthIt = recompute && p.convolutions.length > 0;
      return (y) => (isWorthIt ? checkpoint(run)(p, y) : run(p, y));
    };
    return throughAll(params, state, config, block, x);
  };

/**
 * Logits of pictures by the running statistics.
 *
 *   x [batch, height, width, channels]   → [batch, height, width, classes]
 *
 * Sizes as for `applyInTraining`. Fails with ShapeMismatch for other channels than the network has.
 */
export const apply =
  (params: Params, state: State, config: Config) =>
  (x: Tensor): Tensor => {
    const block: RunBlock = (p, s, plan) => Block.apply(p, s, plan, Block.byRunning);
    return throughAll(params, state, config, block, x).logits;
  };

/** What the decoder needs to know of an encoder stage. */
interface Kept {
  readonly map: Tensor;
  readonly indices?: Tensor;
}

const throughAll = (
  params: Params,
  state: State,
  config: Config,
  block: RunBlock,
  images: Tensor,
): Trained => {
  const { channels = 3, classes, classifierTaps } = config;
  const [batch, height, width] = images.shape as [number, number, number];
  if (images.shape.length !== 4 || images.shape[3] !== channels)
    fail(
      "Segmenter.apply",
      "ShapeMismatch",
      `pictures [batch, height, width, ${channels}] expected`,
      printShape(images.shape),
    );
  const plan = planOf(config);
  const padded = paddedTo(strideOf(config), images);
  const { kept, bottom, states: encoder } = down(params, state, config, plan, block, padded);
  const { y, states: decoder } = up(params, state, config, plan, block, kept, bottom.y);
  const logits = Conv.apply(params.classifier, { pad: (classifierTaps - 1) / 2 })(y);
  const cut = slice({ stop: [batch, height, width, classes] })(logits);
  return { logits: cut, state: { encoder, bottom: bottom.state, decoder } };
};

/** x with rows and columns of zeros behind, up to multiples of the stride. */
const paddedTo = (stride: number, x: Tensor): Tensor => {
  const [, height, width] = x.shape as [number, number, number];
  const missing = (n: number): number => Math.ceil(n / stride) * stride - n;
  if (missing(height) === 0 && missing(width) === 0) return x;
  return pad({
    widths: [
      [0, 0],
      [0, missing(height)],
      [0, missing(width)],
      [0, 0],
    ],
  })(x);
};

/** Through the encoder and the blocks at the bottom. */
const down = (
  params: Params,
  state: State,
  { upsampling, connections }: Config,
  plan: Plan,
  block: RunBlock,
  images: Tensor,
) => {
  const kept: Kept[] = [];
  const states: Block.State[] = [];
  let x = images;
  let shrunk = images;
  for (const [stage, blockPlan] of plan.encoder.entries()) {
    if (stage > 0 && connections.images) {
      shrunk = avgPool2d({ size: 2 })(shrunk);
      x = concat({ axis: -1 })([x, shrunk]);
    }
    const made = block(
      params.encoder[stage] as Block.Params, // one for each stage, as is the state
      state.encoder[stage] as Block.State,
      blockPlan,
    )(x);
    states.push(made.state);
    if (upsampling === "indices") {
      const { values, indices } = maxPoolWithIndices2d({ size: 2 })(made.y);
      kept.push({ map: made.y, indices });
      x = values;
    } else {
      kept.push({ map: made.y });
      x = maxPool2d({ size: 2 })(made.y);
    }
  }
  return { kept, states, bottom: block(params.bottom, state.bottom, plan.bottom)(x) };
};

/** Up again, with what the encoder kept. */
const up = (
  params: Params,
  state: State,
  config: Config,
  plan: Plan,
  block: RunBlock,
  kept: readonly Kept[],
  bottom: Tensor,
) => {
  const states: Block.State[] = [];
  let x = bottom;
  for (let stage = kept.length - 1; stage >= 0; stage--) {
    const { map, indices } = kept[stage] as Kept; // stage < their number
    const [, height, width] = map.shape as [number, number, number];
    const larger =
      indices === undefined
        ? convTranspose2d({ stride: 2 })(x, params.upsampling[stage] as Tensor) // one for each stage
        : maxUnpool2d({ size: [height, width] })(x, indices);
    const made = block(
      params.decoder[stage] as Block.Params, // one for each stage, as is the state
      state.decoder[stage] as Block.State,
      plan.decoder[stage] as Block.Plan,
    )(joined(skipsOf(config)[stage] as Skip, larger, map));
    states.unshift(made.state);
    x = made.y;
  }
  return { y: x, states };
};

/** What comes from below with what the encoder saw at that scale. */
const joined = (skip: Skip, below: Tensor, map: Tensor): Tensor => {
  switch (skip) {
    case "none":
      return below;
    case "add":
      return add(below, map);
    case "concat":
      return concat({ axis: -1 })([below, map]);
  }
};
