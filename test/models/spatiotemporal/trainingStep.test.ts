// One step of training: the parameters and their average by hand, what it drops, and the points of quantiles.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { compile, item, mean, mul, sub, type Tensor, tensor, values } from "../../../src/index.ts";
import { gather } from "../../../src/models/spatiotemporal/batches.ts";
import {
  type Examples,
  forecasterFor,
  type Model,
} from "../../../src/models/spatiotemporal/model/model.ts";
import {
  beginTraining,
  pointsOf,
  type TrainState,
  toTensors,
  trainingStep,
} from "../../../src/models/spatiotemporal/training.ts";
import { adamW, chain, clipByGlobalNorm, sgd } from "../../../src/nn/index.ts";
import { assertTreesClose } from "../../support/close.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";
import { modelOf, narrowChoices } from "./trained.ts";
import { waves } from "./waves.ts";

const step = suite("trainingStep");

/** The last value times w, for one target of one feature: a model that can be followed by hand. */
const scaling: Model<{ readonly w: Tensor }> = {
  settings: "scaling",
  init: () => ({ w: tensor([2]) }),
  forecast:
    ({ w }) =>
    ({ x }) =>
      mul(x, w),
  loss: ({ w }, { truth }) => mean(mul(sub(w, truth), sub(w, truth))),
  quantiles: [],
};
/** A batch whose only truth is given. */
const asking = (truth: number): Examples => ({
  inputs: { x: tensor([0]), clock: tensor([0]) },
  truth: tensor([truth]),
});

step("moves the parameters, and the average after them, by hand", () => {
  const optimizer = sgd({ learningRate: 0.25 });
  const run = trainingStep(scaling, optimizer, { seed: 0, averaging: 0.15 });
  const first = run(beginTraining(scaling, optimizer, 0), asking(0));
  assert.is(item(first.metrics["loss"] as Tensor), 4);
  assertTreesClose(first.state.params.w, tensor([1]), 0); // 2 − ¼ · 2 · 2
  assertTreesClose(first.state.average.w, tensor([1.1]), 1e-6); // a tenth of 2 stays
  const second = run(first.state, asking(0));
  assertTreesClose(second.state.params.w, tensor([0.5]), 0);
  assertTreesClose(second.state.average.w, tensor([0.15 * 1.1 + 0.85 * 0.5]), 1e-6); // 2/11 is above 0.15
  assert.is(item(second.state.count), 2);
});

step(
  "the average comes as close to parameters that rest as the product of what is kept",
  forAll(
    {
      averaging: fc.double({ min: 0, max: 0.99, noNaN: true }),
      from: fc.double({ min: -9, max: 9, noNaN: true }),
      steps: fc.integer({ min: 1, max: 60 }),
    },
    { runs: 20 },
  )(({ averaging, from, steps }) => {
    const optimizer = sgd({ learningRate: 0 });
    const run = compile(trainingStep(scaling, optimizer, { seed: 0, averaging }));
    let state: TrainState<{ readonly w: Tensor }> = {
      ...beginTraining(scaling, optimizer, 0),
      average: { w: tensor([from]) },
    };
    let left = from - 2;
    for (let t = 0; t < steps; t++) {
      state = run(state, asking(1)).state;
      left *= Math.min((t + 1) / (t + 10), averaging);
    }
    const apart = values(state.average.w)[0] as number;
    assert.ok(Math.abs(apart - 2 - left) < 1e-5, `${apart - 2}, ${left} expected`); // f32
  }),
);

step("is the same compiled or not", () => {
  const model = modelOf(waves);
  const optimizer = chain(clipByGlobalNorm(0.1), adamW({ learningRate: 0.01 }));
  const plain = trainingStep(model, optimizer, { seed: 1 });
  const examples = toTensors(gather(waves)([10, 30, 50, 70]), waves);
  const run = (make: typeof plain) => {
    let result = make(beginTraining(model, optimizer, 1), examples);
    const losses = [result.metrics["loss"] as Tensor];
    for (let k = 0; k < 5; k++) {
      result = make(result.state, examples);
      losses.push(result.metrics["loss"] as Tensor);
    }
    return { ...result, losses };
  };
  const [ours, compiled] = [run(plain), run(compile(plain))];
  assertTreesClose(compiled, ours, 1e-6); // f32, which fusion may round elsewhere
  assert.ok(item(compiled.losses.at(-1) as Tensor) < item(compiled.losses[0] as Tensor));
});

step("draws what it drops anew in each step, from the seed", () => {
  const model = forecasterFor(waves, { ...narrowChoices, dropout: 0.5 });
  const optimizer = sgd({ learningRate: 0 });
  const examples = toTensors(gather(waves)([10, 30, 50, 70]), waves);
  const losses = (seed: number): readonly number[] => {
    const run = trainingStep(model, optimizer, { seed });
    const first = run(beginTraining(model, optimizer, 1), examples);
    const second = run(first.state, examples);
    return [first, second].map(({ metrics }) => item(metrics["loss"] as Tensor));
  };
  const [first, second] = losses(1);
  assert.not.equal(first, second);
  assert.equal(losses(1), [first, second]);
  assert.not.equal(losses(2)[0], first);
});

step.run();

const points = suite("pointsOf");

points("takes the median of each forecast, and all of what has no quantiles", () => {
  const forecasts = Float32Array.of(1, 2, 3, 4, 5, 6);
  assert.equal(pointsOf([], forecasts), forecasts);
  assert.equal(pointsOf([0.1, 0.5, 0.9], forecasts), Float32Array.of(2, 5));
  assert.equal(pointsOf([0.5, 0.9], forecasts), Float32Array.of(1, 3, 5));
  assert.equal(pointsOf([0.5], forecasts), forecasts);
});

points.run();
