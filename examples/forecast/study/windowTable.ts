// The table of windows: errors by how much of the past is seen.

import { type Curve, lines } from "../../../tools/plot/index.ts";
import { page, tableText } from "../../study/markdown.ts";
import { type Measure, over, printOver } from "../../study/statistics.ts";
import type { ContenderName } from "./contenders.ts";
import type { Result } from "./jobs.ts";
import { scaledRmse } from "./measures.ts";
import { cellsOf } from "./parts.ts";
import { runsOf, type Table } from "./table.ts";

const windows = [6, 12, 24, 48];
const names: readonly ContenderName[] = ["ridge + neighbours", "full model"];

const runsWith = (
  results: readonly Result[],
  contender: ContenderName,
  window: number,
): readonly Result[] => results.filter((it) => it.contender === contender && it.window === window);

const errors = (results: readonly Result[]): string => {
  const cells = cellsOf(results);
  return tableText({
    header: ["RMSE in deviations", "window", ...cells.map((cell) => `${cell.join(", ")} min`)],
    rows: names.flatMap((name) =>
      windows.map((window) => [
        name,
        String(window),
        ...cells.map(([target, ahead]) =>
          printOver(runsWith(results, name, window), scaledRmse(target, ahead)),
        ),
      ]),
    ),
  });
};

const curvesOf = (
  results: readonly Result[],
  measures: Readonly<Record<string, Measure<Result>>>,
): readonly Curve[] =>
  Object.entries(measures).flatMap(([panel, measure]) =>
    names.map((name) => {
      const found = windows.map((window) => over(runsWith(results, name, window), measure));
      const y = found.map(({ mean }) => mean);
      return { name, panel, x: windows, y, band: found.map(({ deviation }) => deviation) };
    }),
  );

/** The table of windows; its picture shows these measures. */
export const windowTable = (measures: Readonly<Record<string, Measure<Result>>>): Table => ({
  title: "Online Boutique: how much of the past the model sees",
  jobs: (seeds) => windows.flatMap((window) => runsOf("online-boutique", names, seeds, window)),
  report: (results) => ({
    markdown: page(
      errors(results),
      "Longer windows leave fewer examples in each part, so that rows are not judged on quite the same steps.",
    ),
    pictures: {
      windows: lines({
        x: { label: "window (minutes)" },
        y: { label: "RMSE in deviations" },
        curves: curvesOf(results, measures),
      }),
    },
  }),
});
