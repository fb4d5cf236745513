// The forecaster of the default choices: shapes, what it starts from, what it must not see, and that the names of services do not matter.

import * as assert from "uvu/assert";
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
  sqrt,
  square,
  squeeze,
  sub,
  type Tensor,
  toArray,
  vmap,
  zerosLike,
} from "../../../../src/index.ts";
import * as Forecaster from "../../../../src/models/spatiotemporal/model/forecaster.ts";
import { narrow } from "../../../../src/ops/slice.ts";
import { assertTreesClose } from "../../../support/close.ts";
import { suite } from "../../../support/suite.ts";
import { batch, configOf, graph, inputsOf, paramsOf, pick, sizes } from "./setup.ts";

const config = configOf({ time: "phase", direction: "both", recurrence: "gru", depth: 1 });
const params = paramsOf(config);
const inputs = inputsOf(config);
const forecast = Forecaster.apply(params, graph, config);
/** Without the linear part, forecasts are the last value and a change. */
const deepConfig = { ...config, autoregression: false };

/** The last value of each target, for every horizon. */
const lastValues = ({ x }: Forecaster.Inputs): Tensor => {
  const now = squeeze(1)(narrow(x, 1, sizes.window - 1, 1));
  const targets = pick(2, sizes.targets)(now);
  return expand([batch, 4, 2, 3])(expandDims(3)(targets));
};
const rootMeanSquare = (x: Tensor): number => item(sqrt(mean(square(x))));

const test = suite("Forecaster");

test("gives each node, target and horizon of each example", () => {
  assert.equal([...forecast(inputs).shape], [batch, 4, 2, 3]);
});

test("has parameters of the sizes that the configuration says", () => {
  const { nodes, graph: layers, recurrent, middle, head, autoregression } = params;
  const tensors = [nodes, layers[0]?.self, recurrent?.inputWeight, middle.weight, head.weight];
  const shapes = [...tensors, autoregression?.own].map((x) => [...(x?.shape ?? [])]);
  const time = 2 * 2 * 2; // sine and cosine of the phase and its double, of two cycles
  assert.equal(shapes, [
    [4, 2],
    [3 + time + 2, 6], // features, time, embedding
    [6, 18],
    [6 + 6 + time + 2, 6], // the past, the present, time, embedding
    [6, 6],
    [4, 2, 3, 3],
  ]);
  assert.is(layers.length, 1);
  assert.is(layers[0]?.neighbours.length, 2);
});

test("starts near the last value where there is no linear part", () => {
  const start = mapTree(Forecaster.init(key(1), deepConfig), cast("f64"));
  const change = sub(Forecaster.apply(start, graph, deepConfig)(inputs), lastValues(inputs));
  // Beside inputs of 0.7: the head has a tenth of Glorot's weights, on six numbers of about 1.
  assert.ok(rootMeanSquare(change) < 0.2, `${rootMeanSquare(change)}`);
  assert.ok(rootMeanSquare(change) > 0);
});

test("is the last value where the head is silent and there is no linear part", () => {
  const deep = paramsOf(deepConfig);
  const silent = { ...deep, head: mapTree(deep.head, zerosLike) };
  assertTreesClose(Forecaster.apply(silent, graph, deepConfig)(inputs), lastValues(inputs), 0);
});

test("treats every example of a batch alone", () => {
  const one = (example: Forecaster.Inputs): Tensor =>
    squeeze(0)(forecast(mapTree(example, expandDims(0))));
  assertTreesClose(vmap(one)(inputs), forecast(inputs), 1e-14);
});

test("knows the phase of each cycle, not the number of cycles or hours", () => {
  const [phases, hours] = [narrow(inputs.clock, 2, 0, 2), narrow(inputs.clock, 2, 2, 1)];
  const at = (a: Tensor, b: Tensor) => forecast({ ...inputs, clock: concat({ axis: 2 })([a, b]) });
  assertTreesClose(at(add(phases, 1), mul(hours, 9)), forecast(inputs), 1e-13); // sine of x + 4π
  assert.not.equal(toArray(at(add(phases, 0.25), hours)), toArray(forecast(inputs)));
});

test("looks as far back as its window", () => {
  const silent = { ...params, autoregression: mapTree(params.autoregression, zerosLike) };
  const deep = Forecaster.apply(silent as Forecaster.Params, graph, config); // of the same structure
  const rest = narrow(inputs.x, 1, 1, sizes.window - 1);
  const x = concat({ axis: 1 })([mul(narrow(inputs.x, 1, 0, 1), 0), rest]);
  assert.not.equal(toArray(deep({ ...inputs, x })), toArray(deep(inputs)));
});

test("without a recurrence and a linear part sees the present alone", () => {
  const blind = configOf({ recurrence: "none", autoregression: false });
  const apply = Forecaster.apply(paramsOf(blind), graph, blind);
  const now = narrow(inputs.x, 1, sizes.window - 1, 1);
  const x = concat({ axis: 1 })([mul(narrow(inputs.x, 1, 0, sizes.window - 1), 9), now]);
  assertTreesClose(apply({ ...inputs, x }), apply(inputs), 0);
});

test("is the same for the same key only", () => {
  const leaves = (seed: number) => leavesOf(Forecaster.init(key(seed), config)).map(toArray);
  assert.equal(leaves(1), leaves(1));
  assert.not.equal(leaves(1), leaves(2));
});

test.run();

const training = suite("Forecaster.applyInTraining");

training("is inference where nothing is dropped", () => {
  const calm = { ...config, dropout: 0 };
  const y = Forecaster.applyInTraining(params, graph, calm, key(3))(inputs);
  assertTreesClose(y, forecast(inputs), 0);
});

training("drops what its key draws", () => {
  const half = { ...config, dropout: 0.5 };
  const by = (seed: number) =>
    toArray(Forecaster.applyInTraining(params, graph, half, key(seed))(inputs));
  assert.equal(by(1), by(1));
  assert.not.equal(by(1), by(2));
  assert.not.equal(by(1), toArray(forecast(inputs)));
});

training("with almost everything dropped is the linear part and the head's bias", () => {
  const all = { ...config, dropout: 1 - 1e-12 }; // of some 200 draws none is kept
  const silent = { ...params, head: { ...params.head, weight: zerosLike(params.head.weight) } };
  assertTreesClose(
    Forecaster.applyInTraining(params, graph, all, key(1))(inputs),
    Forecaster.apply(silent, graph, config)(inputs),
    1e-14,
  );
});

training.run();
