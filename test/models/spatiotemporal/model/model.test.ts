// Models for windows: what they are built from, and their losses.

import * as assert from "uvu/assert";
import { assertGradients } from "../../../../src/core/run/checkGradients.ts";
import {
  add,
  cast,
  expandDims,
  grad,
  item,
  key,
  leavesOf,
  mapTree,
  mean,
  mul,
  sub,
  type Tensor,
  tensor,
  values,
  vmap,
  zerosLike,
} from "../../../../src/index.ts";
import { gather } from "../../../../src/models/spatiotemporal/batches.ts";
import { defaultChoices } from "../../../../src/models/spatiotemporal/model/config.ts";
import type * as Forecaster from "../../../../src/models/spatiotemporal/model/forecaster.ts";
import {
  callGraphOf,
  configFor,
  type Examples,
  forecasterFor,
  type Model,
  tgcnFor,
} from "../../../../src/models/spatiotemporal/model/model.ts";
import type * as Tgcn from "../../../../src/models/spatiotemporal/model/tgcn.ts";
import { toTensors } from "../../../../src/models/spatiotemporal/training.ts";
import type { Windows } from "../../../../src/models/spatiotemporal/windows.ts";
import { huber, quantileLoss } from "../../../../src/nn/index.ts";
import { assertTreesClose } from "../../../support/close.ts";
import { suite } from "../../../support/suite.ts";
import { gaps, waves, windowsOf } from "../waves.ts";

const choices = { hidden: 3, embedding: 2, dropout: 0 };
const examplesOf = (windows: Windows): Examples =>
  toTensors(gather(windows)([10, 30, 50, 70]), windows);
const anyKey = key(5);
const quantiles = [0.1, 0.5, 0.9];

const built = suite("forecasterFor");

built("has the sizes of the windows and the choices that are given", () => {
  const { hidden, depth, ...config } = configFor(gaps, { hidden: 7 });
  assert.equal([hidden, depth], [7, defaultChoices.depth]);
  const { nodes, features, targets, horizons, window, cycles, hasGaps } = config;
  assert.equal([nodes, features, targets, horizons], [3, 2, [1, 0], 2]);
  assert.equal([window, cycles, hasGaps], [4, 1, true]);
  assert.not(configFor(waves).hasGaps);
});

built("hears the graph of the series, or another one", () => {
  const series = { ...waves.series, weights: Float64Array.of(0.5, 2) };
  const { nodes, pairs, weights } = callGraphOf(windowsOf(series));
  assert.equal([nodes, pairs], [3, series.edges]);
  assert.equal([...values(weights as Tensor)], [0.5, 2]);
  assert.is(weights?.dtype, "f32"); // as what it is multiplied with
  assert.is(callGraphOf(waves).weights, undefined);
  const [given, other] = [undefined, { nodes: 3, pairs: [[2, 0]] as const }].map((graph) => {
    const model = forecasterFor(waves, choices, graph);
    return [...values(model.forecast(model.init(key(1)))(examplesOf(waves).inputs))];
  });
  assert.not.equal(given, other);
});

built("its settings are plain data, and tell choices and graphs apart", () => {
  const settings = [
    forecasterFor(waves),
    forecasterFor(waves, { depth: 2 }),
    forecasterFor(waves, {}, { nodes: 3, pairs: [[2, 0]] }),
    tgcnFor(one, { hidden: 4 }),
    tgcnFor(one, { hidden: 4, decay: 0 }),
  ].map((model) => JSON.stringify(model.settings));
  assert.is(new Set(settings).size, settings.length);
});

/** Windows of one target. */
const one = windowsOf(waves.series, { targets: ["cpu"] });

built.run();

const loss = suite("the loss of a forecaster");

/** The loss alone, of a model on its windows. */
const lossOf =
  <P>(model: Model<P>) =>
  (params: P, examples: Examples): Tensor =>
    model.loss(params, examples, anyKey);

loss("is Huber's where there are no quantiles, and the pinball loss where there are", () => {
  const { inputs, truth } = examplesOf(waves);
  const [plain, levels] = [
    forecasterFor(waves, choices),
    forecasterFor(waves, { ...choices, quantiles }),
  ];
  assert.equal([plain.quantiles, levels.quantiles], [[], quantiles]);
  const [p, q] = [plain.init(key(1)), levels.init(key(1))];
  assertTreesClose(
    [lossOf(plain)(p, { inputs, truth }), lossOf(levels)(q, { inputs, truth })],
    [
      huber()(plain.forecast(p)(inputs), truth),
      quantileLoss({ quantiles })(levels.forecast(q)(inputs), truth),
    ],
    1e-6,
  );
});

