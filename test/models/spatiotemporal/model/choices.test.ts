// Laws of the forecaster under every combination of choices.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../../../src/core/run/checkGradients.ts";
import {
  compile,
  grad,
  leavesOf,
  mapTree,
  mean,
  mul,
  square,
  sub,
  type Tensor,
  tensor,
  values,
} from "../../../../src/index.ts";
import type { Config } from "../../../../src/models/spatiotemporal/model/config.ts";
import * as Forecaster from "../../../../src/models/spatiotemporal/model/forecaster.ts";
import type { Edge } from "../../../../src/models/spatiotemporal/series.ts";
import { narrow } from "../../../../src/ops/slice.ts";
import { assertTreesClose } from "../../../support/close.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import {
  anyChoices,
  batch,
  changeLast,
  configOf,
  everyChoice,
  graph,
  inputsOf,
  noCalls,
  paramsOf,
  pick,
  sizes,
} from "./setup.ts";

const test = suite("Forecaster of any choices");
const runs = { runs: 25 }; // each is compiled, which takes most of the time

const shapeOf = ({ quantiles }: Config): readonly number[] => [
  batch,
  sizes.nodes,
  sizes.targets.length,
  sizes.horizons,
  ...(quantiles.length > 0 ? [quantiles.length] : []),
];

test("all of them initialise and give the right shape", () => {
  const all = everyChoice();
  assert.ok(all.length > 10_000, `${all.length}`);
  // Every 17th: 17 divides no number of options, so that all pairs of options are among them.
  for (const choices of all.filter((_, at) => at % 17 === 0)) {
    const config = configOf(choices);
    const y = Forecaster.apply(paramsOf(config), graph, config)(inputsOf(config));
    assert.equal([...y.shape], shapeOf(config), JSON.stringify(choices));
  }
});

/** A loss with a slope in everything, and its gradient. */
const slopesOf = (config: Config, params: Forecaster.Params): Forecaster.Params =>
  compile(
    grad((p: Forecaster.Params) =>
      mean(square(Forecaster.apply(p, graph, config)(inputsOf(config)))),
    ),
  )(params);

test(
  "every parameter has a finite gradient, and none is idle",
  forAll(
    anyChoices,
    runs,
  )((choices) => {
    const config = configOf({ ...choices, hidden: 12 }); // not all of them are silenced by relu
    const slopes = slopesOf(config, paramsOf(config));
    for (const leaf of leavesOf(slopes)) assert.ok(values(leaf).every(Number.isFinite));
    const { autoregression, ...others } = slopes;
    // Neighbours are heard by no one at depth 0, so that their linear part has nothing to do.
    const own = autoregression === undefined ? [] : [autoregression.own, autoregression.bias];
    const told =
      config.depth > 0 && autoregression !== undefined ? [autoregression.neighbours] : [];
    for (const leaf of [...leavesOf(others), ...own, ...told])
      assert.ok(values(leaf).some((slope) => slope !== 0));
  }),
);

/** A few that together have every part. */
const examples: Readonly<Record<string, Partial<Config>>> = {
  "gated recurrence on callers and callees": { direction: "both", time: "phase" },
  "T-GCN's cell on calls, with quantiles": {
    recurrence: "tgcn",
    direction: "either",
    edges: "calls",
    time: "time2vec",
    quantiles: [0.1, 0.5, 0.9],
  },
  "two convolutions alone, with gaps": {
    depth: 2,
    direction: "in",
    recurrence: "none",
    time: "calendar",
    hasGaps: true,
    autoregression: false,
  },
  "nodes left alone": { depth: 0, embedding: 0, time: "none" },
};

for (const [name, choices] of Object.entries(examples))
  test(`gradients are right: ${name}`, () => {
    const config = configOf({ ...choices, hidden: 3 });
    const { x, ...others } = inputsOf(config);
    const f = (p: Forecaster.Params, seen: Tensor) =>
      Forecaster.apply(p, graph, config)({ ...others, x: seen });
    assertGradients(f, [paramsOf(config), x], { directions: 1, maxEntries: 4 });
  });

const orders = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 });

/** Everything of nodes in another order. */
const renamed = (order: readonly number[], params: Forecaster.Params): Forecaster.Params => {
  const { nodes, autoregression, ...others } = params;
  return {
    ...others,
    ...(nodes === undefined ? {} : { nodes: pick(0, order)(nodes) }),
    ...(autoregression === undefined
      ? {}
      : { autoregression: mapTree(autoregression, pick(0, order)) }),
  };
};

