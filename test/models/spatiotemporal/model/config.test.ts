// Choices that make no model are refused, and widths are what the layers have.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { key, tensor } from "../../../../src/index.ts";
import * as Clock from "../../../../src/models/spatiotemporal/model/clock.ts";
import {
  adjacencyCount,
  type Config,
  defaultChoices,
  layersBefore,
  timeWidth,
} from "../../../../src/models/spatiotemporal/model/config.ts";
import * as Forecaster from "../../../../src/models/spatiotemporal/model/forecaster.ts";
import { forAll } from "../../../support/property.ts";
import { refusalOf } from "../../../support/refusal.ts";
import { suite } from "../../../support/suite.ts";
import { configOf } from "./setup.ts";

const test = suite("Forecaster.Config");

const refusals: readonly (readonly [Partial<Config>, string])[] = [
  [
    { quantiles: [0.9, 0.5] },
    "rising quantiles in 0 … 1 with 0.5 among them expected, got 0.9, 0.5",
  ],
  [
    { quantiles: [0.5, 0.5] },
    "rising quantiles in 0 … 1 with 0.5 among them expected, got 0.5, 0.5",
  ],
  [
    { quantiles: [0.1, 0.9] },
    "rising quantiles in 0 … 1 with 0.5 among them expected, got 0.1, 0.9",
  ],
  [{ quantiles: [0, 0.5] }, "rising quantiles in 0 … 1 with 0.5 among them expected, got 0, 0.5"],
  [{ quantiles: [0.5, 1] }, "rising quantiles in 0 … 1 with 0.5 among them expected, got 0.5, 1"],
  [
    { quantiles: [0.5, Number.NaN] },
    "rising quantiles in 0 … 1 with 0.5 among them expected, got 0.5, NaN",
  ],
  [{ dropout: 1 }, "a dropout in 0 … 1 expected, got 1"],
  [{ dropout: -0.1 }, "a dropout in 0 … 1 expected, got -0.1"],
  [{ dropout: Number.NaN }, "a dropout in 0 … 1 expected, got NaN"],
  [{ depth: -1 }, "a whole number of graph convolutions expected, got -1"],
  [{ depth: 1.5 }, "a whole number of graph convolutions expected, got 1.5"],
  [
    { recurrence: "tgcn", direction: "both" },
    "one adjacency for T-GCN's cell expected, in, out or either, got both",
  ],
];

for (const [choices, rule] of refusals)
  test(`refuses ${Object.entries(choices).join(" and ")}`, async () => {
    const { tag, message } = await refusalOf(() => Forecaster.init(key(1), configOf(choices)));
    assert.is(tag, "InvalidArgument");
    assert.is(message, `Forecaster.init: ${rule}`);
  });

test("the default choices make a model", () => {
  const { head } = Forecaster.init(key(1), configOf(defaultChoices));
  assert.is(head.weight.shape[0], defaultChoices.hidden);
});

test(
  "the width of the time is that of its encoding",
  forAll({
    time: fc.constantFrom("phase", "time2vec", "calendar", "none"),
    cycles: fc.integer({ min: 0, max: 3 }),
  })(({ time, cycles }) => {
    const chosen = { time, cycles } as const;
    const clock = tensor(new Float32Array(2 * 5 * (cycles + 1)), { shape: [2, 5, cycles + 1] });
    const encoded = Clock.apply(Clock.init(key(1), chosen), chosen)(clock);
    assert.equal([...(encoded?.shape ?? [2, 5, 0])], [2, 5, timeWidth(chosen)]);
  }),
);

test("T-GCN's cell has no convolution before it, and both directions are two adjacencies", () => {
  assert.is(layersBefore({ depth: 2, recurrence: "tgcn" }), 0);
  assert.is(layersBefore({ depth: 2, recurrence: "gru" }), 2);
  const count = (["in", "out", "both", "either"] as const).map((direction) =>
    adjacencyCount({ direction }),
  );
  assert.equal(count, [1, 1, 2, 1]);
});

test.run();
