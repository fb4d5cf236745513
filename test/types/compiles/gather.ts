// Reads and writes by index, and sums by segment.

import { pipe } from "fp-ts/lib/function.js";
import type { Tensor } from "../../../src/core/tensor.ts";
import type { Dim } from "../../../src/core/types/index.ts";
import type { Equal, Expect } from "../expect.ts";
import {
  oneHot,
  scatterAdd,
  scatterAddAlongAxis,
  segmentSoftmax,
  segmentSum,
  take,
  takeAlongAxis,
  topK,
} from "../ops.ts";

type Batch = Dim<"batch">;
type Edges = Dim<"edges">;

declare const table: Tensor<readonly [1000, 64], "f32">;
declare const ids: Tensor<readonly [Batch, 12], "i32">;
declare const one: Tensor<readonly [], "i32">;
declare const x: Tensor<readonly [Batch, 64], "f32">;
declare const best: Tensor<readonly [Batch, 3], "i32">;
declare const three: Tensor<readonly [Batch, 3], "f32">;
declare const updates: Tensor<readonly [Batch, 12, 64], "f32">;
declare const messages: Tensor<readonly [Edges, 64], "f32">;
declare const targets: Tensor<readonly [Edges], "i32">;
declare const cubes: Tensor<readonly [2, 3, 5], "f32">;
declare const hypercubes: Tensor<readonly [2, 4, 3, 5], "f32">;
declare const triple: Tensor<readonly [3], "i32">;
declare const fives: Tensor<readonly [5], "i32">;
declare const pairs: Tensor<readonly [4, 3], "i32">;
declare const bare: Tensor;
declare const n: number;

const embedded = take(table, ids);
const embeddedPiped = pipe(table, take(ids));
const columns = take({ axis: 1 })(table, ids);
const columnsPiped = pipe(table, take({ axis: -1 })(ids));
const row = take(table, one);
const anyRows = take(table, bare);
const along = takeAlongAxis({ axis: 1 })(x, best);
const alongPiped = pipe(x, takeAlongAxis({ axis: -1 })(best));
const scattered = scatterAdd({ size: 1000 })(updates, ids);
const scatteredPiped = pipe(updates, scatterAdd({ size: n, axis: 0 })(ids));
const scatteredBehind = scatterAdd({ size: 9, axis: -2 })(cubes, triple);
const scatteredPairs = pipe(hypercubes, scatterAdd({ size: 9, axis: -2 })(pairs));
const scatteredLast = scatterAdd({ size: 9, axis: -1 })(hypercubes, fives);
const scatteredOne = scatterAdd({ size: 9, axis: -2 })(x, one);
const scatteredAlong = scatterAddAlongAxis({ size: 64, axis: 1 })(three, best);
const rows = oneHot({ classes: 10 })(best);
const rowsF64 = oneHot({ classes: n, dtype: "f64" })(one);
const { values, indices } = topK({ k: 5 })(x);
const summed = segmentSum({ segments: 156 })(messages, targets);
const summedPiped = pipe(messages, segmentSum({ segments: n })(targets));
const weights = pipe(messages, segmentSoftmax({ segments: 156 })(targets));

export type Gathers = [
  Expect<Equal<typeof embedded, Tensor<readonly [Batch, 12, 64], "f32">>>,
  Expect<Equal<typeof embeddedPiped, Tensor<readonly [Batch, 12, 64], "f32">>>,
  Expect<Equal<typeof columns, Tensor<readonly [1000, Batch, 12], "f32">>>,
  Expect<Equal<typeof columnsPiped, Tensor<readonly [1000, Batch, 12], "f32">>>,
  Expect<Equal<typeof row, Tensor<readonly [64], "f32">>>,
  Expect<Equal<typeof anyRows, Tensor<readonly number[], "f32">>>,
  Expect<Equal<typeof along, Tensor<readonly [Batch, 3], "f32">>>,
  Expect<Equal<typeof alongPiped, Tensor<readonly [Batch, 3], "f32">>>,
  Expect<Equal<typeof scattered, Tensor<readonly [1000, 64], "f32">>>,
  Expect<Equal<typeof scatteredPiped, Tensor<readonly [number, 64], "f32">>>,
  Expect<Equal<typeof scatteredBehind, Tensor<readonly [2, 9, 5], "f32">>>,
  Expect<Equal<typeof scatteredPairs, Tensor<readonly [2, 9, 5], "f32">>>,
  Expect<Equal<typeof scatteredLast, Tensor<readonly [2, 4, 3, 9], "f32">>>,
  Expect<Equal<typeof scatteredOne, Tensor<readonly [Batch, 9, 64], "f32">>>,
  Expect<Equal<typeof scatteredAlong, Tensor<readonly [Batch, 64], "f32">>>,
  Expect<Equal<typeof rows, Tensor<readonly [Batch, 3, 10], "f32">>>,
  Expect<Equal<typeof rowsF64, Tensor<readonly [number], "f64">>>,
  Expect<Equal<typeof values, Tensor<readonly [Batch, 5], "f32">>>,
  Expect<Equal<typeof indices, Tensor<readonly [Batch, 5], "i32">>>,
  Expect<Equal<typeof summed, Tensor<readonly [156, 64], "f32">>>,
  Expect<Equal<typeof summedPiped, Tensor<readonly [number, 64], "f32">>>,
  Expect<Equal<typeof weights, Tensor<readonly [Edges, 64], "f32">>>,
];
