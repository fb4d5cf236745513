// The networks of cases_segmenter.py: their parameters come as one list, in the order that its opening comment states.

import type { Tensor } from "../../src/index.ts";
import { cast, mapTree } from "../../src/index.ts";
import type * as Block from "../../src/models/segmentation/model/block.ts";
import {
  type Connections,
  configOf,
  type NetworkName,
} from "../../src/models/segmentation/model/config.ts";
import * as Segmenter from "../../src/models/segmentation/model/segmenter.ts";
import type { BatchNorm } from "../../src/nn/index.ts";
import type { Application } from "./applications.ts";

interface Given {
  readonly network: NetworkName;
  readonly classes: number;
  readonly width: number;
  readonly connections: Connections;
  readonly training: boolean;
  /** Whether running statistics come behind the parameters, and go out behind the logits. */
  readonly running: boolean;
}

/** The statistics in the order of the parameters, the mean of each before its variance. */
const statistics = ({ encoder, bottom, decoder }: Segmenter.State): readonly Tensor[] =>
  [...encoder, bottom, ...decoder].flatMap(({ convolutions, projection }) =>
    [...convolutions, ...projection].flatMap(({ mean, variance }) => [mean, variance]),
  );

/** Logits of pictures, the first input, under the parameters behind it. */
const segment: Application = (options, [x, ...leaves]) => {
  const { network, training, running, ...rest } = options as unknown as Given; // cases_segmenter.py writes it
  const config = configOf(network, rest);
  let next = 0;
  const take = (): Tensor => leaves[next++] as Tensor;
  const layers = (count: number): readonly Block.Convolution[] =>
    Array.from({ length: count }, () => ({
      weight: take(),
      norm: { gain: take(), bias: take() } as BatchNorm.Params,
    }));
  const block = ({ inputs, widths, isResidual }: Block.Plan): Block.Params => ({
    convolutions: layers(widths.length),
    projection: layers(isResidual && (widths.at(-1) ?? inputs) !== inputs ? 1 : 0),
  });
  const plan = Segmenter.planOf(config);
  const params: Segmenter.Params = {
    encoder: plan.encoder.map(block),
    bottom: block(plan.bottom),
    decoder: plan.decoder.map(block),
    upsampling: config.upsampling === "indices" ? [] : plan.upsampling.map(take),
    classifier: { weight: take(), bias: take() },
  };
  const fresh = mapTree(Segmenter.initState(config), cast((x as Tensor).dtype));
  const moments = ({ convolutions, projection }: Block.State): Block.State => {
    const taken = () => ({ mean: take(), variance: take() });
    return { convolutions: convolutions.map(taken), projection: projection.map(taken) };
  };
  const state: Segmenter.State = running
    ? {
        encoder: fresh.encoder.map(moments),
        bottom: moments(fresh.bottom),
        decoder: fresh.decoder.map(moments),
      }
    : fresh;
  const { logits, state: after } = training
    ? Segmenter.applyInTraining(params, state, config)(x as Tensor)
    : { logits: Segmenter.apply(params, state, config)(x as Tensor), state };
  return running ? [logits, ...statistics(after)] : logits;
};

/** The networks by the name that cases give them. */
export const segmenters: Readonly<Record<string, Application>> = { Segmenter: segment };
