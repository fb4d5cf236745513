// What wraps an optimiser: accumulation over several gradients, skipping of those that are no numbers, and the moving mean of parameters. All
// of it inside one compiled step.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  add,
  type Compiled,
  compile,
  div,
  item,
  mapTree,
  mul,
  sub,
  type Tensor,
  tensor,
  toArray,
  values,
  zipTrees,
} from "../../../src/index.ts";
import {
  accumulate,
  adamW,
  applyUpdates,
  averageParameters,
  chain,
  clipAdaptively,
  clipByGlobalNorm,
  hasGivenUp,
  lamb,
  linear,
  lion,
  nAdam,
  type Optimizer,
  rmsProp,
  sgd,
  skipNonFinite,
} from "../../../src/nn/index.ts";
import { assertTreesClose } from "../../support/close.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";
import { f64, numbers, type Params, run, trees } from "./support.ts";

const momentum = sgd({ learningRate: linear({ from: 1, to: 0, steps: 8 }), momentum: 0.5 });

const accumulation = suite("accumulate");

accumulation(
  "every k-th update is the optimiser's for the mean of k gradients; those in between are 0",
  forAll(
    {
      k: fc.integer({ min: 1, max: 3 }),
      gradients: fc.array(trees, { minLength: 6, maxLength: 6 }),
      params: trees,
    },
    { runs: 30 },
  )(({ k, gradients, params }) => {
    const { updates } = run(accumulate(k)(momentum), gradients, params);
    const means = Array.from({ length: Math.floor(6 / k) }, (_, i) => {
      const some = gradients.slice(i * k, (i + 1) * k);
      return mapTree(
        zipTrees((...leaves) => leaves.reduce((a, b) => add(a, b)), ...some),
        (x) => div(x, k),
      );
    });
    const expected = run(momentum, means, params).updates;
    updates.forEach((update, i) => {
      const isDue = i % k === k - 1;
      const wanted = isDue ? expected[(i + 1) / k - 1] : mapTree(params, (x) => mul(x, 0));
      assertTreesClose(update, wanted, 1e-14, `update ${i}`);
    });
  }),
);

accumulation("adds up in f32 at least, and in f64 for f64", () => {
  const { sum } = accumulate(2)(momentum).init({ a: tensor([1]), b: f64([1]) }) as {
    sum: { a: Tensor; b: Tensor };
  };
  assert.equal([sum.a.dtype, sum.b.dtype], ["f32", "f64"]);
});

accumulation("refuses anything but whole numbers above 0", () => {
  assert.is(
    messageOf(() => accumulate(1.5)),
    "accumulate: a whole number above 0 expected, got 1.5",
  );
});

accumulation.run();

const skipping = suite("skipNonFinite");

const bad = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
const spoilt = (gradient: Params, value: number): Params => ({
  ...gradient,
  gain: f64(value),
});

skipping(
  "a bad gradient changes neither parameters nor the optimiser's state: the rest goes on as if it had not been",
  forAll(
    {
      gradients: fc.array(fc.record({ gradient: trees, value: fc.option(bad) }), { maxLength: 5 }),
      params: trees,
    },
    { runs: 40 },
  )(({ gradients, params }) => {
    const optimizer = skipNonFinite({ maxConsecutive: 9 })(momentum);
    const given = gradients.map(({ gradient, value }) =>
      value === null ? gradient : spoilt(gradient, value),
    );
    const { updates, state } = run(optimizer, given, params);
    const isGood = gradients.map(({ value }) => value === null);
    const good = run(
      momentum,
      given.filter((_, i) => isGood[i]),
      params,
    );
    assertTreesClose(
      updates.filter((_, i) => isGood[i]),
      good.updates,
      0,
    );
    assertTreesClose(state.inner, good.state, 0);
    updates.forEach((update, i) => {
      if (!isGood[i])
        assertTreesClose(
          update,
          mapTree(params, (x) => mul(x, 0)),
          0,
        );
    });
    assert.is(item(state.total), isGood.filter((good) => !good).length);
    assert.is(
      item(state.consecutive),
      [...isGood, true].length - 1 - [true, ...isGood].lastIndexOf(true),
    );
  }),
);

