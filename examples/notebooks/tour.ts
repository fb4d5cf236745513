// %% [markdown]
// # A tour of Pullback
//
// Tensors, shapes, derivatives, and a curve fitted by a program that is compiled once. It takes a few seconds.
//
// This notebook is written as [tour.ts](tour.ts), in cells; `npm run notebook -- examples/notebooks/tour.ts --write` runs it
// again.

// %% Tensors

import {
  add,
  compile,
  exp,
  grad,
  item,
  key,
  linspace,
  matmul,
  mean,
  mul,
  neg,
  normal,
  reshape,
  sin,
  splitKey,
  square,
  sub,
  sum,
  type Tensor,
  TensorError,
  tanh,
  tensor,
  transpose,
  valueAndGrad,
  values,
  vmap,
} from "../../src/index.ts";
import { adamW, applyUpdates, Linear, warmupCosine } from "../../src/nn/index.ts";
import { display, isQuick, table } from "../../tools/notebook/index.ts";
import { lines } from "../../tools/plot/index.ts";

const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
display(x);
display(add(mul(x, 10), tensor([0.1, 0.2, 0.3])));

// %% [markdown]
// A tensor describes a computation. Nothing was computed above until the values were shown, and then both operations ran in
// one pass over the elements. The row was repeated for each row of `x`, since its shape fits the last axis.
//
// ## Shapes
//
// Reductions and products say what they do to the shape. A call that does not fit is refused where it is written, and the
// message says both shapes and the line. (Where the compiler can see the shapes, it refuses the call before anything runs.)

// %% Shapes
const columns = sum({ axis: 0 })(x);
const products = matmul(x, transpose(x));
display(columns);
display(products);

const anything: Tensor = products; // a tensor of any shape, of which the compiler knows nothing
try {
  matmul(x, anything);
} catch (error) {
  if (error instanceof TensorError) console.log(error.message);
}

// %% [markdown]
// ## Derivatives
//
// `grad` takes a function of tensors to a number and gives the function of its gradient. The gradient is built of the same
// operations, so it has a gradient too. `vmap` takes a function of one number to the function of many.

// %% Derivatives
const wave = (t: Tensor): Tensor => mul(exp(neg(mul(0.1, square(t)))), sin(mul(2, t)));
const slope = grad(wave);
const bend = grad(slope);

const places = linspace(-5, 5, 201);
const curveOf = (name: string, f: (t: Tensor) => Tensor) => ({
  name,
  x: [...values(places)],
  y: [...values(vmap(f)(places))],
});
display(
  lines({
    title: "exp(−t²/10) · sin 2t and its derivatives",
    curves: [curveOf("the wave", wave), curveOf("slope", slope), curveOf("bend", bend)],
    x: { label: "t" },
    y: { label: "" },
  }),
);

// %% [markdown]
// ## A curve to fit
//
// 200 samples of the wave with noise. Draws come from keys: the same key gives the same numbers on every device, and
// `splitKey` makes new keys of one.

// %% Data
const [placeKey, noiseKey, inKey, middleKey, outKey] = splitKey(key(7), 5);
const inputs = mul(normal(placeKey, [200, 1]), 2);
const targets = add(wave(inputs), mul(normal(noiseKey, [200, 1]), 0.1));

// %% [markdown]
// ## A step, compiled
//
// The model is a record of tensors and a function of it: two hidden layers of 32. A step takes the parameters and the state
// of the optimiser and returns the next ones. `compile` makes one program of it, derivative included, when it is first called;
// what `donate` names is written over, so that no memory is needed for the next parameters.

// %% Training
const start = {
  first: Linear.init(inKey, { inputs: 1, outputs: 32 }),
  second: Linear.init(middleKey, { inputs: 32, outputs: 32 }),
  last: Linear.init(outKey, { inputs: 32, outputs: 1 }),
};
type Model = typeof start;

const predict =
  ({ first, second, last }: Model) =>
  (t: Tensor): Tensor =>
    Linear.apply(last)(tanh(Linear.apply(second)(tanh(Linear.apply(first)(t)))));
const lossOf = (model: Model): Tensor => mean(square(sub(predict(model)(inputs), targets)));

const steps = isQuick() ? 200 : 4000;
const optimizer = adamW({ learningRate: warmupCosine({ peak: 0.005, steps }), weightDecay: 1e-4 });
const step = compile(
  (model: Model, state: readonly unknown[]) => {
    const [loss, gradient] = valueAndGrad(lossOf)(model);
    const [updates, next] = optimizer.update(gradient, state, model);
    return { model: applyUpdates(model, updates), state: next, loss };
  },
  { donate: [0, 1] },
);

let model: Model = start;
let state = optimizer.init(model);
const losses: number[] = [];
for (let i = 0; i < steps; i++) {
  const result = step(model, state);
  ({ model, state } = result);
  losses.push(item(result.loss));
}
display(
  lines({
    title: "Mean squared error while it trains",
    curves: [{ name: "loss", y: losses }],
    x: { label: "step" },
    y: { label: "loss", isLog: true },
    caption: "The noise has a variance of 0.01, which no fit can explain",
  }),
);

// %% [markdown]
// ## What came of it
//
// The network follows the wave where there are samples. The variance of the noise is 0.01: a loss below that on the samples
// themselves means that some noise was learnt too, and the error against the wave without noise tells how much it matters.

// %% Result
const grid = reshape([201, 1])(linspace(-5, 5, 201));
const fitted = predict(model)(grid);
display(
  lines({
    title: "The wave, its samples and the fit",
    curves: [
      { name: "samples", x: [...values(inputs)], y: [...values(targets)], look: "dots" },
      { name: "the wave", x: [...values(grid)], y: [...values(wave(grid))], look: "dashes" },
      { name: "the fit", x: [...values(grid)], y: [...values(fitted)] },
    ],
    x: { label: "t", range: [-5, 5] },
    y: { label: "", range: [-1.5, 1.5] },
  }),
);
const errorOf = (t: Tensor, y: Tensor): number => item(mean(square(sub(predict(model)(t), y))));
display(
  table(
    [
      { "mean squared error": "on the samples", value: errorOf(inputs, targets) },
      {
        "mean squared error": "against the wave, at the samples",
        value: errorOf(inputs, wave(inputs)),
      },
      { "mean squared error": "against the wave, from −5 to 5", value: errorOf(grid, wave(grid)) },
    ],
    { digits: 2 },
  ),
);
