// Optimisers: chaining is a monoid, clipping and Adam's first step keep what they promise. 50
// updates of SGD and AdamW against PyTorch's are in test/golden.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { item, mul, scalar, type Tensor, tensor, toArray, values } from "../../src/index.ts";
import {
  adamW,
  addDecayedWeights,
  applyUpdates,
  chain,
  clipByGlobalNorm,
  descend,
  globalNorm,
  type Optimizer,
  scale,
  scaleByAdam,
  sgd,
} from "../../src/nn/index.ts";
import { assertTreesClose } from "../support/close.ts";
import { messageOf } from "../support/messages.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

interface Params {
  readonly w: Tensor;
  readonly layers: readonly Tensor[];
}

const f64 = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: "f64" });
const numbers = fc.integer({ min: -96, max: 96 }).map((k) => k / 32);
const trees: fc.Arbitrary<Params> = fc
  .record({ w: fc.tuple(numbers, numbers, numbers), one: numbers, other: fc.tuple(numbers) })
  .map(({ w, one, other }) => ({ w: f64(w), layers: [f64(one), f64([other])] }));
const parts: fc.Arbitrary<Optimizer> = fc.oneof(
  numbers.map((factor): Optimizer => scale(factor)),
  fc.constantFrom<Optimizer[]>(
    clipByGlobalNorm(0.5),
    scaleByAdam({ b1: 0.5 }),
    addDecayedWeights(0.1),
    descend((step) => mul(step, 0.5)),
    chain(),
  ),
);

/** The updates of three rounds with the same gradient, and the last state. */
const rounds = (optimizer: Optimizer, gradient: Params, params: Params) => {
  let state = optimizer.init(params);
  const updates = [0, 1, 2].map(() => {
    const [update, next] = optimizer.update(gradient, state, params);
    state = next;
    return update;
  });
  return { updates, state };
};
const once = (optimizer: Optimizer, gradient: Params, params = gradient): Params =>
  optimizer.update(gradient, optimizer.init(params), params)[0];

const test = suite("optim");

test(
  "chaining is associative",
  forAll(
    { a: parts, b: parts, c: parts, gradient: trees, params: trees },
    { runs: 40 },
  )(({ a, b, c, gradient, params }) => {
    const left = rounds(chain(chain(a, b), c), gradient, params);
    // The states have the same leaves in the same order, nested otherwise.
    assertTreesClose(left, rounds(chain(a, chain(b, c)), gradient, params), 0);
    assertTreesClose(left, rounds(chain(a, b, c), gradient, params), 0);
  }),
);

test(
  "chaining with nothing changes nothing",
  forAll(
    { a: parts, gradient: trees, params: trees },
    { runs: 40 },
  )(({ a, gradient, params }) => {
    const alone = rounds(a, gradient, params);
    assertTreesClose(rounds(chain(chain(), a), gradient, params), alone, 0);
    assertTreesClose(rounds(chain(a, chain()), gradient, params), alone, 0);
    assertTreesClose(once(chain(), gradient), gradient, 0);
  }),
);

test(
  "clipping gives a norm of at most the limit, and the same direction",
  forAll({ gradient: trees, limit: fc.constantFrom(0.25, 1, 2.5) })(({ gradient, limit }) => {
    const clipped = once(clipByGlobalNorm(limit), gradient);
    const [before, after] = [item(globalNorm(gradient)), item(globalNorm(clipped))];
    assert.ok(after <= limit * (1 + 1e-15), `norm ${after}`);
    if (before <= limit) assertTreesClose(clipped, gradient, 0);
    else assertTreesClose(mul(clipped.w, before / limit), gradient.w, 1e-15);
  }),
);

test("clipping leaves gradients of 0 at 0, and those at the limit as they are", () => {
  const zero = { w: f64([0, 0]), layers: [] };
  assert.equal(toArray(once(clipByGlobalNorm(1), zero).w), [0, 0]);
  const atLimit = { w: f64([3, 4]), layers: [] };
  assert.equal(toArray(once(clipByGlobalNorm(5), atLimit).w), [3, 4]);
});

test("the global norm is that of all leaves as one vector", () => {
  assert.is(
    item(globalNorm({ a: f64([[1, 2]]), b: [f64([2, 4]), scalar(5, "f64")] })),
    Math.sqrt(50),
  );
  assert.is(item(globalNorm({})), 0);
});

test(
  "Adam's first update is ±rate, and 0 for a gradient of 0",
  forAll(trees)((gradient) => {
    const update = once(adamW({ learningRate: 0.25, weightDecay: 0 }), gradient);
    const expected = values(gradient.w).map((g: number) => -0.25 * Math.sign(g));
    // ε = 1e-8 beside gradients of at least 1/32
    assertTreesClose(update.w, tensor(expected), 1e-6);
  }),
);

test("Adam's corrections are right in f32 from the first step on", () => {
  const optimizer = scaleByAdam();
  const g = tensor([1e-3]);
  let state = optimizer.init(g);
  for (let t = 1; t <= 5; t++) {
    const [update, next] = optimizer.update(g, state, g);
    state = next;
    // A constant gradient has m̂ = g and v̂ = g² at every step.
    assertTreesClose(update, tensor([1 / (1 + 1e-5)]), 1e-6, `step ${t}`);
  }
  assert.is(item(state.count), 5);
});

test("AdamW decays by rate · decay · θ apart from the gradient", () => {
  const params = { w: f64([2, -4]), layers: [] };
  const gradient = { w: f64([0, 0]), layers: [] };
  const update = once(adamW({ learningRate: 0.5, weightDecay: 0.25 }), gradient, params);
  assert.equal(toArray(applyUpdates(params, update).w), [1.75, -3.5]);
});

test("SGD steps against the gradient, by a number or a schedule", () => {
  const g = f64([1, -2]);
  const constant = sgd({ learningRate: 0.5 });
  assert.equal(toArray(constant.update(g, constant.init(g), g)[0]), [-0.5, 1]);
  const scheduled = sgd({ learningRate: (step) => mul(step, 0.5) });
  let state = scheduled.init(g);
  const updates = [0, 1, 2].map(() => {
    const [update, next] = scheduled.update(g, state, g);
    state = next;
    return values(update)[0];
  });
  assert.equal(updates, [-0, -0.5, -1]);
});

test("parameters without leaves stay without leaves", () => {
  const optimizer = chain(clipByGlobalNorm(1), adamW({ learningRate: 1 }));
  assert.equal(optimizer.update({}, optimizer.init({}), {})[0], {});
});

test("refuses gradients of another structure", () => {
  assert.is(
    messageOf(() => applyUpdates<unknown>({ a: scalar(1) }, { b: scalar(1) })),
    "zipTrees: trees of one structure expected, got {a:*} and {b:*}",
  );
});

test.run();
