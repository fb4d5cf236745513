// Forecasts that need no training, or only a linear system: what every model has to beat.
// Each is a `Predictor`; those that are fitted see the training part only.

import { values } from "../../core/run/evaluate.ts";
import type { Predictor } from "./evaluate.ts";
import { withHearing } from "./model/callGraph.ts";
import { dot, ridge } from "./ridge.ts";
import type { Windows } from "./windows.ts";

/**
 * Calls `visit` for each node, target and horizon of each example, and puts what it says at that
 * place.
 */
const fill =
  (
    windows: Windows,
    visit: (now: number, node: number, target: number, ahead: number) => number,
  ): Predictor =>
  (examples) => {
    const { series, targets, horizons } = windows;
    const nodes = series.services.map((_, node) => node);
    const y: number[] = [];
    for (const now of examples) {
      for (const node of nodes) {
        for (const target of targets) {
          for (const ahead of horizons) y.push(visit(now, node, target, ahead));
        }
      }
    }
    return Float64Array.from(y);
  };

/** The scaled value of a feature at a node and step, or what stands in for it (`filled`). */
const valueAt = (
  { filled, series }: Windows,
  step: number,
  node: number,
  feature: number,
): number =>
  filled[(step * series.services.length + node) * series.features.length + feature] as number;

/** Whether it was measured. */
const isMeasured = (
  { scaled, series }: Windows,
  step: number,
  node: number,
  feature: number,
): boolean =>
  !Number.isNaN(scaled[(step * series.services.length + node) * series.features.length + feature]);

/** Tomorrow is as today: ŷ(now + h) = y(now). */
export const lastValue = (windows: Windows): Predictor =>
  fill(windows, (now, node, target) => valueAt(windows, now, node, target));

/**
 * Means of the training part at each phase of a cycle, [phase, node, feature]; 0 for a phase that
 * it never saw.
 */
const phaseMeans = ({ series, scaled, borders }: Windows, periodSteps: number): Float64Array => {
  const columns = series.services.length * series.features.length;
  const [begin, end] = borders;
  const means = new Float64Array(periodSteps * columns);
  const counts = new Float64Array(means.length);
  // Steps count from the series' begin, the border of the training part.
  for (let at = begin * columns; at < end * columns; at++) {
    const value = scaled[at] as number;
    if (Number.isNaN(value)) continue;
    const place = at % means.length;
    const count = (counts[place] as number) + 1;
    counts[place] = count;
    means[place] = (means[place] as number) + (value - (means[place] as number)) / count;
  }
  return means;
};

/**
 * The mean of the training part at the same phase of a cycle of `periodSteps`; with a period of 1,
 * the plain mean. A phase that the training part never saw gets the plain mean, which is 0 in
 * deviations.
 */
export const historicalAverage = (windows: Windows, periodSteps: number): Predictor => {
  const means = phaseMeans(windows, periodSteps);
  const { services, features } = windows.series;
  return fill(windows, (now, node, target, ahead) => {
    const phase = (now + ahead) % periodSteps;
    return means[(phase * services.length + node) * features.length + target] as number;
  });
};

/** The value one period before, or as many periods as it takes to be known at the present step. */
export const seasonal = (windows: Windows, periodSteps: number): Predictor =>
  fill(windows, (now, node, target, ahead) => {
    const periods = Math.ceil(ahead / periodSteps);
    const step = now + ahead - periods * periodSteps;
    return valueAt(windows, Math.max(0, step), node, target);
  });

/**
 * The period of a feature in steps, from the training part; undefined when none shows, as in windows that are not
 * scaled by deviations.
 *
 * Roughly from the autocorrelation, averaged over nodes: beyond the first lag at which it is
 * negative, the first hill within a tenth of the highest, which has to be above 0.3. Then within a
 * tenth of that the period whose phases differ most in their means ("epoch folding"), because a
 * period that is off by one step is off by ten after ten cycles.
 */
export const dominantPeriod = (windows: Windows, feature: number): number | undefined => {
  const rough = firstHill(correlations(windows, feature));
  if (rough === undefined) return undefined;
  const [low, high] = [Math.ceil(0.9 * rough), Math.floor(1.1 * rough)];
  const candidates = Array.from({ length: high - low + 1 }, (_, k) => low + k);
  const { length: nodes } = windows.series.services;
  const { length: width } = windows.series.features;
  const contrasts = candidates.map((period) => {
    const means = phaseMeans(windows, period).filter((_, at) => at % width === feature);
    return means.reduce((sum, mean) => sum + mean * mean, 0) / (period * nodes);
  });
  return candidates[contrasts.indexOf(Math.max(...contrasts))];
};

