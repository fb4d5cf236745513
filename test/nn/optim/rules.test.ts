// Laws of single rules: clipping, momentum, the signs of Lion, the lengths of LAMB, and how settings may be schedules.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  abs,
  add,
  item,
  mapTree,
  max,
  mul,
  sub,
  type Tensor,
  toArray,
  values,
} from "../../../src/index.ts";
import {
  adam,
  adamW,
  chain,
  clipAdaptively,
  clipByGlobalNorm,
  clipByValue,
  constant,
  globalNorm,
  lamb,
  lion,
  nAdam,
  type Optimizer,
  rmsProp,
  type Setting,
  scaleByTrustRatio,
  sgd,
} from "../../../src/nn/index.ts";
import { assertTreesClose } from "../../support/close.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";
import { f64, first, type Params, run, trees } from "./support.ts";

const test = suite("rules of optimisers");

/** Each optimiser with all its settings made by one function of a number. */
const families: Readonly<Record<string, (of: (value: number) => Setting) => Optimizer>> = {
  sgd: (of) =>
    sgd({ learningRate: of(0.1), momentum: of(0.9), nesterov: true, weightDecay: of(0.1) }),
  rmsProp: (of) =>
    rmsProp({ learningRate: of(0.1), decay: of(0.9), epsilon: of(1e-3), momentum: of(0.5) }),
  adam: (of) => adam({ learningRate: of(0.1), b1: of(0.8), b2: of(0.9), epsilon: of(1e-3) }),
  adamW: (of) =>
    adamW({ learningRate: of(0.1), weightDecay: of(0.1), b1: of(0.8), nesterov: true }),
  nAdam: (of) => nAdam({ learningRate: of(0.1), b1: of(0.8), b2: of(0.9), epsilon: of(1e-3) }),
  lion: (of) => lion({ learningRate: of(0.1), b1: of(0.8), b2: of(0.75), weightDecay: of(0.1) }),
  lamb: (of) => lamb({ learningRate: of(0.1), weightDecay: of(0.1), epsilon: of(1e-3) }),
  clipping: (of) =>
    chain(clipByValue(of(2)), clipByGlobalNorm(of(1)), clipAdaptively({ limit: of(0.1) })),
};

for (const [name, make] of Object.entries(families))
  test(
    `${name}: a constant schedule does what the number does`,
    forAll(
      { a: trees, b: trees, params: trees },
      { runs: 10 },
    )(({ a, b, params }) => {
      const updatesOf = (of: (value: number) => Setting) =>
        run(make(of), [a, b, a], params).updates;
      // The logarithm of a decay is taken by the device, not by the host.
      assertTreesClose(
        updatesOf(constant),
        updatesOf((value) => value),
        1e-12,
      );
    }),
  );

test("a schedule is asked for the number of updates so far", () => {
  const optimizer = sgd({ learningRate: (step) => add(mul(step, 2), 1) });
  const g = { layers: [], gain: f64(1) } as Params;
  const updates = run(optimizer, [g, g, g], g).updates.map(({ gain }) => item(gain));
  assert.equal(updates, [-1, -3, -5]);
});

test(
  "clipping by value moves nothing that is inside, and the rest to the edge",
  forAll(trees)((gradient) => {
    const clipped = first(clipByValue(0.75), gradient);
    const by = (x: Tensor) => values(x).map((v: number) => Math.max(-0.75, Math.min(0.75, v)));
    assert.equal(values(clipped.gain), by(gradient.gain));
    assert.equal(
      values(clipped.layers[0]?.weight as Tensor),
      by(gradient.layers[0]?.weight as Tensor),
    );
  }),
);

const columns = (x: Tensor): readonly number[] => {
  const [[a = 0, b = 0] = [], [c = 0, d = 0] = []] = toArray(x) as number[][];
  return [Math.hypot(a, c), Math.hypot(b, d)];
};