skipping("gives up after so many in a row, and stays so", () => {
  const optimizer = skipNonFinite({ maxConsecutive: 2 })(sgd({ learningRate: 1 }));
  const [good, nan] = [f64([1]), f64([Number.NaN])];
  let state = optimizer.init(good);
  const seen = [nan, good, nan, nan, good].map((g) => {
    const [update, next] = optimizer.update(g, state, good);
    state = next;
    return [values(update)[0], hasGivenUp(state), item(state.consecutive)];
  });
  assert.equal(seen, [
    [0, false, 1],
    [-1, false, 0],
    [0, false, 1],
    [0, true, 2],
    [-1, true, 0],
  ]);
});

skipping.run();

const averaging = suite("averageParameters");

averaging(
  "is the weighted mean of all parameters so far",
  forAll({ points: fc.array(numbers, { minLength: 1, maxLength: 6 }) })(({ points }) => {
    const average = averageParameters({ decay: 0.75 });
    const [start = 0, ...rest] = points;
    const state = rest.reduce(
      (before, x) => average.update(before, f64([x])),
      average.init(f64([start])),
    );
    const expected = rest.reduce((mean, x) => 0.75 * mean + 0.25 * x, start);
    assertTreesClose(state.mean, f64([expected]), 1e-15);
    assert.is(item(state.count), rest.length);
  }),
);

averaging("a decay that rises from 0 forgets the first parameters", () => {
  const average = averageParameters({ decay: linear({ from: 0, to: 0.5, steps: 2 }) });
  let state = average.init(f64([8]));
  const means = [4, 8, 0].map((x) => {
    state = average.update(state, f64([x]));
    return values(state.mean)[0];
  });
  assert.equal(means, [4, 7, 3.5]); // decays 0, ¼, ½
});

averaging.run();

const compiled = suite("optimisers in a compiled step");

const rate = linear({ from: 0.2, to: 0.01, steps: 20 });
const everything: Readonly<Record<string, Optimizer>> = {
  sgd: sgd({ learningRate: rate, momentum: rate, weightDecay: rate }),
  adamW: adamW({ learningRate: rate, b1: rate, b2: 0.9, amsgrad: true, weightDecay: rate }),
  nAdam: nAdam({ learningRate: rate }),
  rmsProp: rmsProp({ learningRate: rate, decay: rate, centered: true, momentum: 0.5 }),
  lion: lion({ learningRate: rate, b1: rate }),
  lamb: lamb({ learningRate: rate }),
  wrapped: skipNonFinite()(
    accumulate(2)(chain(clipAdaptively(), clipByGlobalNorm(rate), adamW({ learningRate: rate }))),
  ),
};

type Step = (params: Tensor, state: unknown, target: Tensor) => { params: Tensor; state: unknown };

for (const [name, optimizer] of Object.entries(everything))
  compiled(`${name}: one program for all steps, with the numbers of the uncompiled one`, () => {
    const step: Step = (params, state, target) => {
      const [updates, next] = optimizer.update(sub(params, target), state, params);
      return { params: applyUpdates(params, updates), state: next };
    };
    const program: Compiled<Step> = compile(step, { donate: [1] });
    const start = f64([[1, -2]]);
    const targets = [0.5, Number.NaN, 0, 0.25, 0.5].map((x) =>
      f64([[Number.isNaN(x) && name !== "wrapped" ? 1 : x, 0]]),
    );
    let [fast, slow] = [0, 1].map(() => ({ params: start, state: optimizer.init(start) })) as [
      ReturnType<Step>,
      ReturnType<Step>,
    ]; // two of two
    for (const target of targets) {
      fast = program(fast.params, fast.state, target);
      slow = step(slow.params, slow.state, target);
    }
    assertTreesClose(fast, slow, 1e-12);
    assert.is(program.compilations.length, 1);
    assert.ok(values(fast.params).every(Number.isFinite));
    assert.not.equal(toArray(fast.params), toArray(start));
  });

compiled(
  "a schedule counts the steps that are taken, not those that are skipped or put together",
  () => {
    const counting = sgd({ learningRate: (step) => add(step, 1) });
    const optimizer = skipNonFinite()(accumulate(2)(counting));
    const gradients = [1, Number.NaN, 1, 1, 1].map((x) => f64([x]));
    let state = optimizer.init(f64([0]));
    const updates = gradients.map((g) => {
      const [update, next] = optimizer.update(g, state, g);
      state = next;
      return values(update)[0];
    });
    assert.equal(updates, [0, 0, -1, 0, -2]);
  },
);

compiled.run();
