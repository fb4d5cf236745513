// Results over seeds: means with deviations, and who beats whom.

import { statisticsOf } from "../../tools/plot/index.ts";
import type { AnyJob } from "./study.ts";

/** A number of each run. */
export type Measure<Result> = (result: Result) => number;

/** Which of the numbers of a measure is best. */
export type Best = "lowest" | "highest";

/** Mean and deviation over the runs of a contender; of one number where it has no seeds. */
export const over = <Result>(results: readonly Result[], measure: Measure<Result>) =>
  statisticsOf(results.map(measure));

/** Digits that tell what differs, and no more. */
export const digits = (x: number, places = 3): string =>
  Number.isFinite(x) ? x.toFixed(places) : "–";

/** Mean ± deviation, or the number alone where there is one run. */
export const printOver = <Result>(
  results: readonly Result[],
  measure: Measure<Result>,
  places = 3,
): string => {
  if (results.length === 0) return "–";
  const { mean, deviation } = over(results, measure);
  return results.length === 1
    ? digits(mean, places)
    : `${digits(mean, places)} ± ${digits(deviation, places)}`;
};

/** The runs of each contender, in the order in which they come. */
export const byContender = <Result extends Pick<AnyJob, "contender">>(
  results: readonly Result[],
): ReadonlyMap<Result["contender"], readonly Result[]> => {
  const groups = new Map<Result["contender"], Result[]>();
  for (const result of results)
    groups.set(result.contender, [...(groups.get(result.contender) ?? []), result]);
  return groups;
};

/** By how much theirs are worse than ours, seed by seed, and in how many seeds they are better. */
export const compare = <Result extends AnyJob>(
  ours: readonly Result[],
  theirs: readonly Result[],
  measure: Measure<Result>,
  best: Best = "lowest",
): { readonly difference: number; readonly deviation: number; readonly losses: number } => {
  const pairs = ours.map((mine) => {
    // A baseline has one run, which stands beside every seed.
    const other = theirs.find(({ seed }) => seed === mine.seed) ?? theirs[0];
    const above = measure(other as Result) - measure(mine); // one run or more
    return best === "lowest" ? above : -above;
  });
  const { mean, deviation } = statisticsOf(pairs);
  return { difference: mean, deviation, losses: pairs.filter((it) => it < 0).length };
};

/**
 * A sentence on whether one of the contenders beats all others on a measure: which are better, and from which it
 * differs by less than the deviation over seeds. A difference that is no number, as of a model that forecasts none, is
 * not said to be one.
 */
export const verdict = <Result extends AnyJob>(
  name: string,
  groups: ReadonlyMap<string, readonly Result[]>,
  champion: string,
  measure: Measure<Result>,
  best: Best = "lowest",
): string => {
  const ours = groups.get(champion) ?? [];
  const others = [...groups].filter(([contender]) => contender !== champion);
  const compared = others.map(([contender, theirs]) => {
    const { difference, deviation, losses } = compare(ours, theirs, measure, best);
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
