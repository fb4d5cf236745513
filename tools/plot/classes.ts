// Classes of pixels: what their colours mean, and how well models find each of them.

import { type Bar, bars, type Frame } from "./charts.ts";
import { swatchesOf } from "./imageGrid.ts";
import type { Picture } from "./picture.ts";
import type { NamedColor } from "./pixels.ts";
import { defaultWidth } from "./theme.ts";
import { framed } from "./titles.ts";

/** Squares of colour with the names of classes, in as many lines as they need. */
export const classLegend = (
  classes: readonly NamedColor[],
  { title, caption, width = defaultWidth }: Pick<Frame, "title" | "caption" | "width"> = {},
): Picture => {
  const around = { title, legend: swatchesOf(classes, width), caption };
  return framed(around, { width, height: 0 }, () => "");
};

/** What a model reaches on each class. */
export interface ClassSeries {
  readonly name: string;
  /** One for each class. One that is no number, of a class that does not occur, has no bar. */
  readonly values: readonly number[];
  readonly deviations?: readonly number[];
}

/** A group of bars for each class, a bar for each model, with lines for deviations. */
export const classBars = ({
  classes,
  series,
  label = "IoU",
  ...frame
}: Frame & {
  readonly classes: readonly string[];
  readonly series: readonly ClassSeries[];
  /** What the values are; IoU without. */
  readonly label?: string;
}): Picture =>
  bars({
    ...frame,
    y: { label },
    values: classes.flatMap((group, i) =>
      series.map(({ name, values, deviations }): Bar => {
        const value = values[i] ?? Number.NaN;
        return { group, name, value, deviation: deviations?.[i] ?? 0 };
      }),
    ),
  });
