// A small SegNet (Badrinarayanan et al., "SegNet", 2017): the encoder's max pooling keeps indices, the decoder unpools with them.
// Two convolutions a stage, batch normalisation by the statistics of the batch. The running statistics, which PyTorch also
// updates, are left out: they are a hundred numbers a layer.

import type { Tensor } from "../../src/index.ts";
import * as P from "../../src/index.ts";
import { crossEntropy } from "../../src/nn/index.ts";
import { draw, trainingCase } from "./training.ts";

interface Sizes {
  readonly widths: readonly number[];
  readonly classes: number;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
}

/** Channels in and out of each stage: two encoder lists, then two decoder lists, deepest first. */
const plan = (widths: readonly number[]) => {
  const down = widths.map((w, i) => [widths[i - 1] ?? 3, w, w] as const);
  const up = widths.map((w, i) => [w, w, widths[i - 1] ?? w] as const).reverse();
  return { down, up };
};

const params = ({ widths, classes }: Sizes) => {
  const { weights } = draw(1);
  const convolution = (inputs: number, outputs: number) => ({
    kernel: weights([3, 3, inputs, outputs]),
    scale: P.ones([outputs]),
    offset: P.zeros([outputs]),
  });
  const stage = ([a, b, c]: readonly [number, number, number]) => [
    convolution(a, b),
    convolution(b, c),
  ];
  const { down, up } = plan(widths);
  return {
    down: down.map(stage),
    up: up.map(stage),
    head: { kernel: weights([1, 1, widths[0] ?? 0, classes]), offset: P.zeros([classes]) },
  };
};
type Params = ReturnType<typeof params>;
type Convolution = Params["down"][number][number];

const convolve = (x: Tensor, { kernel, scale, offset }: Convolution): Tensor => {
  const y = P.conv2d({ pad: 1 })(x, kernel);
  const over = { axis: [0, 1, 2], keepDims: true };
  const centred = P.sub(y, P.mean(over)(y));
  const size = P.rsqrt(P.add(P.mean(over)(P.square(centred)), 1e-5));
  return P.relu(P.add(P.mul(P.mul(centred, size), scale), offset));
};

const segment = (p: Params, images: Tensor): Tensor => {
  const kept: { indices: Tensor; size: readonly [number, number] }[] = [];
  let x = images;
  for (const stage of p.down) {
    const y = stage.reduce(convolve, x);
    const { values, indices } = P.maxPoolWithIndices2d({ size: 2 })(y);
    kept.push({ indices, size: [y.shape[1] ?? 0, y.shape[2] ?? 0] });
    x = values;
  }
  for (const stage of p.up) {
    const { indices, size } = kept.pop() as (typeof kept)[number]; // as many stages up as down
    x = stage.reduce(convolve, P.maxUnpool2d({ size })(x, indices));
  }
  return P.add(P.conv2d({})(x, p.head.kernel), p.head.offset);
};

/** Multiplies and adds of one forward pass. */
const forwardWork = ({ widths, classes, batch, height, width }: Sizes): number => {
  const { down, up } = plan(widths);
  const pixels = (depth: number): number => batch * (height >> depth) * (width >> depth);
  const stage = (depth: number, [a, b, c]: readonly [number, number, number]): number =>
    18 * pixels(depth) * (a * b + b * c);
  return [
    ...down.map((sizes, i) => stage(i, sizes)),
    ...up.map((sizes, i) => stage(widths.length - 1 - i, sizes)),
    2 * pixels(0) * (widths[0] ?? 0) * classes,
  ].reduce((a, b) => a + b);
};

/** Segmentation: convolutions, their two adjoints, pooling and unpooling. */
export const segnetCase = trainingCase({
  name: "segnet_train",
  about: "SegNet of widths 32-64-128 on 4 images of 96 × 128, 11 classes",
  full: { widths: [32, 64, 128], classes: 11, batch: 4, height: 96, width: 128 } as Sizes,
  small: { widths: [4, 6], classes: 3, batch: 2, height: 8, width: 12 },
  work: (sizes) => 3 * forwardWork(sizes),
  params,
  data: ({ classes, batch, height, width }) => {
    const { fractions, labels } = draw(2);
    return {
      images: fractions([batch, height, width, 3]),
      labels: labels([batch, height, width], classes),
    };
  },
  loss:
    () =>
    (p, { images, labels }) =>
      crossEntropy()(segment(p, images), labels),
});
