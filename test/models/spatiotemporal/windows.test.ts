// No example looks over a border, normalisation sees the training part alone, batches hold what
// they say.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { gather } from "../../../src/models/spatiotemporal/batches.ts";
import { printOptionProblem } from "../../../src/models/spatiotemporal/options.ts";
import {
  fitMaximum,
  fitNormalizer,
  normalize,
  restore,
} from "../../../src/models/spatiotemporal/scaling.ts";
import type { ServiceSeries } from "../../../src/models/spatiotemporal/series.ts";
import {
  denormalize,
  makeWindows,
  parts,
  rescale,
  type WindowOptions,
  type Windows,
} from "../../../src/models/spatiotemporal/windows.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("makeWindows");

const startTime = 86400 * 7 * 10; // midnight, unix weeks begin
/**
 * Two services and features a, b: the value says where it is, a = 100·step + node, b = −a, or 7 for
 * the second node.
 */
const counting = (steps: number, stepSeconds = 60): ServiceSeries => ({
  services: ["x", "y"],
  features: ["a", "b"],
  units: ["1", "1"],
  times: Float64Array.from({ length: steps }, (_, step) => startTime + stepSeconds * step),
  values: Float64Array.from({ length: steps * 4 }, (_, at) => {
    const [step, node, feature] = [Math.floor(at / 4), Math.floor(at / 2) % 2, at % 2];
    const a = 100 * step + node;
    return feature === 0 ? a : node === 0 ? -a : 7;
  }),
  edges: [[0, 1]],
  stepSeconds,
});
const options: WindowOptions = { targets: ["b", "a"], horizonMinutes: [1, 3], window: 4 };
const made = (series: ServiceSeries, extra: Partial<WindowOptions> = {}): Windows => {
  const result = makeWindows(series, { ...options, ...extra });
  if (E.isLeft(result)) throw new Error(printOptionProblem("makeWindows", result.left));
  return result.right;
};
const complaint = (series: ServiceSeries, extra: Partial<WindowOptions>): string => {
  const result = makeWindows(series, { ...options, ...extra });
  return E.isLeft(result) ? printOptionProblem("makeWindows", result.left) : "none";
};

test("splits 60/20/20 in order of time, borders rounded down", () => {
  assert.equal(made(counting(721)).borders, [0, 432, 576, 721]);
  assert.equal(
    made(counting(100), { shares: { train: 0.29, validation: 0.2 } }).borders,
    [0, 29, 49, 100],
  );
});

test(
  "no example looks over the border of its part, and every one that fits is there",
  forAll({
    steps: fc.integer({ min: 60, max: 200 }),
    window: fc.integer({ min: 1, max: 5 }),
    horizons: fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
  })(({ steps, window, horizons }) => {
    const windows = made(counting(steps), { window, horizonMinutes: horizons });
    const furthest = Math.max(...horizons);
    for (const [k, part] of parts.entries()) {
      const [begin, end] = windows.borders.slice(k, k + 2) as [number, number];
      const fitting = Array.from({ length: steps }, (_, now) => now).filter(
        (now) => now - window + 1 >= begin && now + furthest < end,
      );
      assert.equal(windows.examples[part], fitting);
    }
  }),
);

test("normalises each node and feature by the training part alone", () => {
  const series = counting(50);
  const { scaled, normalizer } = made(series, { window: 2, horizonMinutes: [1] });
  const train = Array.from({ length: 30 }, (_, step) => scaled[step * 4] as number);
  const mean = train.reduce((a, b) => a + b, 0) / 30;
  const variance = train.reduce((sum, z) => sum + (z - mean) ** 2, 0) / 30;
  assert.ok(Math.abs(mean) < 1e-6 && Math.abs(variance - 1) < 1e-6); // f32
  assert.is(normalizer.mean[0], 1450);
  const tampered = { ...series, values: series.values.map((v, at) => (at >= 30 * 4 ? 1e6 : v)) };
  assert.equal(fitNormalizer(tampered, 30), normalizer);
});

test("a feature that is constant in training gets deviation 1", () => {
  const { normalizer, scaled } = made(counting(50), { window: 2, horizonMinutes: [1] });
  assert.is(normalizer.deviation[3], 1);
  assert.is(scaled[3], 0);
  const tenths = { ...counting(50), values: new Float64Array(200).fill(0.1) };
  assert.equal(Array.from(fitNormalizer(tenths, 30).deviation), [1, 1, 1, 1]);
});

