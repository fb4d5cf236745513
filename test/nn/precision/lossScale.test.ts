// Dynamic loss scaling: the state machine against a plain one, and f16 training that fails without it and goes on with it.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  compile,
  item,
  leavesOf,
  matmul,
  mul,
  scalar,
  square,
  sum,
  type Tensor,
  tensor,
  toArray,
  valueAndGrad,
} from "../../../src/index.ts";
import {
  applyUpdates,
  chain,
  clipByGlobalNorm,
  initLossScale,
  type LossScaleOptions,
  meanSquaredError,
  mixedPrecision,
  nextLossScale,
  scaledValueAndGrad,
  sgd,
  skipNonFinite,
} from "../../../src/nn/index.ts";
import { assertTreesClose } from "../../support/close.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const machine = suite("nextLossScale");

machine(
  "doubles after so many finite steps in a row, halves at every other, and never falls below its floor",
  forAll({
    steps: fc.array(fc.boolean(), { maxLength: 16 }),
    period: fc.integer({ min: 1, max: 4 }),
    initial: fc.constantFrom(1, 4, 2 ** 16),
  })(({ steps, period, initial }) => {
    const next = nextLossScale({ period, floor: 2 });
    let state = initLossScale({ initial });
    let [scale, finite] = [initial, 0];
    for (const isGood of steps) {
      state = next(state, scalar(isGood));
      finite = isGood ? finite + 1 : 0;
      scale = isGood ? scale : Math.max(2, scale / 2);
      if (finite === period) [scale, finite] = [scale * 2, 0];
      assert.equal([item(state.scale), item(state.finiteSteps)], [scale, finite]);
    }
  }),
);

machine("starts at 2¹⁶ and waits 2000 steps, in f32 and i32", () => {
  const next = compile(nextLossScale(), { device: "cpu" });
  let state = initLossScale();
  assert.equal(
    leavesOf(state).map(({ dtype }) => dtype),
    ["f32", "i32"],
  );
  for (let step = 0; step < 1999; step++) state = next(state, scalar(true));
  assert.equal([item(state.scale), item(state.finiteSteps)], [2 ** 16, 1999]);
  state = next(state, scalar(true));
  assert.equal([item(state.scale), item(state.finiteSteps)], [2 ** 17, 0]);
});

machine.run();

const gradients = suite("scaledValueAndGrad");

gradients(
  "gives the value and gradient of the loss itself, whatever the scale",
  forAll({
    w: fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })),
    power: fc.integer({ min: 0, max: 20 }),
  })(({ w, power }) => {
    const loss = (p: Tensor, factor: Tensor) => sum(mul(square(square(p)), factor));
    const [p, factor] = [tensor(w.map((v) => v / 8)), tensor([0.5, 2])];
    const { value, gradient, isGood } = scaledValueAndGrad(loss)(
      initLossScale({ initial: 2 ** power }),
      p,
      factor,
    );
    // Powers of two change no bit of a gradient.
    assertTreesClose([value, gradient], valueAndGrad(loss)(p, factor), 0);
    assert.is(item(isGood), 1);
  }),
);

gradients("hands on what comes along with the loss, as it is", () => {
  const loss = (w: Tensor) => [sum(square(w)), { seen: mul(w, 2) }] as const;
  const { value, gradient } = scaledValueAndGrad(loss, mixedPrecision("f16"), { hasAux: true })(
    initLossScale(),
    tensor([1, 2]),
  );
  assert.equal([item(value[0]), toArray(value[1].seen), toArray(gradient)], [5, [2, 4], [2, 4]]);
});

gradients("refuses what is no loss as valueAndGrad does, and not with a TypeError", () => {
  const w = tensor([1, 2]);
  const bare = (p: Tensor) => sum(square(p));
  const pair = (p: Tensor) => [bare(p), p] as const;
  const vector = (p: Tensor) => square(p);
  for (const [loss, hasAux] of [
    [bare, true],
    [pair, false],
    [vector, false],
    [(p: Tensor) => [vector(p), p] as const, true],
  ] as const) {
    const refused = messageOf(() => valueAndGrad(loss, { hasAux })(w));
    assert.match(refused, /^grad: .* scalar loss expected/);
    const options = { hasAux };
    assert.is(
      messageOf(() => scaledValueAndGrad(loss, mixedPrecision("f16"), options)(initLossScale(), w)),
      refused,
    );
  }
});

