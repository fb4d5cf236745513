// The linear part: sums by hand and by loops, and whose past enters.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../../../src/core/run/checkGradients.ts";
import { mul, type Tensor, tensor, toArray, values } from "../../../../src/index.ts";
import * as Autoregression from "../../../../src/models/spatiotemporal/model/autoregression.ts";
import { assertTreesClose } from "../../../support/close.ts";
import { forAll } from "../../../support/property.ts";
import { arbitrary } from "../../../support/slopes.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("Autoregression");

const size = fc.integer({ min: 1, max: 3 });
const sizes = fc.record({ nodes: size, targets: size, window: size, horizons: size });
const batch = 2;

const paramsOf = ({ nodes, targets, window, horizons }: Autoregression.Config) => ({
  own: arbitrary([nodes, targets, window, horizons], 1),
  neighbours: arbitrary([nodes, targets, window, horizons], 2),
  bias: arbitrary([nodes, targets, horizons], 3),
});
const pastOf = ({ nodes, targets, window }: Autoregression.Config, seed = 4) =>
  arbitrary([batch, window, nodes, targets], seed);

/** The sum of its doc comment, term by term. */
const byLoops = (
  { nodes, targets, window, horizons }: Autoregression.Config,
  params: Autoregression.Params,
  mean: Tensor,
  [past, told]: readonly [Tensor, Tensor],
): Tensor => {
  const [own, neighbours, bias, m, p, q] = [
    params.own,
    params.neighbours,
    params.bias,
    mean,
    past,
    told,
  ].map((x) => (...at: readonly number[]): number => {
    const place = at.reduce((sum, i, axis) => sum * (x.shape[axis] as number) + i, 0);
    return values(x)[place] as number;
  }) as [Read, Read, Read, Read, Read, Read];
  const y = new Float64Array(batch * nodes * targets * horizons).map((_, place) => {
    const h = place % horizons;
    const t = Math.floor(place / horizons) % targets;
    const n = Math.floor(place / (horizons * targets)) % nodes;
    const b = Math.floor(place / (horizons * targets * nodes));
    let sum = bias(n, t, h);
    for (let w = 0; w < window; w++) {
      let heard = 0;
      for (let other = 0; other < nodes; other++) heard += m(n, other) * q(b, w, other, t);
      sum += own(n, t, w, h) * p(b, w, n, t) + neighbours(n, t, w, h) * heard;
    }
    return sum;
  });
  return tensor(y, { shape: [batch, nodes, targets, horizons] });
};
type Read = (...at: readonly number[]) => number;

test(
  "is the weighted sum of a node's own past and what it is told, plus bias",
  forAll(sizes, { runs: 20 })((config) => {
    const [params, past, told] = [paramsOf(config), pastOf(config), pastOf(config, 5)];
    const mean = arbitrary([config.nodes, config.nodes], 6);
    const y = Autoregression.apply(params, mean);
    assertTreesClose(y(past, told), byLoops(config, params, mean, [past, told]), 1e-13);
    assertTreesClose(y(past), byLoops(config, params, mean, [past, past]), 1e-13);
    const alone = byLoops(config, params, mul(mean, 0), [past, past]);
    assertTreesClose(Autoregression.apply(params, undefined)(past), alone, 1e-13);
  }),
);

test("by hand: a node's own last two values and its neighbour's", () => {
  const params = {
    own: tensor([[[[1], [10]]], [[[0], [0]]]]),
    neighbours: tensor([[[[100], [0]]], [[[0], [1]]]]),
    bias: tensor([[[0.5]], [[0]]]),
  };
  const past = tensor([
    [
      [[1], [3]],
      [[2], [4]],
    ],
  ]); // node 0 has 1 then 2, node 1 has 3 then 4
  const swap = tensor([
    [0, 1],
    [1, 0],
  ]);
  assert.equal(toArray(Autoregression.apply(params, swap)(past)), [[[[321.5]], [[2]]]]);
});

test("starts alike for all nodes, with weights of the sizes that the configuration says", () => {
  const { own, neighbours, bias } = Autoregression.init({
    nodes: 3,
    targets: 2,
    window: 4,
    horizons: 5,
  });
  assert.equal([...own.shape], [3, 2, 4, 5]);
  assert.equal([...neighbours.shape], [3, 2, 4, 5]);
  assert.equal([...bias.shape], [3, 2, 5]);
  for (const part of [own, neighbours, bias]) {
    const [first, ...others] = toArray(part) as unknown[];
    for (const other of others) assert.equal(other, first);
  }
});

test("has gradients in its weights, the mean and the past", () => {
  const config = { nodes: 3, targets: 2, window: 2, horizons: 2 };
  const f = (p: Autoregression.Params, mean: Tensor, past: Tensor, told: Tensor) =>
    Autoregression.apply(p, mean)(past, told);
  const inputs = [
    paramsOf(config),
    arbitrary([3, 3], 6),
    pastOf(config),
    pastOf(config, 5),
  ] as const;
  assertGradients(f, [...inputs], { directions: 2, maxEntries: 12 });
});

test.run();