test("a batch holds the window up to now and the targets at each horizon ahead", () => {
  const windows = made(counting(50));
  const batch = gather(windows)([10, 20]);
  const at = (step: number, node: number, feature: number) =>
    windows.scaled[step * 4 + node * 2 + feature] as number;
  assert.is(batch.size, 2);
  assert.is(batch.x.length, 2 * 4 * 2 * 2);
  // x[1, 2, 1, 0]: the window 17…20, third step, service y, feature a
  assert.is(batch.x[((1 * 4 + 2) * 2 + 1) * 2], at(19, 1, 0));
  assert.is(batch.y.length, 2 * 2 * 2 * 2);
  // y[1, 0, target, horizon]: service x, targets b and a, 1 and 3 minutes ahead
  assert.equal(Array.from(batch.y.subarray(8, 12)), [
    at(21, 0, 1),
    at(23, 0, 1),
    at(21, 0, 0),
    at(23, 0, 0),
  ]);
});

test("denormalize gives the values back in original units", () => {
  const series = counting(50);
  const windows = made(series);
  const y = denormalize(windows, gather(windows)([10]).y);
  const expected = [-1100, -1300, 1100, 1300, 7, 7, 1101, 1301];
  assert.ok(y.every((value, k) => Math.abs(value - (expected[k] as number)) < 1e-3)); // f32
});

test(
  "normalising and adding back is the identity up to f32",
  forAll(fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 8, maxLength: 8 }))(
    (list) => {
      const series = { ...counting(2), values: Float64Array.from(list) };
      const normalizer = fitNormalizer(series, 2);
      const back = normalize(normalizer, series.values);
      for (const [at, value] of list.entries()) {
        const { mean, deviation } = normalizer;
        const restored =
          (back[at] as number) * (deviation[at % 4] as number) + (mean[at % 4] as number);
        const scale = (deviation[at % 4] as number) + Math.abs(mean[at % 4] as number);
        assert.ok(Math.abs(restored - value) <= 1e-6 * scale + 1e-6);
      }
    },
  ),
);

test("the clock gives the phase of each cycle and the hours since the beginning", () => {
  const windows = made(counting(100), { window: 2, cycleMinutes: [1440, 30] });
  const { clock } = gather(windows)([45]);
  const expected = [44 / 1440, 14 / 30, 44 / 60, 45 / 1440, 15 / 30, 45 / 60];
  assert.ok(clock.every((value, k) => Math.abs(value - (expected[k] as number)) < 1e-6)); // f32
});

test("scaled by the maximum, the training part's largest size of a feature on any node is 1", () => {
  const series = counting(100);
  const { mean, deviation } = fitMaximum(series, 60);
  assert.equal([...mean], [0, 0, 0, 0]);
  assert.equal([...deviation], [5901, 5900, 5901, 5900]); // a of y, and −a of x, at step 59
  const { scaled } = made(series, { scaling: "maximum" });
  assert.is(scaled[59 * 4 + 2], 1);
});

test("a logarithmic feature is scaled beyond its median, and comes back", () => {
  const values = Float64Array.from({ length: 200 }, (_, at) => (at % 4 === 0 ? 10 ** (at % 5) : 1));
  const series = { ...counting(50), values };
  const normalizer = fitNormalizer(series, 50, ["a"]);
  assert.equal([...normalizer.unit], [100, 0, 1, 0]); // of 1, 10, 100, 1000, 10000; of 1
  const scaled = normalize(normalizer, values);
  const back = restore(normalizer);
  for (const [at, value] of values.entries()) {
    assert.ok(Math.abs(back(at % 4, scaled[at] as number) - value) < 1e-5 * value);
  }
  assert.ok(Math.max(...scaled) < 2.5, "an overload is not hundreds of deviations");
});

test("a forecast is the same in original units, however it is scaled", () => {
  const series = counting(100);
  const [byMaximum, byDeviation] = [made(series, { scaling: "maximum" }), made(series)];
  const [y, expected] = [byMaximum, byDeviation].map((windows) => gather(windows)([40, 50]).y) as [
    Float32Array,
    Float32Array,
  ];
  const rescaled = rescale(byMaximum, byDeviation, y);
  assert.ok(rescaled.every((value, at) => Math.abs(value - (expected[at] as number)) < 1e-4)); // f32
});