for (const levels of [[], quantiles])
  loss(`does not look at what was not measured, ${levels.length} quantiles`, () => {
    const model = forecasterFor(gaps, { ...choices, quantiles: levels });
    const params = model.init(key(1));
    const { inputs, truth, counted } = examplesOf(gaps);
    const isLost = sub(1, counted as Tensor); // with gaps there is one
    assert.ok(values(isLost).some((lost) => lost === 1));
    const found = lossOf(model)(params, examplesOf(gaps));
    assert.ok(Number.isFinite(item(found)));
    const other = { inputs, truth: add(truth, mul(isLost, 1000)), counted: counted as Tensor };
    assertTreesClose(lossOf(model)(params, other), found, 0);
    const slopes = grad(lossOf(model))(params, examplesOf(gaps));
    assert.ok(leavesOf(slopes).every((leaf) => values(leaf).every(Number.isFinite)));
  });

loss("has gradients in all parameters", () => {
  for (const windows of [waves, gaps]) {
    const graph = { ...callGraphOf(windows), weights: tensor(Float64Array.of(1, 1)) };
    const model = forecasterFor(windows, choices, graph);
    const [params, examples] = mapTree([model.init(key(1)), examplesOf(windows)], cast("f64")) as [
      Forecaster.Params,
      Examples,
    ];
    assertGradients((p: Forecaster.Params) => lossOf(model)(p, examples), [params], {
      directions: 2,
      maxEntries: 8,
    });
  }
});

loss("of a batch is the mean over its examples, and so is its gradient", () => {
  const f = lossOf(forecasterFor(waves, choices));
  const params = forecasterFor(waves, choices).init(key(1));
  const examples = examplesOf(waves);
  const ofOne = (p: Forecaster.Params, each: Examples) => f(p, mapTree(each, expandDims(0)));
  const each = vmap(ofOne, { inAxes: [null, 0] })(params, examples);
  assert.equal([...each.shape], [4]);
  assertTreesClose(mean(each), f(params, examples), 1e-6); // f32
  const gradients = vmap(grad(ofOne), { inAxes: [null, 0] })(params, examples);
  const averaged = mapTree(gradients, mean({ axis: 0 }));
  assertTreesClose(averaged, grad(f)(params, examples), 1e-6);
});

loss.run();

const published = suite("tgcnFor");

published("forecasts all horizons of its target from its past alone", () => {
  const model = tgcnFor(one, { hidden: 4 });
  const params = model.init(key(1));
  const { inputs } = examplesOf(one);
  const y = model.forecast(params)(inputs);
  assert.equal([...y.shape], [4, 3, 1, 2]);
  const changed = { ...inputs, x: mul(inputs.x, tensor([1, 1000])) }; // cpu, then throughput
  assertTreesClose(model.forecast(params)(changed), y, 0);
});

published("has the loss Σe² / 2 + decay · Σθ² / 2, over what was measured", () => {
  const windows = windowsOf(gaps.series, { targets: ["cpu"] });
  const examples = examplesOf(windows);
  const { inputs, truth, counted } = examples;
  const sizeOf = (decay: number) => {
    const model = tgcnFor(windows, { hidden: 4, decay });
    const params = model.init(key(1));
    return {
      params,
      y: model.forecast(params)(inputs),
      found: item(lossOf(model)(params, examples)),
    };
  };
  const { params, y, found } = sizeOf(0.5);
  const weights = leavesOf(params).flatMap((leaf) => [...values(leaf)]);
  const squares = weights.reduce((sum, w) => sum + w * w, 0);
  const [measured, forecasts, mask] = [truth, y, counted as Tensor].map((x) => [...values(x)]) as [
    number[],
    number[],
    number[],
  ];
  const errors = forecasts.flatMap((f, i) => (mask[i] === 1 ? [f - (measured[i] as number)] : []));
  assert.ok(errors.length < forecasts.length);
  const meanSquare = errors.reduce((sum, e) => sum + e * e, 0) / errors.length;
  // What is missing counts as the mean of the rest, so that batches weigh alike beside the decay.
  const expected = (meanSquare * forecasts.length) / 2 + (0.5 * squares) / 2;
  assert.ok(Math.abs(found - expected) < 1e-4 * expected, `${found}, ${expected} expected`);
  assert.ok(Math.abs(sizeOf(0).found - (meanSquare * forecasts.length) / 2) < 1e-4 * expected);
});

published("is the published cell on A + I of callers and callees alike", () => {
  const model = tgcnFor(one, { hidden: 4 });
  const params = model.init(key(1));
  const { inputs } = examplesOf(one);
  const both = windowsOf(
    {
      ...one.series,
      edges: [...one.series.edges, ...one.series.edges.map(([a, b]) => [b, a] as const)],
    },
    { targets: ["cpu"] },
  );
  assertTreesClose(
    tgcnFor(both, { hidden: 4 }).forecast(params)(inputs),
    model.forecast(params)(inputs),
    1e-6,
  );
  const silent = { ...params, head: mapTree(params.head, zerosLike) } satisfies Tgcn.Params;
  assert.ok(values(model.forecast(silent)(inputs)).every((each) => each === 0));
});

published("is of one target", () => {
  assert.throws(
    () => tgcnFor(waves, { hidden: 4 }),
    (error: unknown) => String(error) === "RangeError: tgcnFor: one target expected, got 2",
  );
});

published.run();