gradients("unscales before the optimiser clips", () => {
  const w = tensor([3, 4]); // the gradient of ½ w² is w, of norm 5
  const { gradient } = scaledValueAndGrad((p: Tensor) => mul(sum(square(p)), 0.5))(
    initLossScale(),
    w,
  );
  const clipped = chain(clipByGlobalNorm(10), sgd({ learningRate: 1 }));
  assert.equal(toArray(clipped.update(gradient, clipped.init(w), w)[0]), [-3, -4]);
});

gradients.run();

const training = suite("f16 training");

const inputs = tensor([
  [1, 0],
  [0, 1],
  [1, 1],
  [1, -1],
]); // [4, 2]
const truth = tensor([[1], [-1], [0], [2]]); // inputs · [1, −1]

/** Trains two matrices in a row on a loss times `factor`, the learning rate divided by it; the error at the end, and the last scale. */
const train = (factor: number, options: LossScaleOptions, steps: number) => {
  const loss = ([a, b]: readonly [Tensor, Tensor]): Tensor =>
    mul(meanSquaredError(matmul(matmul(inputs, a), b), truth), factor);
  const optimizer = skipNonFinite({ maxConsecutive: 100 })(sgd({ learningRate: 0.1 / factor }));
  const gradient = scaledValueAndGrad(loss, mixedPrecision("f16"), options);
  const step = compile(
    (params: readonly [Tensor, Tensor], state, scale) => {
      const { value, gradient: g, lossScale } = gradient(scale, params);
      const [updates, next] = optimizer.update(g, state, params);
      return { params: applyUpdates(params, updates), state: next, scale: lossScale, value };
    },
    { device: "cpu", donate: [1, 2] },
  );
  let params: readonly [Tensor, Tensor] = [
    tensor([
      [0.5, -0.25],
      [0.25, 0.5],
    ]),
    tensor([[0.5], [0.25]]),
  ];
  let [state, scale] = [optimizer.init(params), initLossScale(options)];
  const errors = Array.from({ length: steps }, () => {
    const result = step(params, state, scale);
    ({ params, state, scale } = result);
    return item(result.value) / factor;
  });
  return {
    first: errors[0] as number,
    last: errors.at(-1) as number,
    skipped: item(state.total),
    scale: item(scale.scale),
    programs: step.compilations.length,
  };
};

const fixed = { growth: 1, backoff: 1 };

training("small gradients are 0 without a scale, and it does not learn; with one it does", () => {
  const [tiny, steps] = [2 ** -26, 120];
  const without = train(tiny, { ...fixed, initial: 1 }, steps);
  assert.is(without.last, without.first, "no gradient is above 6e-8");
  const scaled = train(tiny, {}, steps);
  assert.ok(scaled.last < 0.02 * scaled.first, `${scaled.first} … ${scaled.last}`);
  assert.equal([scaled.skipped, scaled.programs], [0, 1]);
});

training(
  "gradients too large for a fixed scale are infinite, and it does not learn; a dynamic one comes down",
  () => {
    const [huge, steps] = [64, 120];
    const stuck = train(huge, { ...fixed, initial: 2 ** 16 }, steps);
    assert.equal([stuck.last, stuck.skipped], [stuck.first, steps]);
    const dynamic = train(huge, {}, steps);
    assert.ok(dynamic.last < 0.02 * dynamic.first, `${dynamic.first} … ${dynamic.last}`);
    assert.ok(dynamic.skipped > 0 && dynamic.skipped < 20, `${dynamic.skipped} skipped`);
    assert.is(dynamic.scale, 2 ** (16 - dynamic.skipped));
  },
);

training("a scale that grows too far costs a step, and comes back", () => {
  const { last, first, skipped, scale } = train(1, { initial: 2 ** 8, period: 4 }, 120);
  assert.ok(skipped > 2 && last < 0.02 * first, `${skipped} skipped, ${first} … ${last}`);
  assert.ok(scale > 2 ** 8, `${scale}`); // small gradients at the end allow for more
});

training.run();
