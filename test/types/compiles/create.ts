// Tensors from data, filled, counted and drawn at random.

import type { TypedArray } from "../../../src/core/dtype.ts";
import type { Tensor } from "../../../src/core/tensor.ts";
import type { Nested, RandomKey } from "../../../src/core/types/index.ts";
import type { Equal, Expect } from "../expect.ts";
import {
  arange,
  bernoulli,
  categorical,
  eye,
  foldIn,
  full,
  key,
  linspace,
  normal,
  permutation,
  scalar,
  splitKey,
  tensor,
  uniform,
  zeros,
  zerosLike,
} from "../ops.ts";

declare const rows: readonly (readonly number[])[];
declare const flat: number[];
declare const bareKey: Tensor;
declare const logits: Tensor<readonly [32, 10], "f32">;
declare const array: TypedArray;
declare const nested: Nested;
declare const n: number;
declare const shape: readonly number[];

const matrix = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const vector = tensor([1, n, 3]);
const integers = tensor([1, 2, 3], { dtype: "i32" });
const booleans = tensor([[true], [false]]);
const number = tensor(3);
const empty = tensor([]);
const emptyRows = tensor([[], []]);
const fromRows = tensor(rows);
const fromNested = tensor(nested);
const fromFlat = tensor(flat, { shape: [2, 3] });
const fromNumbers = tensor(flat);
const fromBytes = tensor(new Uint8Array(6).subarray(1));
const fromAny = tensor(array);
const fromTyped = tensor(new Float64Array(6), { shape: [2, 3] });
const fromFloats = tensor(new Float32Array(6));

export type Data = [
  Expect<Equal<typeof matrix, Tensor<readonly [2, 3], "f32">>>,
  Expect<Equal<typeof vector, Tensor<readonly [3], "f32">>>,
  Expect<Equal<typeof integers, Tensor<readonly [3], "i32">>>,
  Expect<Equal<typeof booleans, Tensor<readonly [2, 1], "bool">>>,
  Expect<Equal<typeof number, Tensor<readonly [], "f32">>>,
  Expect<Equal<typeof empty, Tensor<readonly [0], "f32">>>,
  Expect<Equal<typeof emptyRows, Tensor<readonly [2, 0], "f32">>>,
  Expect<Equal<typeof fromRows, Tensor<readonly [number, number], "f32">>>,
  Expect<Equal<typeof fromNested, Tensor>>,
  Expect<Equal<typeof fromFlat, Tensor<readonly [2, 3], "f32">>>,
  Expect<Equal<typeof fromNumbers, Tensor<readonly [number], "f32">>>,
  Expect<Equal<typeof fromBytes, Tensor<readonly [number], "u8">>>,
  Expect<Equal<(typeof fromAny)["shape"], readonly [number]>>,
  Expect<Equal<typeof fromTyped, Tensor<readonly [2, 3], "f64">>>,
  Expect<Equal<typeof fromFloats, Tensor<readonly [number], "f32">>>,
];

const zero = zeros([32, 64]);
const zeroInts = zeros([32, n], "i32");
const zeroDynamic = zeros(shape);
const halves = full([2, 2], 0.5);
const truths = full([2], true);
const counted = arange(10);
const stepped = arange({ start: 0, stop: 1, step: 0.1 }, "f64");
const spaced = linspace(0, 1, 11);
const alike = zerosLike(logits);
const identity = eye(3);
const seven = scalar(7, "i32");

export type Constructors = [
  Expect<Equal<typeof zero, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof zeroInts, Tensor<readonly [32, number], "i32">>>,
  Expect<Equal<typeof zeroDynamic, Tensor<readonly number[], "f32">>>,
  Expect<Equal<typeof halves, Tensor<readonly [2, 2], "f32">>>,
  Expect<Equal<typeof truths, Tensor<readonly [2], "bool">>>,
  Expect<Equal<typeof counted, Tensor<readonly [10], "i32">>>,
  Expect<Equal<typeof stepped, Tensor<readonly [number], "f64">>>,
  Expect<Equal<typeof spaced, Tensor<readonly [11], "f32">>>,
  Expect<Equal<typeof alike, Tensor<readonly [32, 10], "f32">>>,
  Expect<Equal<typeof identity, Tensor<readonly [3, 3], "f32">>>,
  Expect<Equal<typeof seven, Tensor<readonly [], "i32">>>,
];

const seeded = key(42);
const [first, second] = splitKey(seeded);
const three = splitKey(seeded, 3);
const many = splitKey(seeded, n);
const ofStep = foldIn(seeded, n);
const drawn = normal(first, [32, 64], { std: 0.1 });
const drawnBetween = uniform(second, [n, 64], { min: -1, max: 1, dtype: "f64" });
const drawnBare = normal(bareKey, [2]);
const coins = bernoulli(seeded, [8], { p: 0.1 });
const labels = categorical(seeded, logits);
const columns = categorical(seeded, logits, { axis: 0 });
const order = permutation(seeded, 10);

export type Draws = [
  Expect<Equal<typeof seeded, RandomKey>>,
  Expect<Equal<typeof three, readonly [RandomKey, RandomKey, RandomKey]>>,
  Expect<Equal<typeof many, readonly RandomKey[]>>,
  Expect<Equal<typeof ofStep, RandomKey>>,
  Expect<Equal<typeof drawn, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof drawnBetween, Tensor<readonly [number, 64], "f64">>>,
  Expect<Equal<typeof drawnBare, Tensor<readonly [2], "f32">>>,
  Expect<Equal<typeof coins, Tensor<readonly [8], "bool">>>,
  Expect<Equal<typeof labels, Tensor<readonly [32], "i32">>>,
  Expect<Equal<typeof columns, Tensor<readonly [10], "i32">>>,
  Expect<Equal<typeof order, Tensor<readonly [10], "i32">>>,
];