test("what was not measured is left out of means, and the last value before stands in for it", () => {
  const whole = counting(60);
  const values = whole.values.slice();
  const lost = [0, 1, 2, 20]; // steps at which nothing is known of service y
  for (const step of lost) values.fill(Number.NaN, step * 4 + 2, step * 4 + 4);
  const windows = made({ ...whole, values });
  assert.ok(windows.hasGaps);
  const seen = Array.from({ length: 36 }, (_, step) => 100 * step + 1).filter(
    (_, step) => !lost.includes(step),
  );
  const mean = seen.reduce((a, b) => a + b, 0) / seen.length;
  assert.ok(Math.abs((windows.normalizer.mean[2] as number) - mean) < 1e-9);
  assert.is(windows.normalizer.mean[3], 7);
  assert.ok(Number.isNaN(windows.scaled[20 * 4 + 2]));
  assert.is(windows.filled[20 * 4 + 2], windows.scaled[19 * 4 + 2]);
  assert.is(windows.filled[2 * 4 + 2], 0);
  const { x, y, observed } = gather(windows)([19, 22]);
  assert.ok(x.every(Number.isFinite));
  // Windows 16…19 and 19…22; service y, feature a, step 20 is the second of the second window.
  const masks = Array.from(observed ?? [], (value, at) => ({ value, at })).filter(
    ({ value }) => value === 0,
  );
  assert.equal(
    masks.map(({ at }) => at),
    [((1 * 4 + 1) * 2 + 1) * 2, ((1 * 4 + 1) * 2 + 1) * 2 + 1],
  );
  // The target of service y one minute after 19 is the one that was lost.
  assert.equal(Array.from(y.subarray(0, 8), Number.isNaN), [
    false,
    false,
    false,
    false,
    true,
    false,
    true,
    false,
  ]);
});

test("a series without gaps has no masks, and rates of calls come along where they are known", () => {
  const series = counting(60);
  assert.not(made(series).hasGaps);
  const plain = gather(made(series))([10]);
  assert.is(plain.observed, undefined);
  assert.is(plain.callRates, undefined);
  const callRates = Float64Array.from({ length: 60 }, (_, step) => step);
  const { callRates: seen } = gather(made({ ...series, callRates }))([10, 20]);
  assert.equal(Array.from(seen ?? []), [7, 8, 9, 10, 17, 18, 19, 20]);
});

test("takes horizons in minutes whatever the step", () => {
  assert.equal(made(counting(100, 300), { horizonMinutes: [5, 60] }).horizons, [1, 12]);
});

test("refuses options that make no sense, and says which", () => {
  const series = counting(100);
  assert.is(
    complaint(counting(100), { logarithmic: ["cpu"] }),
    'makeWindows: logarithmic features among a, b expected, got "cpu"',
  );
  assert.is(
    complaint(counting(100), { logarithmic: ["a", "b"] }),
    "makeWindows: logarithmic features of at least 0 expected, got b -100",
  );
  assert.is(
    complaint(series, { targets: ["cpu"] }),
    'makeWindows: targets among a, b expected, got "cpu"',
  );
  assert.is(
    complaint(series, { targets: [] }),
    "makeWindows: at least one target expected, got none",
  );
  assert.is(
    complaint(series, { horizonMinutes: [1, 1.5] }),
    "makeWindows: horizons in whole steps of 60 s expected, got 1.5 min",
  );
  assert.is(
    complaint(series, { horizonMinutes: [0] }),
    "makeWindows: horizons in whole steps of 60 s expected, got 0 min",
  );
  assert.is(
    complaint(series, { window: 0 }),
    "makeWindows: a window of at least 1 step expected, got 0",
  );
  assert.is(
    complaint(series, { shares: { train: 0.8, validation: 0.2 } }),
    "makeWindows: positive shares of training and validation with a sum below 1 expected, " +
      "got 0.8 and 0.2",
  );
  assert.is(
    complaint(series, { cycleMinutes: [0] }),
    "makeWindows: cycles of more than 0 minutes expected, got 0",
  );
  assert.is(
    complaint(series, { horizonMinutes: [17] }),
    "makeWindows: 21 steps or more in the validation part expected, " +
      "got borders 0, 60, 80, 100 (window 4, horizon 17)",
  );
});

test.run();
