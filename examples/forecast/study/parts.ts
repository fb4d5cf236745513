// Parts of the study's pages: tables and pictures of results.

import type { Picture } from "../../../tools/plot/index.ts";
import { tableText } from "../../study/markdown.ts";
import { barsOf } from "../../study/parts.ts";
import { byContender, digits, type Measure, over, printOver } from "../../study/statistics.ts";
import type { Result } from "./jobs.ts";
import { scaledRmse, scoreOf } from "./measures.ts";

/** Targets and horizons that occur in results, in their order. */
export const cellsOf = (results: readonly Result[]): readonly (readonly [string, number])[] =>
  (results[0]?.scores ?? []).map(({ target, minutesAhead }) => [target, minutesAhead] as const);

/** A row for each contender, a column for each target and horizon. */
export const scaledTable = (results: readonly Result[]): string =>
  tableText({
    header: [
      "RMSE in deviations",
      ...cellsOf(results).map(([target, minutes]) => `${target}, ${minutes} min`),
    ],
    rows: [...byContender(results)].map(([name, runs]) => [
      name,
      ...cellsOf(results).map(([target, minutes]) => printOver(runs, scaledRmse(target, minutes))),
    ]),
  });

const significant = (x: number): string => (Number.isFinite(x) ? x.toPrecision(3) : "–");

/** Errors in the units of the targets at one horizon: medians over services. */
export const originalTable = (results: readonly Result[], minutes: number): string => {
  const targets = [...new Set(cellsOf(results).map(([target]) => target))];
  const unitOf = (target: string): string =>
    results[0]?.scores.find((score) => score.target === target)?.unit ?? "";
  return tableText({
    header: [
      `medians over services, ${minutes} min`,
      ...targets.flatMap((target) => [`${target}: MAE (${unitOf(target)})`, "RMSE", "R²"]),
    ],
    rows: [...byContender(results)].map(([name, runs]) => [
      name,
      ...targets.flatMap((target) => [
        significant(
          over(
            runs,
            scoreOf(target, minutes, (score) => score.medianMae),
          ).mean,
        ),
        significant(
          over(
            runs,
            scoreOf(target, minutes, (score) => score.medianRmse),
          ).mean,
        ),
        digits(
          over(
            runs,
            scoreOf(target, minutes, (score) => score.medianR2),
          ).mean,
        ),
      ]),
    ]),
  });
};

/** Results without the last value and the seasonal one, which are so far off that they would hide the rest. */
export const withoutLast = (results: readonly Result[]): readonly Result[] =>
  results.filter(({ contender }) => contender !== "last value" && contender !== "seasonal");

/** Errors in groups of steps, and how even they are. */
export const groupTable = (
  results: readonly Result[],
  places: readonly (readonly [string, number])[],
): string => {
  const names = Object.keys(results[0]?.scores[0]?.groups ?? {});
  const measure = (target: string, ahead: number, group: string): Measure<Result> =>
    scoreOf(target, ahead, (score) => score.groups[group] as number);
  return tableText({
    header: ["RMSE in deviations", "target", ...names, "worst / best"],
    rows: places.flatMap(([target, ahead]) =>
      [...byContender(results)].map(([name, runs]) => {
        const means = names.map((group) => over(runs, measure(target, ahead, group)).mean);
        return [
          name,
          `${target}, ${ahead} min`,
          ...names.map((group) => printOver(runs, measure(target, ahead, group))),
          digits(Math.max(...means) / Math.min(...means), 2),
        ];
      }),
    ),
  });
};

/** A picture of errors in groups of steps: a group of bars for each. */
export const groupBars = (results: readonly Result[], target: string, ahead: number): Picture =>
  barsOf(
    withoutLast(results),
    Object.fromEntries(
      Object.keys(results[0]?.scores[0]?.groups ?? {}).map((group) => [
        group,
        scoreOf(target, ahead, (score) => score.groups[group] as number),
      ]),
    ),
    `RMSE of ${target} at ${ahead} min, in deviations`,
  );
