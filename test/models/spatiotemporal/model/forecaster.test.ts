// The forecaster: shapes, what it starts from, what it must not see, and that the names of services
// do not matter.

import * as assert from "uvu/assert";
import { assertGradients } from "../../../src/core/run/checkGradients.ts";
import {
  add,
  cast,
  concat,
  expand,
  expandDims,
  item,
  key,
  leavesOf,
  mapTree,
  mean,
  mul,
  slice,
  sqrt,
  square,
  sub,
  type Tensor,
  take,
  tensor,
  toArray,
  vmap,
  zerosLike,
} from "../../../src/index.ts";
import * as Forecaster from "../../../src/models/spatiotemporal/forecaster.ts";
import { assertTreesClose } from "../../support/close.ts";
import { arbitrary } from "../../support/slopes.ts";
import { suite } from "../../support/suite.ts";

const config: Forecaster.Config = {
  nodes: 4,
  features: 3,
  targets: [2, 0],
  horizons: 3,
  cycles: 2,
  adjacencies: 2,
  embedding: 2,
  hidden: 3,
};
const [batch, window] = [5, 4];
const params: Forecaster.Params = mapTree(Forecaster.init(key(1), config), cast("f64"));
const adjacencies = [arbitrary([4, 4], 1), arbitrary([4, 4], 2)];
const inputs: Forecaster.Inputs = {
  x: arbitrary([batch, window, 4, 3], 3),
  clock: arbitrary([batch, window, 3], 4),
};
const forecast = Forecaster.apply(params, adjacencies, config);

/** The last value of each target, for every horizon. */
const lastValues = ({ x }: Forecaster.Inputs): Tensor => {
  const now = mean({ axis: 1 })(slice({ start: [0, window - 1] })(x)); // the mean of one minute
  const targets = take({ axis: 2 })(now, tensor([...config.targets], { dtype: "i32" }));
  return expand([batch, 4, 2, 3])(expandDims(3)(targets));
};
const rootMeanSquare = (x: Tensor): number => item(sqrt(mean(square(x))));

const test = suite("Forecaster");

test("gives each node, target and horizon of each example", () => {
  assert.equal([...forecast(inputs).shape], [batch, 4, 2, 3]);
});

test("has parameters of the sizes that the configuration says", () => {
  const { nodes, graph, recurrent, head } = params;
  const shapes = [nodes, graph.self, recurrent.inputWeight, head.weight].map(({ shape }) => [
    ...shape,
  ]);
  const width = 3 + 2 * 2 + 2; // features, sine and cosine of two cycles, embedding
  assert.equal(shapes, [
    [4, 2],
    [width, 3],
    [3, 9],
    [6, 6],
  ]);
  assert.is(graph.neighbours.length, 2);
});

test("starts near the last value", () => {
  const change = sub(forecast(inputs), lastValues(inputs));
  // Beside inputs of 0.7: the head has a tenth of Glorot's weights, on six numbers of about 1.
  assert.ok(rootMeanSquare(change) < 0.2, `${rootMeanSquare(change)}`);
  assert.ok(rootMeanSquare(change) > 0);
});

test("is the last value where the head is silent", () => {
  const silent = { ...params, head: mapTree(params.head, zerosLike) };
  assertTreesClose(Forecaster.apply(silent, adjacencies, config)(inputs), lastValues(inputs), 0);
});

test("renaming the services renames the forecasts", () => {
  const order = tensor([2, 0, 3, 1], { dtype: "i32" });
  const rename = (axis: number) => (x: Tensor) => take({ axis })(x, order);
  const renamed = Forecaster.apply(
    { ...params, nodes: rename(0)(params.nodes) },
    adjacencies.map((a) => rename(0)(rename(1)(a))),
    config,
  );
  assertTreesClose(
    renamed({ ...inputs, x: rename(2)(inputs.x) }),
    rename(1)(forecast(inputs)),
    1e-14, // sums in another order
  );
});

test("treats every example of a batch alone", () => {
  const one = ({ x, clock }: Forecaster.Inputs): Tensor =>
    mean({ axis: 0 })(forecast({ x: expandDims(0)(x), clock: expandDims(0)(clock) }));
  assertTreesClose(vmap(one)(inputs), forecast(inputs), 1e-14);
});

test("knows the phase of each cycle, not the number of cycles or hours", () => {
  const [phases, hours] = [
    slice({ stop: [batch, window, 2] })(inputs.clock),
    slice({ start: [0, 0, 2] })(inputs.clock),
  ];
  const at = (a: Tensor, b: Tensor) => forecast({ ...inputs, clock: concat({ axis: 2 })([a, b]) });
  assertTreesClose(at(add(phases, 1), mul(hours, 9)), forecast(inputs), 1e-14); // sine of x + 2π
  assert.not.equal(toArray(at(add(phases, 0.25), hours)), toArray(forecast(inputs)));
});

test("does without a clock", () => {
  const timeless = { ...config, cycles: 0 };
  const start = mapTree(Forecaster.init(key(1), timeless), cast("f64"));
  const clock = slice({ start: [0, 0, 2] })(inputs.clock);
  const y = Forecaster.apply(start, adjacencies, timeless)({ ...inputs, clock });
  assert.equal([...y.shape], [batch, 4, 2, 3]);
  assert.ok(Number.isFinite(rootMeanSquare(y)));
});

test("looks as far back as its window", () => {
  const first = mul(inputs.x, 0);
  const changed = concat({ axis: 1 })([
    slice({ stop: [batch, 1] })(first),
    slice({ start: [0, 1] })(inputs.x),
  ]);
  assert.not.equal(toArray(forecast({ ...inputs, x: changed })), toArray(forecast(inputs)));
});

test("has gradients in all parameters and in what it sees", () => {
  const f = (p: Forecaster.Params, x: Tensor) =>
    Forecaster.apply(p, adjacencies, config)({ ...inputs, x });
  assertGradients(f, [params, inputs.x], { directions: 2, maxEntries: 16 });
});

test("is the same for the same key only", () => {
  const leaves = (seed: number) => leavesOf(Forecaster.init(key(seed), config)).map(toArray);
  assert.equal(leaves(1), leaves(1));
  assert.not.equal(leaves(1), leaves(2));
});

test.run();
