// Ops that move elements, join tensors and take them apart.

import { pipe } from "fp-ts/lib/function.js";
import type { Tensor } from "../../../src/core/tensor.ts";
import type { Dim } from "../../../src/core/types/index.ts";
import type { Equal, Expect } from "../expect.ts";
import {
  concat,
  expand,
  expandDims,
  pad,
  permute,
  reshape,
  slice,
  split,
  squeeze,
  stack,
  tile,
  transpose,
} from "../ops.ts";

type Batch = Dim<"batch">;

declare const images: Tensor<readonly [Batch, 28, 28], "f32">;
declare const x: Tensor<readonly [2, 3, 4], "f32">;
declare const y: Tensor<readonly [2, 5, 4], "f32">;
declare const thin: Tensor<readonly [1, 3, 1], "f32">;
declare const list: readonly Tensor<readonly [2, 3, 4], "f32">[];
declare const projected: Tensor<readonly [Batch, 12, 192], "f32">;
declare const bare: Tensor;
declare const batch: Batch;
declare const n: number;

const flat = reshape([batch, 784])(images);
const flatDynamic = reshape([n, 784])(images);
const left = reshape([-1, 28])(images);
const literal = pipe(x, reshape([4, 6]));
const fromBare = reshape([4, 6])(bare);

export type Reshapes = [
  Expect<Equal<typeof flat, Tensor<readonly [Batch, 784], "f32">>>,
  Expect<Equal<typeof flatDynamic, Tensor<readonly [number, 784], "f32">>>,
  Expect<Equal<typeof left, Tensor<readonly [number, 28], "f32">>>,
  Expect<Equal<typeof literal, Tensor<readonly [4, 6], "f32">>>,
  Expect<Equal<typeof fromBare, Tensor<readonly [4, 6]>>>,
];

const permuted = permute([2, 0, 1])(x);
const permutedBack = pipe(x, permute([-1, 0, 1]), permute([1, 2, 0]));
const swapped = pipe(x, transpose);
const wide = expand([2, 3, 4])(thin);
const wideBatch = pipe(thin, expand([batch, 1, 3, n]));
const extra = expandDims(1)(x);
const extraLast = pipe(x, expandDims(-1));
const squeezed = squeeze()(thin);
const squeezedUnsure = squeeze()(images);
const squeezedOne = squeeze(0)(thin);
const squeezedDynamic = squeeze(n)(thin);
const tiled = tile([1, 2, 3])(x);
const padded = pipe(
  images,
  pad({
    widths: [
      [0, 0],
      [1, 2],
      [n, 0],
    ],
  }),
);
const window = slice({ start: [0, 1, 1], stop: [2, -1, 3] })(x);
const cropped = slice({ start: [null, 1], step: [null, null, 2] })(images);
const halved = slice({ stop: [n] })(images);
const tiledMore = tile([5, 1, 1, 1])(x);

export type Moves = [
  Expect<Equal<typeof permuted, Tensor<readonly [4, 2, 3], "f32">>>,
  Expect<Equal<typeof permutedBack, Tensor<readonly [2, 3, 4], "f32">>>,
  Expect<Equal<typeof swapped, Tensor<readonly [2, 4, 3], "f32">>>,
  Expect<Equal<typeof wide, Tensor<readonly [2, 3, 4], "f32">>>,
  Expect<Equal<typeof wideBatch, Tensor<readonly [Batch, 1, 3, number], "f32">>>,
  Expect<Equal<typeof extra, Tensor<readonly [2, 1, 3, 4], "f32">>>,
  Expect<Equal<typeof extraLast, Tensor<readonly [2, 3, 4, 1], "f32">>>,
  Expect<Equal<typeof squeezed, Tensor<readonly [3], "f32">>>,
  Expect<Equal<typeof squeezedUnsure, Tensor<readonly number[], "f32">>>,
  Expect<Equal<typeof squeezedOne, Tensor<readonly [3, 1], "f32">>>,
  Expect<Equal<typeof squeezedDynamic, Tensor<readonly [number, number], "f32">>>,
  Expect<Equal<typeof tiled, Tensor<readonly [2, 6, 12], "f32">>>,
  Expect<Equal<typeof padded, Tensor<readonly [Batch, 31, number], "f32">>>,
  Expect<Equal<typeof cropped, Tensor<readonly [Batch, number, number], "f32">>>,
  Expect<Equal<typeof halved, Tensor<readonly [number, 28, 28], "f32">>>,
  Expect<Equal<typeof tiledMore, Tensor<readonly [5, 2, 3, 4], "f32">>>,
  Expect<Equal<typeof window, Tensor<readonly [number, number, number], "f32">>>,
];

const joined = concat({ axis: 1 })([x, y]);
const joinedFirst = concat()([x, x]);
const joinedThree = concat({ axis: -2 })([x, y, x]);
const joinedList = concat({ axis: 0 })(list);
const joinedBare = concat({ axis: 0 })([x, bare]);
const stacked = stack({ axis: 0 })([x, x, x]);
const stackedLast = stack({ axis: -1 })([x, x]);
const stackedList = stack({ axis: 1 })(list);
const [first, second] = split({ axis: 0, parts: 2 })(x);
const [, , value] = split({ axis: -1, parts: 3 })(projected);
const parts = split({ axis: 0, parts: n })(x);
const [narrow, broad] = split({ axis: 2, sizes: [1, 3] })(x);

export type Joins = [
  Expect<Equal<typeof joined, Tensor<readonly [2, 8, 4], "f32">>>,
  Expect<Equal<typeof joinedFirst, Tensor<readonly [4, 3, 4], "f32">>>,
  Expect<Equal<typeof joinedThree, Tensor<readonly [2, 11, 4], "f32">>>,
  Expect<Equal<typeof joinedList, Tensor<readonly [number, 3, 4], "f32">>>,
  Expect<Equal<typeof joinedBare, Tensor<readonly number[], "f32">>>,
  Expect<Equal<typeof stacked, Tensor<readonly [3, 2, 3, 4], "f32">>>,
  Expect<Equal<typeof stackedLast, Tensor<readonly [2, 3, 4, 2], "f32">>>,
  Expect<Equal<typeof stackedList, Tensor<readonly [2, number, 3, 4], "f32">>>,
  Expect<Equal<typeof first, Tensor<readonly [1, 3, 4], "f32">>>,
  Expect<Equal<typeof second, Tensor<readonly [1, 3, 4], "f32">>>,
  Expect<Equal<typeof value, Tensor<readonly [Batch, 12, 64], "f32">>>,
  Expect<Equal<typeof parts, readonly Tensor<readonly [number, 3, 4], "f32">[]>>,
  Expect<Equal<typeof narrow, Tensor<readonly [2, 3, 1], "f32">>>,
  Expect<Equal<typeof broad, Tensor<readonly [2, 3, 3], "f32">>>,
];