test(
  "renaming the services renames the forecasts",
  forAll(
    { choices: anyChoices, order: orders },
    runs,
  )(({ choices, order }) => {
    const config = configOf(choices);
    const [params, inputs] = [paramsOf(config), inputsOf(config)];
    const pairs = graph.pairs.map(
      (pair) => pair.map((node) => order.indexOf(node)) as unknown as Edge,
    );
    const { x, observed, ...others } = inputs;
    const y = Forecaster.apply(
      renamed(order, params),
      { ...graph, pairs },
      config,
    )({
      ...others,
      x: pick(2, order)(x),
      ...(observed === undefined ? {} : { observed: pick(2, order)(observed) }),
    });
    const expected = pick(1, order)(Forecaster.apply(params, graph, config)(inputs));
    assertTreesClose(y, expected, 1e-12); // sums in another order
  }),
);

test(
  "quantiles never cross, and the median is one of them",
  forAll(
    { choices: anyChoices, scale: fc.double({ min: 0.01, max: 1000, noNaN: true }) },
    runs,
  )(({ choices, scale }) => {
    const config = configOf({ ...choices, quantiles: [0.1, 0.4, 0.5, 0.9] });
    const params = mapTree(paramsOf(config), (p) => mul(p, scale));
    const y = Forecaster.apply(params, graph, config)(inputsOf(config));
    const steps = sub(narrow(y, 4, 1, 3), narrow(y, 4, 0, 3));
    assert.ok(values(steps).every((step) => step >= 0));
    assert.ok(values(steps).some((step) => step > 0));
  }),
);

/** What a node's own numbers are: its features and its embedding. */
const withLastNodeChanged = (params: Forecaster.Params, inputs: Forecaster.Inputs) => ({
  params: params.nodes === undefined ? params : { ...params, nodes: changeLast(0)(params.nodes) },
  inputs: { ...inputs, x: changeLast(2)(inputs.x) },
});
const ofOthers = (y: Tensor): Tensor => narrow(y, 1, 0, sizes.nodes - 1);

test(
  "a node that is not observed influences no other",
  forAll(
    anyChoices,
    runs,
  )((choices) => {
    const config = configOf({ ...choices, hasGaps: true });
    const [params, given] = [paramsOf(config), inputsOf(config)];
    const observed = silenceLast(given.observed as Tensor); // with gaps there is one
    const inputs = { ...given, observed };
    const other = withLastNodeChanged(params, inputs);
    assertTreesClose(
      ofOthers(Forecaster.apply(other.params, graph, config)(other.inputs)),
      ofOthers(Forecaster.apply(params, graph, config)(inputs)),
      0,
    );
  }),
);

/** The observations of all nodes but the last. */
const silenceLast = (observed: Tensor): Tensor =>
  mul(observed, tensor(Float64Array.of(1, 1, 1, 0), { shape: [sizes.nodes, 1] }));

test(
  "without calls nodes do not influence each other, nor without convolutions",
  forAll(
    anyChoices,
    runs,
  )((choices) => {
    const alone = choices.depth === 0 && choices.recurrence !== "tgcn" ? graph : noCalls;
    const config = configOf(choices);
    const [params, inputs] = [paramsOf(config), inputsOf(config, alone)];
    const other = withLastNodeChanged(params, inputs);
    const [y, changed] = [
      Forecaster.apply(params, alone, config)(inputs),
      Forecaster.apply(other.params, alone, config)(other.inputs),
    ];
    assert.ok(values(y).every(Number.isFinite));
    assertTreesClose(ofOthers(changed), ofOthers(y), 0);
    assert.not.equal(values(changed), values(y));
  }),
);

test("nodes influence those who hear them", () => {
  for (const [direction, hears] of [
    ["in", 1],
    ["out", 0],
  ] as const) {
    // 3 calls 1, and nobody calls 3.
    const config = configOf({ direction, autoregression: false, recurrence: "gru" });
    const [params, inputs] = [paramsOf(config), inputsOf(config)];
    const other = withLastNodeChanged(params, inputs);
    const change = sub(
      Forecaster.apply(other.params, graph, config)(other.inputs),
      Forecaster.apply(params, graph, config)(inputs),
    );
    const changed = [0, 1, 2].filter((node) =>
      values(narrow(change, 1, node, 1)).some((by) => by !== 0),
    );
    assert.equal(changed, hears === 1 ? [1] : []);
  }
});

test.run();
