// Cases beside their bounds, as a table for people and as JSON lines.

import { type Failure, isFailure } from "../child.ts";
import { rounded } from "../measure.ts";
import { short } from "../report.ts";
import { printTable } from "../table.ts";
import type { Bound, Traffic } from "./bound.ts";

/** A case and its bound; with the median, or why there is none. */
export type RooflineLine = { readonly case: string; readonly work: number } & Traffic &
  Bound & { readonly measured: Measured | Failure };

/** Milliseconds, the median of so many runs. */
export interface Measured {
  readonly medianMs: number;
  readonly runs: number;
  readonly note?: string;
}

/** The part of the bound that is reached, at most 1 where the model holds; undefined where nothing was measured. */
export const shareOf = ({ ms, measured }: RooflineLine): number | undefined =>
  isFailure(measured) ? undefined : ms / measured.medianMs;

const head = [
  "case",
  "GFLOP",
  "MB moved",
  "largest MB",
  "arithmetic ms",
  "memory ms",
  "binds",
  "bound ms",
  "median ms",
  "GFLOP/s",
  "of bound",
];

const cells = (line: RooflineLine): readonly string[] => {
  const { measured, work } = line;
  const start = [
    line.case,
    short(work / 1e9),
    short((line.readBytes + line.writtenBytes) / 1e6),
    short(line.largestBytes / 1e6),
    ...[line.arithmeticMs, line.memoryMs].map(short),
    line.binds,
    short(line.ms),
  ];
  if (isFailure(measured)) return [...start, "error" in measured ? "error" : "skipped", "", ""];
  const share = `${(100 * (shareOf(line) ?? Number.NaN)).toFixed(0)}%`;
  return [...start, short(measured.medianMs), short(work / measured.medianMs / 1e6), share];
};

/** The table, and remarks below it. */
export const printRoofline = (lines: readonly RooflineLine[]): string => {
  const remarks = lines.flatMap(({ case: name, measured }) => {
    if (!isFailure(measured))
      return measured.note === undefined ? [] : [`${name}: ${measured.note}`];
    return [`${name}: ${"error" in measured ? measured.error : measured.skipped}`];
  });
  return [
    printTable(head, lines.map(cells), ["binds"]),
    ...(remarks.length === 0 ? [] : ["", ...remarks]),
  ].join("\n");
};

/** One JSON line. */
export const rooflineJson = (line: RooflineLine): string => {
  const share = shareOf(line);
  const { measured, ...rest } = line;
  const all = { ...rest, ...measured, ...(share === undefined ? {} : { share }) };
  // Bounds of the smallest cases are below a microsecond.
  return JSON.stringify(all, (key, value) =>
    typeof value === "number" && !key.endsWith("Ms") && key !== "ms" ? rounded(value) : value,
  );
};
