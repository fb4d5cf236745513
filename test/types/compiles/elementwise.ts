// Elementwise ops: broadcasting, weak scalars, dtypes.

import { pipe } from "fp-ts/lib/function.js";
import type { Tensor } from "../../../src/core/tensor.ts";
import type { Operand } from "../../../src/core/types/index.ts";
import type { Equal, Expect } from "../expect.ts";
import {
  add,
  cast,
  clamp,
  elu,
  exp,
  isNaN,
  less,
  logicalAnd,
  logicalNot,
  relu,
  silu,
  sub,
  where,
} from "../ops.ts";

declare const x: Tensor<readonly [32, 64], "f32">;
declare const row: Tensor<readonly [64], "f32">;
declare const column: Tensor<readonly [32, 1], "f32">;
declare const cube: Tensor<readonly [8, 1, 64], "f32">;
declare const half: Tensor<readonly [32, 64], "f16">;
declare const count: Tensor<readonly [32, 64], "i32">;
declare const someDtype: Tensor<readonly [32, 64]>;
declare const n: number;
declare const either: Operand;

const direct = add(x, row);
const flipped = add(row, x);
const both = add(column, row);
const threeAxes = sub(x, cube);
const scalarRight = add(x, 1);
const scalarLeft = sub(1, x);
const scalarDynamic = sub(n, x);
const integer = add(count, 1);
const scalarTrue = add(count, true);
const curried = add(row)(x);
const curriedScalar = sub(1)(x);
const scalarPiped = sub(x)(1);
const piped = pipe(x, add(row), sub(column), relu);
export const eitherFirst: Tensor = add(either, 1);
export const eitherSecond: Tensor<readonly number[], "f32"> = pipe(x, sub(either));
const knownDtype = add(someDtype, x);

export type Binary = [
  Expect<Equal<typeof direct, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof flipped, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof both, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof threeAxes, Tensor<readonly [8, 32, 64], "f32">>>,
  Expect<Equal<typeof scalarRight, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof scalarLeft, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof scalarDynamic, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof integer, Tensor<readonly [32, 64], "i32">>>,
  Expect<Equal<typeof scalarTrue, Tensor<readonly [32, 64], "i32">>>,
  Expect<Equal<typeof curried, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof curriedScalar, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof scalarPiped, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof piped, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof knownDtype, Tensor<readonly [32, 64], "f32">>>,
];

const isLess = less(x, row);
const isLessThanOne = pipe(x, less(1));
const conjunction = logicalAnd(isLess, isLessThanOne);
const always = logicalAnd(isLess, true);
const negation = pipe(isLess, logicalNot);
const chosen = where(isLess, x, 0);
const chosenWide = where(isLess, row, cube);
const chosenNumbers = where(isLess, 1, 0);
const chosenPiped = pipe(isLess, where(x, 0));
const chosenIntegers = where(isLess, 0, count);

export type Logic = [
  Expect<Equal<typeof isLess, Tensor<readonly [32, 64], "bool">>>,
  Expect<Equal<typeof isLessThanOne, Tensor<readonly [32, 64], "bool">>>,
  Expect<Equal<typeof conjunction, Tensor<readonly [32, 64], "bool">>>,
  Expect<Equal<typeof always, Tensor<readonly [32, 64], "bool">>>,
  Expect<Equal<typeof negation, Tensor<readonly [32, 64], "bool">>>,
  Expect<Equal<typeof chosen, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof chosenWide, Tensor<readonly [8, 32, 64], "f32">>>,
  Expect<Equal<typeof chosenNumbers, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof chosenPiped, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof chosenIntegers, Tensor<readonly [32, 64], "i32">>>,
];

const stored = cast("f16")(x);
const loaded = pipe(half, cast("f32"), exp, silu);
const checked = isNaN(x);
const clamped = pipe(x, clamp({ min: 0, max: 6 }));
const eluDirect = elu(x);
const eluOptions = elu({ alpha: 0.5 })(x);
const eluPiped = pipe(x, elu, elu({ alpha: 2 }));

export type Unary = [
  Expect<Equal<typeof stored, Tensor<readonly [32, 64], "f16">>>,
  Expect<Equal<typeof loaded, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof checked, Tensor<readonly [32, 64], "bool">>>,
  Expect<Equal<typeof clamped, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof eluDirect, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof eluOptions, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof eluPiped, Tensor<readonly [32, 64], "f32">>>,
];
