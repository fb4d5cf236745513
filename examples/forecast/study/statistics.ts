// Results over seeds: means with deviations, and who beats whom.

import { statisticsOf } from "../../../tools/plot/index.ts";
import type { ContenderName } from "./contenders.ts";
import type { Result } from "./jobs.ts";
import type { Score } from "./scores.ts";

/** A number of each run. */
export type Measure = (result: Result) => number;

/** A number of the score of a target at a horizon. */
export const scoreOf =
  (target: string, minutesAhead: number, pick: (score: Score) => number) =>
  (result: Result): number => {
    const found = result.scores.find(
      (score) => score.target === target && score.minutesAhead === minutesAhead,
    );
    // JSON has no NaN; it comes back as null.
    return found === undefined ? Number.NaN : (pick(found) ?? Number.NaN);
  };

/** The scaled RMSE of a target at a horizon. */
export const scaledRmse = (target: string, minutesAhead: number): Measure =>
  scoreOf(target, minutesAhead, (score) => score.scaledRmse);

/** Mean and deviation over the runs of a contender; of one number where it has no seeds. */
export const over = (results: readonly Result[], measure: Measure) =>
  statisticsOf(results.map(measure));

/** Digits that tell what differs, and no more. */
export const digits = (x: number, places = 3): string =>
  Number.isFinite(x) ? x.toFixed(places) : "–";

/** Mean ± deviation, or the number alone where there is one run. */
export const printOver = (results: readonly Result[], measure: Measure, places = 3): string => {
  if (results.length === 0) return "–";
  const { mean, deviation } = over(results, measure);
  return results.length === 1
    ? digits(mean, places)
    : `${digits(mean, places)} ± ${digits(deviation, places)}`;
};

/** The runs of each contender, in the order in which they come. */
export const byContender = (
  results: readonly Result[],
): ReadonlyMap<ContenderName, readonly Result[]> => {
  const groups = new Map<ContenderName, Result[]>();
  for (const result of results)
    groups.set(result.contender, [...(groups.get(result.contender) ?? []), result]);
  return groups;
};

/** By how much theirs are above ours, seed by seed, and in how many seeds they are below. */
export const compare = (
  ours: readonly Result[],
  theirs: readonly Result[],
  measure: Measure,
): { readonly difference: number; readonly deviation: number; readonly losses: number } => {
  const pairs = ours.map((mine) => {
    // A baseline has one run, which stands beside every seed.
    const other = theirs.find(({ seed }) => seed === mine.seed) ?? theirs[0];
    return measure(other as Result) - measure(mine); // one run or more
  });
  const { mean, deviation } = statisticsOf(pairs);
  return { difference: mean, deviation, losses: pairs.filter((it) => it < 0).length };
};

/**
 * A sentence on whether one of the contenders beats all others on a measure: which are better, and from which it
 * differs by less than the deviation over seeds. A difference that is no number, as of a model that forecasts none, is
 * not said to be one.
 */
export const verdict = (
  name: string,
  groups: ReadonlyMap<ContenderName, readonly Result[]>,
  champion: ContenderName,
  measure: Measure,
): string => {
  const ours = groups.get(champion) ?? [];
  const others = [...groups].filter(([contender]) => contender !== champion);
  const compared = others.map(([contender, theirs]) => {
    const { difference, deviation, losses } = compare(ours, theirs, measure);
    const by = `${digits(Math.abs(difference))} ± ${digits(deviation)}`;
    return { contender, difference, deviation, by, losses };
  });
  const lost = compared.filter(({ difference }) => !(difference > 0));
  const hardly = compared.filter((it) => it.difference > 0 && it.difference <= it.deviation);
  const beaten = others.length - lost.length;
  return [
    `${name}: ${champion} (${printOver(ours, measure)}) beats ${lost.length === 0 ? "all" : `${beaten} of`} ${others.length} others`,
    ...lost.map(({ contender, difference, by, losses }) =>
      Number.isNaN(difference)
        ? `${contender} cannot be compared`
        : `${contender} is better by ${by} (${losses} of ${ours.length} seeds)`,
    ),
    ...hardly.map(({ contender, by }) => `${contender} hardly, by ${by}`),
  ].join("; ");
};
