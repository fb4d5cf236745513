// What a network says of pictures, and how that compares with what is known of them.

import { compile } from "../../core/run/compile.ts";
import { ready, values } from "../../core/run/evaluate.ts";
import type { Tensor } from "../../core/tensor.ts";
import * as BoundaryF1 from "../../nn/boundaryF1.ts";
import * as Confusion from "../../nn/confusion.ts";
import { type Dataset, deal } from "../../nn/train/index.ts";
import { argmax } from "../../ops/reduce.ts";
import { deviceOf } from "../running.ts";
import { type Batch, type Standard, standardised } from "./batch.ts";
import { ignored } from "./images.ts";
import type { Config } from "./model/config.ts";
import * as Segmenter from "./model/segmenter.ts";

/** What a network is made of: its parameters and running statistics. */
export interface Network {
  readonly params: Segmenter.Params;
  readonly stats: Segmenter.State;
}

/** How a network sees pictures. */
export interface Seeing {
  readonly config: Config;
  readonly standard: Standard;
  /** The device to run on; the default one if absent. */
  readonly device?: string | undefined;
}

/** The most likely class of each pixel: images u8 [batch, height, width, 3] → i32 [batch, height, width]. */
export type Predict = (network: Network, images: Tensor) => Tensor;

/**
 * Compiles what predicts; it serves networks of one configuration, and compiles again for other sizes. A prediction fails with
 * ShapeMismatch for pictures of other than 3 channels; one channel stands for all 3.
 */
export const predictorFor = ({ config, standard, device }: Seeing): Predict =>
  compile(
    ({ params, stats }: Network, images: Tensor): Tensor =>
      argmax({ axis: -1 })(Segmenter.apply(params, stats, config)(standardised(standard)(images))),
    { name: "segmenter", ...deviceOf(device) },
  );

/** What was predicted for one picture: classes and truth, [height · width]. */
export interface Judged {
  readonly index: number;
  readonly truth: ArrayLike<number>;
  readonly prediction: ArrayLike<number>;
}

/** Predictions for all pictures of a set, in their order, `size` at a time. */
export async function* predictions(
  predict: Predict,
  network: Network,
  { length, batch }: Dataset<Batch>,
  size: number,
): AsyncGenerator<Judged, void> {
  // The last batch is filled up, so that one program serves all.
  const dealt = deal({ length, size: Math.min(size, length), last: "pad" }, 0);
  for (let at = 0; at < dealt.count; at++) {
    const { indices, filled } = dealt.at(at);
    const { images, labels } = await batch(indices);
    const made = values(await ready(predict(network, images)));
    const truth = values(await ready(labels));
    const pixels = made.length / indices.length;
    for (let i = 0; i < filled; i++) {
      const part = [i * pixels, (i + 1) * pixels] as const;
      yield {
        index: indices[i] as number, // filled ≤ their number
        truth: truth.subarray(...part),
        prediction: made.subarray(...part),
      };
    }
  }
}

/** One confusion matrix over a whole set; pixels that belong to no class are left out. */
export const confusionOver = async (
  judged: AsyncIterable<Judged>,
  classes: number,
): Promise<Confusion.Confusion> => {
  const { concat, empty } = Confusion.monoid(classes);
  const count = Confusion.ofLabels({ classes, ignoreIndex: ignored });
  let all = empty;
  for await (const { truth, prediction } of judged) all = concat(all, count(truth, prediction));
  return all;
};

/** How good predictions are: the areas of classes, and where they end. */
export interface Judgement {
  readonly areas: Confusion.Scores;
  readonly outlines: BoundaryF1.Scores;
}

/**
 * Predictions for pictures of one size judged: one confusion matrix over all of them, and the F1 of outlines picture by picture (see
 * `BoundaryF1`).
 */
export const judge = async (
  judged: AsyncIterable<Judged>,
  {
    classes,
    height,
    width,
  }: { readonly classes: number; readonly height: number; readonly width: number },
): Promise<Judgement> => {
  const outlines = BoundaryF1.monoid(classes);
  const measure = BoundaryF1.ofLabels({ classes, height, width, ignoreIndex: ignored });
  let found = outlines.empty;
  const watched = async function* (): AsyncGenerator<Judged, void> {
    for await (const one of judged) {
      found = outlines.concat(found, measure(one.truth, one.prediction));
      yield one;
    }
  };
  const areas = Confusion.scores(await confusionOver(watched(), classes));
  return { areas, outlines: BoundaryF1.scores(found) };
};
