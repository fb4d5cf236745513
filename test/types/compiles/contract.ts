// Products: matmul, dot, outer, einsum.

import { pipe } from "fp-ts/lib/function.js";
import type { Tensor } from "../../../src/core/tensor.ts";
import type { Dim } from "../../../src/core/types/index.ts";
import type { Equal, Expect } from "../expect.ts";
import { type Csr, csrMatmul, dot, einsum, matmul, outer } from "../ops.ts";

type Batch = Dim<"batch">;

declare const x: Tensor<readonly [Batch, 784], "f32">;
declare const w: Tensor<readonly [784, 10], "f32">;
declare const heads: Tensor<readonly [Batch, 1, 12, 64], "f32">;
declare const keys: Tensor<readonly [4, 64, 12], "f32">;
declare const v: Tensor<readonly [784], "f32">;
declare const u: Tensor<readonly [10], "f32">;
declare const dynamic: Tensor<readonly [number, 10], "f32">;
declare const bare: Tensor;
declare const spec: string;
declare const graph: Csr<156, 156>;
declare const features: Tensor<readonly [156, 32], "f32">;

const plain = matmul(x, w);
const piped = pipe(x, matmul(w));
const batched = matmul(heads, keys);
const vectorLeft = matmul(v, w);
const vectorRight = matmul(x, v);
const vectors = matmul(v, v);
const dynamicInner = matmul(x, dynamic);
const sparse = csrMatmul(graph, features);
const product = pipe(v, dot(v));
const table = outer(v, u);

export type Products = [
  Expect<Equal<typeof plain, Tensor<readonly [Batch, 10], "f32">>>,
  Expect<Equal<typeof piped, Tensor<readonly [Batch, 10], "f32">>>,
  Expect<Equal<typeof batched, Tensor<readonly [Batch, 4, 12, 12], "f32">>>,
  Expect<Equal<typeof vectorLeft, Tensor<readonly [10], "f32">>>,
  Expect<Equal<typeof vectorRight, Tensor<readonly [Batch], "f32">>>,
  Expect<Equal<typeof vectors, Tensor<readonly [], "f32">>>,
  Expect<Equal<typeof dynamicInner, Tensor<readonly [Batch, 10], "f32">>>,
  Expect<Equal<typeof sparse, Tensor<readonly [156, 32], "f32">>>,
  Expect<Equal<typeof product, Tensor<readonly [], "f32">>>,
  Expect<Equal<typeof table, Tensor<readonly [784, 10], "f32">>>,
];

const sums = einsum("ij,jk->ik")(x, w);
const scores = einsum("bgqd, hdk -> bhqk")(heads, keys);
const diagonal = einsum("ii->i")(matmul(w, einsum("ij->ji")(w)));
const turned = pipe(w, einsum("ij->ji"));
const total = einsum("i,ij,j->")(v, w, u);
const implied = einsum("ij, jk")(x, w);
const four = einsum("i,i,i,i->i")(v, v, v, v);
const unknown = einsum("ij,jk->ik")(bare, w);
const unread = einsum(spec)(x, w);

export type Einsums = [
  Expect<Equal<typeof sums, Tensor<readonly [Batch, 10], "f32">>>,
  Expect<Equal<typeof scores, Tensor<readonly [Batch, 4, 12, 12], "f32">>>,
  Expect<Equal<typeof diagonal, Tensor<readonly [784], "f32">>>,
  Expect<Equal<typeof turned, Tensor<readonly [10, 784], "f32">>>,
  Expect<Equal<typeof total, Tensor<readonly [], "f32">>>,
  Expect<Equal<typeof implied, Tensor<readonly [Batch, 10], "f32">>>,
  Expect<Equal<typeof four, Tensor>>,
  Expect<Equal<typeof unknown, Tensor<readonly [number, 10], "f32">>>,
  Expect<Equal<typeof unread, Tensor>>,
];
