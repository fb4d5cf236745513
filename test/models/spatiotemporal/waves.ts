// Windows of three services that call each other in a row, for tests of models and training.

import * as E from "fp-ts/lib/Either.js";
import { uniforms } from "../../../src/models/prng.ts";
import type { ServiceSeries } from "../../../src/models/spatiotemporal/series.ts";
import {
  makeWindows,
  type WindowOptions,
  type Windows,
} from "../../../src/models/spatiotemporal/windows.ts";

/** What is in an Either that must be a Right. */
export const right = <A>(result: E.Either<unknown, A>): A => {
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left));
  return result.right;
};

/** A value at a minute, of a service and a feature. */
type Value = (step: number, node: number, feature: number) => number;

/** 150 minutes of the three. */
export const seriesOf = (value: Value): ServiceSeries => ({
  services: ["front", "middle", "back"],
  features: ["cpu", "throughput"],
  units: ["cores", "req/s"],
  times: Float64Array.from({ length: 150 }, (_, step) => 60 * step),
  values: Float64Array.from({ length: 150 * 6 }, (_, at) =>
    value(Math.floor(at / 6), Math.floor(at / 2) % 3, at % 2),
  ),
  edges: [
    [0, 1],
    [1, 2],
  ],
  stepSeconds: 60,
});

/** Both features, 1 and 3 minutes ahead, from 4 minutes. */
export const windowsOf = (series: ServiceSeries, more: Partial<WindowOptions> = {}): Windows =>
  right(
    makeWindows(series, {
      targets: ["throughput", "cpu"],
      horizonMinutes: [1, 3],
      window: 4,
      cycleMinutes: [20],
      ...more,
    }),
  );

const wave: Value = (step, node, feature) =>
  Math.sin((2 * Math.PI * (step - 2 * node)) / 20) + feature;

/** A wave that runs down the calls. */
export const waves = windowsOf(seriesOf(wave));

const draw = uniforms(1, 0);
/** Chance. */
export const noise = windowsOf(
  seriesOf((step, node, feature) => draw(6 * step + 2 * node + feature)),
);

const isLost = uniforms(2, 0);
/** The wave, of which every fourth value was not measured, and "back" not at all for the first third. */
export const gaps = windowsOf({
  ...seriesOf((step, node, feature) =>
    isLost(6 * step + 2 * node + feature) < 0.25 || (node === 2 && step < 50)
      ? Number.NaN
      : wave(step, node, feature),
  ),
  callRates: Float64Array.from({ length: 300 }, (_, at) =>
    isLost(1000 + at) < 0.25 ? Number.NaN : 1 + Math.sin(at / 20),
  ),
});
