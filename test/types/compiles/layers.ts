// Layers: sizes from the configuration to the result; bare tensors, and parameters of any sizes, pass.

import { pipe } from "fp-ts/lib/function.js";
import type { Tensor } from "../../../src/core/tensor.ts";
import type { Dim } from "../../../src/core/types/index.ts";
import { lift, sequential } from "../../../src/nn/module.ts";
import type { Equal, Expect } from "../expect.ts";
import { Linear, relu, softmax, zeros } from "../ops.ts";

type Batch = Dim<"batch">;

declare const from: Tensor;
declare const bare: Tensor;
declare const n: number;
declare const images: Tensor<readonly [Batch, 784], "f32">;
declare const sequence: Tensor<readonly [Batch, 12, 784], "f64">;

const layer = Linear.init(from, { inputs: 784, outputs: 10 });
const any: Linear.Params = layer;
const partly = Linear.init(from, { inputs: n, outputs: 10 });
const several = [layer, Linear.init(from, { inputs: 10, outputs: 10 })];

const rows = Linear.apply(layer)(images);
const piped = pipe(images, Linear.apply(layer), softmax({ axis: -1 }));
const ofSequence = Linear.apply(layer)(sequence);
const ofBare = Linear.apply(layer)(bare);
const dynamic = Linear.apply(partly)(images);
const literal = Linear.apply({ weight: zeros([784, 3]), bias: zeros([3]) })(images);
const mixed = Linear.apply({ weight: bare, bias: zeros([3]) })(images);
const chained = several.reduce((h, each) => Linear.apply(each)(h), bare);
const network = sequential(Linear.module({ inputs: 784, outputs: 8 }), lift(relu));
const composed = network.apply(network.init(from))(images);

export type Linears = [
  Expect<Equal<typeof layer, Linear.Params<784, 10>>>,
  Expect<Equal<typeof layer.weight, Tensor<readonly [784, 10]>>>,
  Expect<Equal<typeof any.weight, Tensor>>,
  Expect<Equal<typeof rows, Tensor<readonly [Batch, 10], "f32">>>,
  Expect<Equal<typeof piped, Tensor<readonly [Batch, 10], "f32">>>,
  Expect<Equal<typeof ofSequence, Tensor<readonly [Batch, 12, 10], "f64">>>,
  Expect<Equal<typeof ofBare, Tensor>>,
  Expect<Equal<typeof dynamic, Tensor<readonly [Batch, 10], "f32">>>,
  Expect<Equal<typeof literal, Tensor<readonly [Batch, 3], "f32">>>,
  Expect<Equal<typeof mixed, Tensor<readonly number[], "f32">>>,
  Expect<Equal<typeof chained, Tensor>>,
  Expect<Equal<typeof composed, Tensor>>,
];
