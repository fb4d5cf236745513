// Parts of the study's pages: tables, pictures and sentences of results.

import { type Curve, classBars, lines, overRuns, type Picture } from "../../../tools/plot/index.ts";
import { tableText } from "../../study/markdown.ts";
import {
  byContender,
  compare,
  digits,
  type Measure,
  over,
  printOver,
} from "../../study/statistics.ts";
import type { Result } from "./jobs.ts";

const percent =
  (measure: Measure<Result>): Measure<Result> =>
  (result) =>
    100 * measure(result);

/** Bytes in MiB. */
export const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

/** Mean intersection over union, in percent. */
export const meanIou: Measure<Result> = percent(({ meanIou: share }) => share);

const globalAccuracy = percent((result) => result.globalAccuracy);
const classAccuracy = percent((result) => result.meanClassAccuracy);
const boundaryF1 = percent(({ boundary }) => boundary);

/** Intersection over union of a class, in percent; NaN where it has none. */
export const iouOf = (name: string): Measure<Result> =>
  percent(({ classes, iou }) => iou[classes.indexOf(name)] ?? Number.NaN);

/** A row for each contender: scores, parameters, memory. */
export const scoreTable = (results: readonly Result[]): string =>
  tableText({
    header: [
      "percent",
      "mIoU",
      "global accuracy",
      "class accuracy",
      "boundary F1",
      "parameters",
      "peak MiB",
      "best epoch",
    ],
    rows: [...byContender(results)].map(([name, runs]) => [
      name,
      printOver(runs, meanIou, 1),
      printOver(runs, globalAccuracy, 1),
      printOver(runs, classAccuracy, 1),
      printOver(runs, boundaryF1, 1),
      String(runs[0]?.parameters),
      mebibytes(runs[0]?.peakBytes ?? Number.NaN),
      digits(over(runs, ({ bestEpoch }) => bestEpoch).mean, 0),
    ]),
  });

/** What the columns of `scoreTable` mean that do not say it themselves. */
export const costNote =
  "Peak MiB is what a training step's plan has alive at once: parameters, optimiser, batch and temporaries. Seconds, which want an idle machine, are on [the page of costs](costs.md).";

/** A row for each contender, a column for each class. */
export const classTable = (results: readonly Result[]): string => {
  const classes = results[0]?.classes ?? [];
  return tableText({
    header: ["IoU, percent", ...classes],
    rows: [...byContender(results)].map(([name, runs]) => [
      name,
      ...classes.map((it) => printOver(runs, iouOf(it), 1)),
    ]),
  });
};

/** Bars of the classes for some contenders. */
export const barsOfClasses = (results: readonly Result[], names: readonly string[]): Picture => {
  const classes = results[0]?.classes ?? [];
  const groups = byContender(results);
  return classBars({
    classes,
    label: "IoU, percent",
    series: names.map((name) => {
      const found = classes.map((it) => over(groups.get(name) ?? [], iouOf(it)));
      return {
        name,
        values: found.map(({ mean }) => mean),
        deviations: found.map(({ deviation }) => deviation),
      };
    }),
  });
};

/** Curves of the validation part's mIoU over epochs, for some contenders. */
export const validationCurves = (results: readonly Result[], names: readonly string[]): Picture => {
  const groups = byContender(results);
  const curves = names.map((name): Curve => {
    const runs = (groups.get(name) ?? []).map(({ validation }) => validation.map((x) => 100 * x));
    const { y, band } = overRuns(runs);
    return { name, x: y.map((_, i) => i + 1), y, band };
  });
  return lines({
    curves,
    x: { label: "epoch" },
    y: { label: "mIoU on the validation part, percent" },
  });
};

/** The first epoch, from 1, with a validation mIoU of at least a value; undefined where there is none. */
const epochOf = ({ validation }: Result, value: number): number | undefined => {
  const at = validation.findIndex((it) => it >= value);
  return at < 0 ? undefined : at + 1;
};

/**
 * A sentence on how soon one contender, seed by seed, comes to the best validation mIoU of another, and how long that one took.
 */
export const convergence = (ours: readonly Result[], theirs: readonly Result[]): string => {
  const pairs = ours.flatMap((mine) => {
    const other = theirs.find(({ seed }) => seed === mine.seed);
    if (other === undefined) return [];
    const best = Math.max(...other.validation);
    return [{ own: epochOf(mine, best), other: other.bestEpoch, best }];
  });
  const each = pairs.map(
    ({ own, other, best }) =>
      `${(100 * best).toFixed(1)} % in epoch ${own ?? "–"} instead of ${other}`,
  );
  return each.join(", ");
};

/** Sentences on one contender against another: mIoU in points, and each class that is asked about; with deviations where there are several runs. */
export const difference = (
  results: readonly Result[],
  ours: string,
  theirs: string,
  classes: readonly string[],
): string => {
  const groups = byContender(results);
  const [mine, others] = [groups.get(ours) ?? [], groups.get(theirs) ?? []];
  const points = (measure: Measure<Result>): string => {
    const { difference: mean, deviation } = compare(mine, others, measure, "highest");
    const said = `${mean > 0 ? "+" : ""}${digits(mean, 1)}`;
    return mine.length === 1 ? said : `${said} ± ${digits(deviation, 1)}`;
  };
  return [
    `- ${ours} against ${theirs}, in points of IoU: mean ${points(meanIou)}; ${classes.map((it) => `${it} ${points(iouOf(it))}`).join(", ")}.`,
    `- ${ours} comes to the best validation mIoU of ${theirs}: ${convergence(mine, others)} (a seed each).`,
  ].join("\n");
};
