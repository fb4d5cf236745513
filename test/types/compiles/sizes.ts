// Literal, named and dynamic sizes meeting each other, and assignability of tensors.

import type { Tensor } from "../../../src/core/tensor.ts";
import { type Dim, dim, type Named } from "../../../src/core/types/index.ts";
import type { Equal, Expect } from "../expect.ts";
import { add, matmul, relu, softmax, sum, transpose, zeros } from "../ops.ts";

type Batch = Dim<"batch">;

declare const literal: Tensor<readonly [32, 64], "f32">;
declare const named: Tensor<readonly [Batch, 64], "f32">;
declare const dynamic: Tensor<readonly [number, 64], "f32">;
declare const rank2: Tensor<readonly [number, number], "f32">;
declare const bare: Tensor;
declare const column: Tensor<readonly [1, 64], "f32">;

const batch = dim("batch", 32);
const created = zeros([batch, 32, 64]);

const literalLiteral = add(literal, literal);
const literalDynamic = add(literal, dynamic);
const namedNamed = add(named, named);
const namedDynamic = add(dynamic, named);
const namedLiteral = add(named, literal);
const onceMore = add(namedLiteral, literal);
const oneNamed = add(column, named);
const oneDynamic = add(dynamic, column);
const dynamicDynamic = add(rank2, dynamic);

export type Sizes = [
  Expect<Equal<typeof batch, Dim<"batch">>>,
  Expect<Equal<typeof created, Tensor<readonly [Dim<"batch">, 32, 64], "f32">>>,
  Expect<Equal<typeof literalLiteral, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof literalDynamic, Tensor<readonly [32, 64], "f32">>>,
  Expect<Equal<typeof namedNamed, Tensor<readonly [Batch, 64], "f32">>>,
  Expect<Equal<typeof namedDynamic, Tensor<readonly [Batch, 64], "f32">>>,
  Expect<Equal<typeof namedLiteral, Tensor<readonly [32 & Named<"batch">, 64], "f32">>>,
  Expect<Equal<typeof onceMore, Tensor<readonly [32 & Named<"batch">, 64], "f32">>>,
  Expect<Equal<typeof oneNamed, Tensor<readonly [Batch, 64], "f32">>>,
  Expect<Equal<typeof oneDynamic, Tensor<readonly [number, 64], "f32">>>,
  Expect<Equal<typeof dynamicDynamic, Tensor<readonly [number, 64], "f32">>>,
];

// A bare tensor passes every check; the result keeps what the other operand tells.
const bareLeft = add(bare, literal);
const bareRight = matmul(literal, bare);
const bareAlone = softmax(transpose(relu(bare)));
const bareSum = sum({ axis: 7 })(bare);

export type Bare = [
  Expect<Equal<typeof bareLeft, Tensor<readonly number[], "f32">>>,
  Expect<Equal<typeof bareRight, Tensor<readonly number[], "f32">>>,
  Expect<Equal<typeof bareAlone, Tensor>>,
  Expect<Equal<typeof bareSum, Tensor>>,
];

// What is known can be forgotten, never invented.
export const forgetShape: Tensor = literal;
export const forgetSize: Tensor<readonly [number, 64], "f32"> = literal;
export const forgetName: Tensor<readonly [number, 64], "f32"> = named;
export const forgetSizeOfName: Tensor<readonly [Batch, 64], "f32"> = namedLiteral;
export const forgetRank: Tensor<readonly number[], "f32"> = named;

// Bodies that are generic in the shape may use what does not depend on it.
export const generic = <S extends readonly number[]>(x: Tensor<S, "f32">): Tensor<S, "f32"> =>
  relu(add(relu(x), 1));
export const genericSum = <S extends readonly number[]>(
  x: Tensor<S, "f32">,
): Tensor<readonly [], "f32"> => sum(x);

// What is made inside a call keeps its sizes and dtype.
const inlined = softmax(zeros([2, 3]));
const inlinedTwice = add(zeros([2, 3]), zeros([3]));
export const keepsSizes: Tensor<readonly [2, 3], "f32"> = inlined;

export type Inlined = [
  Expect<Equal<(typeof inlined)["shape"]["length"], 2>>,
  Expect<Equal<typeof inlinedTwice, Tensor<readonly [2, 3], "f32">>>,
];
