// What a run of the study is judged by: errors of each target at each horizon, on the whole test part and in
// its groups of steps.

import { Spatiotemporal } from "../../../src/models/index.ts";
import type { Case } from "./cases.ts";

const { evaluate, reportOn } = Spatiotemporal;

/** How forecasts of one target at one horizon do. */
export interface Score {
  readonly target: string;
  readonly unit: string;
  readonly minutesAhead: number;
  /** Over all services, in the unit of the target. */
  readonly mae: number;
  readonly rmse: number;
  /** Over all services, in deviations of the training part, so that every service counts alike. */
  readonly scaledMae: number;
  readonly scaledRmse: number;
  /** Medians over services of errors of each service in the unit of the target, and of R². */
  readonly medianMae: number;
  readonly medianRmse: number;
  readonly medianR2: number;
  /** The scaled RMSE among steps of a group. */
  readonly groups: Readonly<Record<string, number>>;
}

/** The scores of forecasts for the examples of the test part. */
export const scoresOf = (
  { windows, groups }: Pick<Case, "windows" | "groups">,
  predictor: Spatiotemporal.Predictor,
): readonly Score[] => {
  const { series, targets, horizons, examples } = windows;
  const original = evaluate(windows, "test", predictor, "original");
  const deviation = evaluate(windows, "test", predictor, "deviation");
  return targets.flatMap((feature, target) =>
    horizons.map((ahead, horizon): Score => {
      const { pooled, median } = reportOn(windows, original, target, horizon);
      const scaled = reportOn(windows, deviation, target, horizon).pooled;
      const within = (isIn: (step: number) => boolean): number => {
        const chosen = examples.test.filter((now) => isIn(now + ahead));
        const cells = evaluate(windows, chosen, predictor, "deviation");
        return reportOn(windows, cells, target, horizon).pooled.rmse;
      };
      return {
        target: series.features[feature] as string, // targets are among them
        unit: series.units[feature] as string, // one for each feature
        minutesAhead: (ahead * series.stepSeconds) / 60,
        mae: pooled.mae,
        rmse: pooled.rmse,
        scaledMae: scaled.mae,
        scaledRmse: scaled.rmse,
        medianMae: median.mae,
        medianRmse: median.rmse,
        medianR2: median.r2,
        groups: Object.fromEntries(
          Object.entries(groups).map(([name, isIn]) => [name, within(isIn)]),
        ),
      };
    }),
  );
};

/** A forecast that was made for all examples of the test part, as a predictor of any of them. */
export const lookUp = (
  { examples }: Spatiotemporal.Windows,
  forecasts: ArrayLike<number>,
): Spatiotemporal.Predictor => {
  const size = forecasts.length / examples.test.length;
  const places = new Map(examples.test.map((now, i) => [now, i]));
  const all = Float32Array.from(forecasts);
  return (chosen) =>
    Float32Array.from(
      chosen.flatMap((now) => {
        const place = places.get(now);
        if (place === undefined)
          throw new RangeError(`study: an example of the test part expected, got step ${now}`);
        return [...all.subarray(place * size, (place + 1) * size)];
      }),
    );
};
