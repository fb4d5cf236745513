// Parts of pages that any study can use: a picture of measures, and what models cost.

import { bars, type Picture } from "../../tools/plot/index.ts";
import { tableText } from "./markdown.ts";
import { byContender, digits, type Measure, over } from "./statistics.ts";
import type { AnyJob, Finished } from "./study.ts";

/** A picture of measures: a group of bars for each, a bar for each contender, deviations as whiskers. */
export const barsOf = <Result extends AnyJob>(
  results: readonly Result[],
  measures: Readonly<Record<string, Measure<Result>>>,
  label: string,
): Picture =>
  bars({
    y: { label },
    values: Object.entries(measures).flatMap(([group, measure]) =>
      [...byContender(results)].map(([name, runs]) => {
        const { mean, deviation } = over(runs, measure);
        return { group, name, value: mean, deviation };
      }),
    ),
  });

/** What models cost: parameters and seconds of training, of runs that were not broken off. */
export const costTable = (results: readonly (AnyJob & Finished)[]): string =>
  tableText({
    header: ["model", "parameters", "seconds a run", "epochs", "best epoch"],
    rows: [...byContender(results)]
      .filter(([, runs]) => (runs[0]?.parameters ?? 0) > 0)
      .map(([name, runs]) => [
        name,
        String(runs[0]?.parameters),
        digits(
          over(
            runs.filter(({ isResumed }) => isResumed !== true),
            ({ seconds }) => seconds,
          ).mean,
          1,
        ),
        String(runs[0]?.epochs),
        digits(over(runs, ({ bestEpoch }) => bestEpoch).mean, 0),
      ]),
  });
