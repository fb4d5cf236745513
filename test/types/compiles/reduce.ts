// Reductions, and ops along an axis.

import { pipe } from "fp-ts/lib/function.js";
import type { Tensor } from "../../../src/core/tensor.ts";
import type { Dim } from "../../../src/core/types/index.ts";
import type { Equal, Expect } from "../expect.ts";
import {
  any,
  argmax,
  argsort,
  cumsum,
  flip,
  less,
  mean,
  softmax,
  sort,
  sum,
  variance,
} from "../ops.ts";

type Batch = Dim<"batch">;

declare const x: Tensor<readonly [Batch, 12, 64], "f32">;
declare const axis: number;
declare const keepDims: boolean;
declare const options: { readonly axis?: number };

const all = sum(x);
const allKept = sum({ keepDims: true })(x);
const last = sum({ axis: -1 })(x);
const lastKept = sum({ axis: -1, keepDims: true })(x);
const first = mean({ axis: 0 })(x);
const two = mean({ axis: [0, -1] })(x);
const twoKept = mean({ axis: [0, 2], keepDims: true })(x);
const none = mean({ axis: [] })(x);
const dynamicKept = sum({ axis, keepDims: true })(x);
const dynamicAxis = sum({ axis })(x);
const maybeAxis = sum(options)(x);
const maybeKept = sum({ axis: 1, keepDims })(x);
const corrected = variance({ axis: 0, correction: 0 })(x);
const anyLess = any({ axis: 1 })(less(x, 0));
const pipedAll = pipe(x, mean);
const pipedAxis = pipe(x, sum({ axis: 1 }), sum({ axis: 0 }));

export type Reductions = [
  Expect<Equal<typeof all, Tensor<readonly [], "f32">>>,
  Expect<Equal<typeof allKept, Tensor<readonly [1, 1, 1], "f32">>>,
  Expect<Equal<typeof last, Tensor<readonly [Batch, 12], "f32">>>,
  Expect<Equal<typeof lastKept, Tensor<readonly [Batch, 12, 1], "f32">>>,
  Expect<Equal<typeof first, Tensor<readonly [12, 64], "f32">>>,
  Expect<Equal<typeof two, Tensor<readonly [12], "f32">>>,
  Expect<Equal<typeof twoKept, Tensor<readonly [1, 12, 1], "f32">>>,
  Expect<Equal<typeof none, Tensor<readonly [Batch, 12, 64], "f32">>>,
  Expect<Equal<typeof dynamicKept, Tensor<readonly [number, number, number], "f32">>>,
  Expect<Equal<typeof dynamicAxis, Tensor<readonly number[], "f32">>>,
  Expect<Equal<typeof maybeAxis, Tensor<readonly number[], "f32">>>,
  Expect<Equal<typeof maybeKept, Tensor<readonly number[], "f32">>>,
  Expect<Equal<typeof corrected, Tensor<readonly [12, 64], "f32">>>,
  Expect<Equal<typeof anyLess, Tensor<readonly [Batch, 64], "bool">>>,
  Expect<Equal<typeof pipedAll, Tensor<readonly [], "f32">>>,
  Expect<Equal<typeof pipedAxis, Tensor<readonly [64], "f32">>>,
];

const index = argmax({ axis: -1 })(x);
const indexKept = pipe(x, argmax({ axis: 1, keepDims: true }));
const indexDynamic = argmax({ axis })(x);
const running = cumsum({ axis: 1 })(x);
const mirrored = pipe(x, flip({ axis: [1, 2] }));
const soft = softmax(x);
const softFirst = softmax({ axis: 0 })(x);
const softPiped = pipe(x, softmax, softmax({ axis }));
const sorted = sort({ axis: 1, descending: true })(x);
const order = pipe(x, argsort);
const orderFirst = argsort({ axis: 0 })(x);

type Same = Tensor<readonly [Batch, 12, 64], "f32">;

export type AlongAxes = [
  Expect<Equal<typeof index, Tensor<readonly [Batch, 12], "i32">>>,
  Expect<Equal<typeof indexKept, Tensor<readonly [Batch, 1, 64], "i32">>>,
  Expect<Equal<typeof indexDynamic, Tensor<readonly [number, number], "i32">>>,
  Expect<Equal<typeof running, Same>>,
  Expect<Equal<typeof mirrored, Same>>,
  Expect<Equal<typeof soft, Same>>,
  Expect<Equal<typeof softFirst, Same>>,
  Expect<Equal<typeof softPiped, Same>>,
  Expect<Equal<typeof sorted, Same>>,
  Expect<Equal<typeof order, Tensor<readonly [Batch, 12, 64], "i32">>>,
  Expect<Equal<typeof orderFirst, Tensor<readonly [Batch, 12, 64], "i32">>>,
];
