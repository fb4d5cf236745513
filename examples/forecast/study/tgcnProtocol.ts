// How T-GCN's repository judges forecasts of Los-loop: all steps up to a horizon and all sensors together, in
// miles an hour. Its examples of the test part are those of `range(steps − window − horizon)`, one fewer than
// there could be (github.com/lehaifeng/T-GCN, utils/data).

import { Spatiotemporal } from "../../../src/models/index.ts";
import { metrics, pairStats } from "../../../src/nn/index.ts";

/** Errors over all steps up to a horizon. */
export interface PooledScore {
  readonly minutesAhead: number;
  readonly examples: number;
  readonly rmse: number;
  readonly mae: number;
  /** 1 − ‖y − ŷ‖ / ‖y‖, Frobenius norms. */
  readonly accuracy: number;
  readonly r2: number;
}

/** Steps ahead of the published table: 15, 30, 45 and 60 minutes. */
const ahead = [3, 6, 9, 12];

/** The present steps of the examples that T-GCN judges a horizon by. */
const examplesFor = ({ borders, window }: Spatiotemporal.Windows, steps: number): number[] => {
  const [, , begin, end] = borders;
  return Array.from({ length: end - begin - window - steps }, (_, i) => begin + i + window - 1);
};

/**
 * Scores at 15, 30, 45 and 60 minutes of forecasts for 12 steps, [example, sensor, 1, 12], scaled as the
 * windows are.
 */
export const pooledScores = async (
  windows: Spatiotemporal.Windows,
  forecast: (examples: readonly number[]) => Promise<ArrayLike<number>>,
): Promise<readonly PooledScore[]> => {
  const { series, horizons } = windows;
  const original = Spatiotemporal.restore(windows.normalizer);
  const nodes = series.services.length;
  const all = examplesFor(windows, ahead[0] as number); // the most
  const forecasts = await forecast(all);
  return ahead.map((steps) => {
    const [truth, found]: [number[], number[]] = [[], []];
    const chosen = examplesFor(windows, steps);
    for (const [i, now] of chosen.entries())
      for (let node = 0; node < nodes; node++)
        for (let step = 0; step < steps; step++) {
          const y = forecasts[(i * nodes + node) * horizons.length + step] as number;
          found.push(original(node, y));
          truth.push(series.values[(now + step + 1) * nodes + node] as number);
        }
    const { rmse, mae, r2, count } = metrics(pairStats(truth, found));
    const size = Math.sqrt(truth.reduce((sum, y) => sum + y * y, 0));
    return {
      minutesAhead: (steps * series.stepSeconds) / 60,
      examples: chosen.length,
      rmse,
      mae,
      accuracy: 1 - (rmse * Math.sqrt(count)) / size,
      r2,
    };
  });
};
