// Convolution, pooling and resizing: channels are known, heights and widths are not.

import { pipe } from "fp-ts/lib/function.js";
import type { Tensor } from "../../../src/core/tensor.ts";
import type { Dim } from "../../../src/core/types/index.ts";
import type { Equal, Expect } from "../expect.ts";
import {
  conv1d,
  conv2d,
  convTranspose2d,
  globalAvgPool2d,
  maxPool2d,
  maxPoolWithIndices2d,
  maxUnpool2d,
  relu,
  resizeBilinear,
  resizeNearest,
} from "../ops.ts";

type Batch = Dim<"batch">;

declare const images: Tensor<readonly [Batch, 96, 128, 4], "f32">;
declare const filters: Tensor<readonly [3, 3, 4, 16], "f32">;
declare const grouped: Tensor<readonly [3, 3, 2, 16], "f32">;
declare const back: Tensor<readonly [3, 3, 2, 4], "f32">;
declare const series: Tensor<readonly [Batch, 12, 8], "f32">;
declare const kernel: Tensor<readonly [3, 8, 32], "f32">;
declare const bare: Tensor;

const plain = conv2d(images, filters);
const piped = pipe(images, conv2d(filters), relu);
const strided = conv2d({ stride: 2, pad: "same" })(images, filters);
const stridedPiped = pipe(images, conv2d({ stride: [2, 1] })(filters));
const inGroups = conv2d({ groups: 2 })(images, grouped);
const ofSeries = pipe(series, conv1d({ pad: 1 })(kernel));
const transposed = convTranspose2d({ stride: 2, groups: 2, outputPad: 1 })(images, back);
const fromBare = conv2d(bare, filters);

export type Convolutions = [
  Expect<Equal<typeof plain, Tensor<readonly [Batch, number, number, 16], "f32">>>,
  Expect<Equal<typeof piped, Tensor<readonly [Batch, number, number, 16], "f32">>>,
  Expect<Equal<typeof strided, Tensor<readonly [Batch, number, number, 16], "f32">>>,
  Expect<Equal<typeof stridedPiped, Tensor<readonly [Batch, number, number, 16], "f32">>>,
  Expect<Equal<typeof inGroups, Tensor<readonly [Batch, number, number, 16], "f32">>>,
  Expect<Equal<typeof ofSeries, Tensor<readonly [Batch, number, 32], "f32">>>,
  Expect<Equal<typeof transposed, Tensor<readonly [Batch, number, number, 4], "f32">>>,
  Expect<Equal<typeof fromBare, Tensor<readonly [number, number, number, 16], "f32">>>,
];

const pooled = maxPool2d({ size: 2 })(images);
const { values, indices } = maxPoolWithIndices2d({ size: 2, stride: 2 })(images);
const unpooled = maxUnpool2d({ size: [96, 128] })(values, indices);
const unpooledPiped = pipe(values, maxUnpool2d({ size: [96, 128] })(indices));
const global = pipe(images, globalAvgPool2d);
const resized = resizeNearest({ size: [192, 256] })(images);
const smooth = pipe(images, resizeBilinear({ size: [48, 64], alignCorners: true }));

export type Pooling = [
  Expect<Equal<typeof pooled, Tensor<readonly [Batch, number, number, 4], "f32">>>,
  Expect<Equal<typeof values, Tensor<readonly [Batch, number, number, 4], "f32">>>,
  Expect<Equal<typeof indices, Tensor<readonly [Batch, number, number, 4], "i32">>>,
  Expect<Equal<typeof unpooled, Tensor<readonly [Batch, 96, 128, 4], "f32">>>,
  Expect<Equal<typeof unpooledPiped, Tensor<readonly [Batch, 96, 128, 4], "f32">>>,
  Expect<Equal<typeof global, Tensor<readonly [Batch, 4], "f32">>>,
  Expect<Equal<typeof resized, Tensor<readonly [Batch, 192, 256, 4], "f32">>>,
  Expect<Equal<typeof smooth, Tensor<readonly [Batch, 48, 64, 4], "f32">>>,
];
