// Which optimisers can be shared out, as their graphs say.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  evaluate,
  mapTree,
  mul,
  slice,
  type Tensor,
  tensor,
  values,
  zeros,
} from "../../../src/index.ts";
import {
  accumulate,
  adam,
  adamW,
  Compress,
  chain,
  clipAdaptively,
  clipByGlobalNorm,
  clipByValue,
  isMatrix,
  lamb,
  lion,
  masked,
  nAdam,
  type Optimizer,
  partition,
  rmsProp,
  sgd,
  skipNonFinite,
} from "../../../src/nn/index.ts";
import { separabilityOf } from "../../../src/nn/parallel/separable.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("separability");
const rate = { learningRate: 0.1 };
const params = { w: zeros([6, 2]), rest: [{ b: zeros([2]) }], s: zeros([]) };

const byRows: Readonly<Record<string, Optimizer>> = {
  sgd: sgd(rate),
  momentum: sgd({ ...rate, momentum: 0.9, nesterov: true }),
  adam: adam({ ...rate, amsgrad: true, weightDecay: 0.1 }),
  adamW: adamW({ ...rate, mask: isMatrix }),
  scheduled: adamW({ learningRate: (step: Tensor) => mul(step, 0.1) }),
  nAdam: nAdam(rate),
  lion: lion(rate),
  rmsProp: rmsProp(rate),
  clipByValue: clipByValue(1),
  accumulate: accumulate(3)(sgd(rate)),
};

const answerOf = (optimizer: Optimizer): string => {
  const found = separabilityOf(optimizer, params);
  return found._tag === "Right" ? found.right.join() : found.left.got;
};

test("optimisers that treat elements alike can be cut anywhere", () => {
  for (const [name, optimizer] of Object.entries(byRows))
    assert.is(answerOf(optimizer), "true,true,true", name);
});

test("leaves whose norms count stay whole", () => {
  assert.is(answerOf(lamb(rate)), "false,false,true"); // of a scalar, an element is the whole
  assert.is(answerOf(clipAdaptively()), "false,false,true");
  assert.is(answerOf(masked(isMatrix)(lamb(rate))), "false,true,true");
  const parts = { all: adamW(rate), some: lamb(rate) };
  assert.is(answerOf(partition(parts, { w: "all", rest: "some", s: "all" })), "true,false,true");
});

test("what is known of each element beforehand keeps a leaf whole", () => {
  const known = tensor([
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 8],
    [9, 10],
    [11, 12],
  ]);
  const weighted: Optimizer = {
    init: () => [],
    update: (updates, state) => [
      mapTree(updates, (u) => (u.shape.length === 2 ? mul(u, known) : u)),
      state,
    ],
  };
  assert.is(answerOf(weighted), "false,true,true");
});

test("optimisers that mix leaves are refused, by the names of leaves", () => {
  assert.is(answerOf(clipByGlobalNorm(1)), "one whose update of w depends on rest[0].b");
  assert.is(
    answerOf(chain(clipByGlobalNorm(1), adamW(rate))),
    "one whose update of w depends on rest[0].b",
  );
  assert.is(answerOf(skipNonFinite()(sgd(rate))), "one whose state for all leaves depends on w");
});

test("optimisers that take no leaf without the others are refused, however many workers there are", () => {
  const masks = Compress.magnitude({ sparsity: 0.5 })(params);
  const found = separabilityOf(Compress.masked(masks)(adamW(rate)), params);
  if (found._tag === "Right") throw new Error("a Left expected");
  assert.is(found.left._tag, "Inseparable");
  assert.match(found.left.got, "zipTrees: trees of one structure expected");
  assert.match(found.left.hint ?? "", "Compress.masked");
});

test(
  "what is said to be divisible is: the update of some rows is some rows of the update",
  forAll(
    {
      name: fc.constantFrom(...Object.keys(byRows)),
      at: fc.integer({ min: 1, max: 5 }),
      numbers: fc.array(fc.float({ min: -2, max: 2, noNaN: true }), {
        minLength: 24,
        maxLength: 24,
      }),
    },
    { runs: 30 },
  )(({ name, at, numbers }) => {
    const optimizer = byRows[name] as Optimizer; // one of its keys
    const all = tensor(Float32Array.from(numbers), { shape: [12, 2] });
    const rows = (from: number, to: number) =>
      evaluate(slice({ start: [from, 0], stop: [to, 2] })(all));
    const updated = (p: Tensor, g: Tensor) => [
      ...values(optimizer.update(g, optimizer.init(p), p)[0]),
    ];
    const whole = updated(rows(0, 6), rows(6, 12));
    const above = updated(rows(0, at), rows(6, 6 + at));
    const below = updated(rows(at, 6), rows(6 + at, 12));
    assert.equal([...above, ...below], whole);
  }),
);

test.run();