/**
 * The autocorrelation of a feature in the training part, averaged over nodes, at lags from 0 to
 * half the part.
 */
const correlations = (windows: Windows, feature: number): readonly number[] => {
  const [begin, end] = windows.borders;
  const nodes = windows.series.services.map((_, node) => node);
  return Array.from({ length: Math.floor((end - begin) / 2) }, (_, lag) => {
    let sum = 0;
    for (let step = begin + lag; step < end; step++) {
      for (const node of nodes) {
        sum += valueAt(windows, step, node, feature) * valueAt(windows, step - lag, node, feature);
      }
    }
    // Divided by the number of terms, so that long lags are not made small.
    return sum / ((end - begin - lag) * nodes.length);
  });
};

const firstHill = (values: readonly number[]): number | undefined => {
  const firstNegative = values.findIndex((value) => value < 0);
  const beyond = firstNegative < 0 ? [] : values.slice(firstNegative);
  const limit = 0.9 * Math.max(...beyond);
  if (!(limit > 0.9 * 0.3)) return undefined;
  const foot = beyond.findIndex((value) => value >= limit);
  const length = beyond.slice(foot).findIndex((value) => value < limit);
  const hill = beyond.slice(foot, length < 0 ? undefined : foot + length);
  return firstNegative + foot + hill.indexOf(Math.max(...hill));
};

/** How to fit an autoregression. */
export interface AutoregressionOptions {
  /** The weight of Σw² against Σe², in deviations; the constant is not penalised. */
  readonly penalty: number;
  /** Whether to regress on the mean of the neighbours too, callers and callees alike. */
  readonly withNeighbours: boolean;
}

/**
 * A linear regression per node, target and horizon on the node's own past of the target over the
 * window, a constant, and perhaps the past of its neighbours' mean. Fitted to the examples of the
 * training part whose targets were all measured; without any, it says 0.
 */
export const autoregression = (windows: Windows, options: AutoregressionOptions): Predictor => {
  const { series, targets, horizons, examples } = windows;
  const regressors = pastOf(windows, options.withNeighbours);
  const weights = series.services.map((_, node) =>
    targets.map((target) => {
      const known = examples.train.filter((now) =>
        horizons.every((ahead) => isMeasured(windows, now + ahead, node, target)),
      );
      const rows = known.map((now) => regressors(now, node, target));
      const truths = horizons.map((ahead) =>
        known.map((now) => valueAt(windows, now + ahead, node, target)),
      );
      return ridge(rows, truths, options.penalty);
    }),
  );
  return (asked) =>
    Float64Array.from(
      asked.flatMap((now) =>
        weights.flatMap((ofNode, node) =>
          ofNode.flatMap((ofTarget, k) => {
            const row = regressors(now, node, targets[k] as number);
            return ofTarget.map((w) => dot(w, row));
          }),
        ),
      ),
    );
};

/**
 * 1, a node's values over the window from the present backwards, and perhaps its neighbours' means.
 */
const pastOf = (windows: Windows, withNeighbours: boolean) => {
  const { series, window } = windows;
  const nodes = series.services.length;
  const graph = { nodes, pairs: series.edges };
  const mix = values(withHearing(graph, { direction: "either" }).hearing.mean); // [nodes, nodes]
  const heard = series.services.map((_, node) =>
    Array.from(mix.subarray(node * nodes, (node + 1) * nodes))
      .map((share, other) => ({ share, other }))
      .filter(({ share }) => share > 0),
  );
  const meanAt = (step: number, node: number, feature: number): number => {
    let sum = 0;
    for (const { share, other } of heard[node] as (typeof heard)[number]) // one list for each node
      sum += share * valueAt(windows, step, other, feature);
    return sum;
  };
  return (now: number, node: number, feature: number): number[] => {
    const past = Array.from({ length: window }, (_, k) => now - k);
    const own = past.map((step) => valueAt(windows, step, node, feature));
    const others = withNeighbours ? past.map((step) => meanAt(step, node, feature)) : [];
    return [1, ...own, ...others];
  };
};
