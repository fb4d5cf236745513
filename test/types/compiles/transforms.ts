// Transforms keep the types of the functions that they take; vmap, whose arguments have one axis more, gives bare tensors.

import { pipe } from "fp-ts/lib/function.js";
import {
  checkpoint,
  compile,
  type Dim,
  grad,
  hessian,
  jacobian,
  jvp,
  type Tensor,
  valueAndGrad,
  vjp,
  vmap,
} from "../../../src/index.ts";
import type { Equal, Expect } from "../expect.ts";
import { add, matmul, mean, mul, relu, sum, tensor, zeros } from "../ops.ts";

type Batch = Dim<"batch">;
type X = Tensor<readonly [Batch, 784], "f32">;
type Y = Tensor<readonly [Batch, 10], "f32">;
type Loss = Tensor<readonly [], "f32">;

interface Params {
  readonly w: Tensor<readonly [784, 10], "f32">;
  readonly b: Tensor<readonly [10], "f32">;
}

declare const params: Params;
declare const x: X;

const model = (p: Params) => (input: X) => pipe(input, matmul(p.w), add(p.b), relu);
const loss = (p: Params, input: X) => mean(model(p)(input));
const predict = compile((p: Params, input: X) => model(p)(input));
const gradient = grad(loss)(params, x);
const ofInput = grad(loss, { argnums: 1 })(params, x);
const ofBoth = grad(loss, { argnums: [0, 1] })(params, x);
const [value, withValue] = valueAndGrad(loss)(params, x);
const compiledGradient = compile(grad(loss))(params, x);
const pulled = vjp(model(params), x);
const pushed = jvp(model(params), [x], [x]);
const saved = checkpoint(model(params))(x);
const rows = vmap(model(params))(x);
const second = hessian((v: X) => sum(mul(v, v)))(x);
const slopes = jacobian(loss)(params, x);

export type Transforms = [
  Expect<Equal<ReturnType<typeof loss>, Loss>>,
  Expect<Equal<ReturnType<typeof predict>, Y>>,
  Expect<Equal<Parameters<typeof predict>, [p: Params, input: X]>>,
  Expect<Equal<typeof gradient, Params>>,
  Expect<Equal<typeof ofInput, X>>,
  Expect<Equal<typeof ofBoth, readonly [Params, X]>>,
  Expect<Equal<typeof value, Loss>>,
  Expect<Equal<typeof withValue, Params>>,
  Expect<Equal<typeof compiledGradient, Params>>,
  Expect<Equal<typeof pulled.value, Y>>,
  Expect<Equal<ReturnType<typeof pulled.pullback>, [input: X]>>,
  Expect<Equal<typeof pushed.tangent, Y>>,
  Expect<Equal<typeof saved, Y>>,
  Expect<Equal<typeof rows, Tensor>>,
  Expect<Equal<typeof second, Tensor>>,
  Expect<Equal<typeof slopes, { readonly w: Tensor; readonly b: Tensor }>>,
];

// Bare tensors need no annotation but their own, and what is known better is accepted where they are.
const bareLoss = (p: { readonly w: Tensor; readonly b: Tensor }, input: Tensor): Tensor =>
  mean(relu(add(matmul(input, p.w), p.b)));
export const bareGradient: { readonly w: Tensor; readonly b: Tensor } = grad(bareLoss)(params, x);
export const bareStep: Tensor = compile(bareLoss)(params, zeros([2, 784]));
export const bareRows: Tensor = vmap((row: Tensor) => sum(row))(tensor([[1, 2]]));
export const asBare: Tensor = zeros([2, 3]);
export const asBareLists: readonly Tensor[] = [zeros([2, 3]), tensor(1), x];
