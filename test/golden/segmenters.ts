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
}

/** Logits of pictures, the first input, under the parameters behind it. */
const segment: Application = (options, [x, ...leaves]) => {
  const { network, training, ...rest } = options as unknown as Given; // cases_segmenter.py writes it
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
  const state = mapTree(Segmenter.initState(config), cast("f64"));
  return training
    ? Segmenter.applyInTraining(params, state, config)(x as Tensor).logits
    : Segmenter.apply(params, state, config)(x as Tensor);
};

/** The networks by the name that cases give them. */
export const segmenters: Readonly<Record<string, Application>> = { Segmenter: segment };
