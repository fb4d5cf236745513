// Tables of numbers as colours.

import type { Frame } from "./charts.ts";
import type { Picture } from "./picture.ts";
import { Plot, plot } from "./plot.ts";
import { ink, widthOf } from "./theme.ts";

/** A table of numbers as colours. */
export interface HeatMap extends Frame {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** values[row][column] */
  readonly values: readonly (readonly number[])[];
  /** What the numbers are, with their unit. */
  readonly label: string;
  /** Whether numbers below 0 differ from those above in colour. */
  readonly isSigned?: boolean;
  /** Decimals of the numbers written into the cells; none are written without. */
  readonly decimals?: number;
  /** What the axes are. */
  readonly rowLabel?: string;
  readonly columnLabel?: string;
}

/** Whether the colour of a number is so dark that text on it is white. */
const darknessAmong = (numbers: readonly number[], isSigned: boolean): ((x: number) => boolean) => {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const largest = Math.max(-low, high);
  return isSigned ? (x) => Math.abs(x) > 0.6 * largest : (x) => x - low > 0.55 * (high - low);
};

/** A heat map: rows from top to bottom, dark where numbers are large. */
export const heatMap = ({
  rows,
  columns,
  values,
  label,
  isSigned = false,
  decimals,
  rowLabel,
  columnLabel,
  ...frame
}: HeatMap): Picture => {
  const cells = values.flatMap((line, i) =>
    line.map((value, j) => ({ row: rows[i], column: columns[j], value })),
  );
  const place = { x: "column", y: "row" };
  const scheme = isSigned ? { type: "diverging" as const } : { type: "linear" as const };
  const isDark = darknessAmong(values.flat(), isSigned);
  const text = (decimals: number) =>
    Plot.text(cells, {
      ...place,
      text: ({ value }) => value.toFixed(decimals),
      fill: ({ value }) => (isDark(value) ? "white" : ink),
    });
  return plot({
    grid: false,
    height: 60 + 30 * rows.length,
    marginTop: 8,
    marginLeft: 24 + Math.max(...rows.map((name) => widthOf(name))),
    ...frame,
    color: { ...scheme, legend: true, label },
    x: { type: "band", domain: columns, label: columnLabel ?? null, padding: 0.04 },
    y: { type: "band", domain: rows, label: rowLabel ?? null, padding: 0.04 },
    marks: [
      Plot.cell(cells, { ...place, fill: "value" }),
      ...(decimals === undefined ? [] : [text(decimals)]),
    ],
  });
};