test(
  "adaptive clipping holds each column's norm to a share of the weights', and leaves shorter ones as they are",
  forAll({ gradient: trees, params: trees })(({ gradient, params }) => {
    const clipped = first(clipAdaptively({ limit: 0.25, epsilon: 0.5 }), gradient, params);
    const weightOf = (p: Params) => p.layers[0]?.weight as Tensor;
    const [before, after, weights] = [gradient, clipped, params].map((p) => columns(weightOf(p)));
    before?.forEach((norm, j) => {
      const most = 0.25 * Math.max(weights?.[j] as number, 0.5);
      const wanted = Math.min(norm, most);
      assert.ok(Math.abs((after?.[j] as number) - wanted) < 1e-14, `column ${j}`);
    });
    // A vector is one unit.
    const bias = (p: Params) => item(globalNorm(p.layers[0]?.bias));
    const most = 0.25 * Math.max(bias(params), 0.5);
    assert.ok(Math.abs(bias(clipped) - Math.min(bias(gradient), most)) < 1e-14);
  }),
);

test("adaptive clipping leaves gradients of 0 at 0, with weights of 0", () => {
  const zero = { layers: [], gain: f64([0, 0]) } as Params;
  assert.equal(toArray(first(clipAdaptively(), zero).gain), [0, 0]);
});

test(
  "Lion's steps have one length, the learning rate, wherever the gradient is not 0",
  forAll(trees)((gradient) => {
    const { updates } = run(lion({ learningRate: 0.5 }), [gradient, gradient], gradient);
    for (const update of updates)
      assert.equal(
        values(update.gain),
        values(gradient.gain).map((g: number) => (g === 0 ? -0 : -0.5 * Math.sign(g))),
      );
  }),
);

test(
  "trust ratios give every tensor an update as long as itself, or leave it where one is 0",
  forAll({ gradient: trees, params: trees })(({ gradient, params }) => {
    const update = first(scaleByTrustRatio(), gradient, params);
    const norm = (p: Params) => item(globalNorm(p.layers[0]?.bias));
    const wanted = norm(params) === 0 || norm(gradient) === 0 ? norm(gradient) : norm(params);
    assert.ok(Math.abs(norm(update) - wanted) < 1e-13);
  }),
);

test(
  "AMSGrad's divisor never falls: after a large gradient small ones move less than Adam's",
  forAll(fc.integer({ min: 1, max: 5 }))((small) => {
    const of = (x: number) => ({ layers: [], gain: f64(x) }) as Params;
    const gradients = [of(64), ...Array.from({ length: small }, () => of(1 / 64))];
    const last = (amsgrad: boolean): number => {
      const { updates } = run(adam({ learningRate: 1, b1: 0, b2: 0.5, amsgrad }), gradients, of(0));
      return Math.abs(item((updates.at(-1) as Params).gain));
    };
    assert.ok(last(true) < last(false));
  }),
);

test(
  "Nesterov's momentum is plain momentum, one step ahead",
  forAll({ a: trees, b: trees })(({ a, b }) => {
    const options = { learningRate: 1, momentum: 0.5 };
    const plain = run(sgd(options), [a, b], a).updates[1] as Params;
    const ahead = run(sgd({ ...options, nesterov: true }), [a, b], a).updates[1] as Params;
    const wanted = sub(mul(plain.gain, 0.5), b.gain);
    assert.ok(item(max(abs(sub(ahead.gain, wanted)))) < 1e-14);
  }),
);

test("a centred RMSProp of a constant gradient does not divide by the root of a negative number", () => {
  const g = mapTree({ layers: [], gain: f64([1e-3, 3e5]) } as Params, (x) => x);
  const gradients = Array.from({ length: 60 }, () => g);
  const { updates } = run(rmsProp({ learningRate: 1, decay: 0.5, centered: true }), gradients, g);
  assert.ok(updates.every(({ gain }) => values(gain).every((u: number) => !Number.isNaN(u))));
});

test.run();
