// What results of the forecaster are compared by.

import type { Measure } from "../../study/statistics.ts";
import type { Result } from "./jobs.ts";
import type { Score } from "./scores.ts";

/** A number of the score of a target at a horizon. */
export const scoreOf =
  (target: string, minutesAhead: number, pick: (score: Score) => number): Measure<Result> =>
  (result) => {
    const found = result.scores.find(
      (score) => score.target === target && score.minutesAhead === minutesAhead,
    );
    // JSON has no NaN; it comes back as null.
    return found === undefined ? Number.NaN : (pick(found) ?? Number.NaN);
  };

/** The scaled RMSE of a target at a horizon. */
export const scaledRmse = (target: string, minutesAhead: number): Measure<Result> =>
  scoreOf(target, minutesAhead, (score) => score.scaledRmse);
