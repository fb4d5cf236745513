// Any table of one row for each time and node, by its columns: the reader for one's own measurements.
//
//   time,node,cpu,requests            source,target,weight
//   2024-05-01T00:00:00Z,web,0.5,12   web,db,0.25

import * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../../fileSource.ts";
import { hostFiles } from "../../files.ts";
import { type DataError, invalidOption } from "./errors.ts";
import { type LongFiles, type LongLayout, type Reading, readLong } from "./longSeries.ts";
import type { MetricColumn } from "./longTable.ts";
import type { TimeFormat } from "./scalars.ts";

/** How to read a long table. */
export interface LongCsvOptions {
  readonly metrics: readonly MetricColumn[];
  /** `"time"` by default. */
  readonly timeColumn?: string;
  /** `"iso"` by default: YYYY-MM-DD, a blank or T, HH:MM:SS, perhaps .sss, perhaps Z or ±HH:MM; UTC without. */
  readonly timeFormat?: TimeFormat;
  /** `"node"` by default. */
  readonly nodeColumn?: string;
  /** Texts of a cell that mean that nothing was measured: the empty one by default. */
  readonly missing?: readonly string[];
  /** The time between steps; by default the most usual time between the rows' times. */
  readonly stepSeconds?: number;
  /**
   * What to do with times that are no whole steps after the first: `"refuse"` by default. `"bin"` moves
   * every row to the last multiple of `stepSeconds` since 1970, and takes means in each step.
   */
  readonly offGrid?: "refuse" | "bin";
  /** What to do with a second row for a node and a time: `"refuse"` by default. */
  readonly repeated?: "refuse" | "average";
  /** What to do about times and rows that are missing: `"fill"` with NaN by default. */
  readonly gaps?: "fill" | "refuse";
  /** The columns of the table of edges: `"source"`, `"target"` and no weights by default. */
  readonly sourceColumn?: string;
  readonly targetColumn?: string;
  readonly weightColumn?: string;
  /** What to do with an edge that has an end without metrics: `"refuse"` by default. */
  readonly unknown?: "refuse" | "drop";
  readonly source?: FileSource;
}

/**
 * The series in a long table and, perhaps, a table of edges; nodes in alphabetical order, features in
 * that of `metrics`. Rows and columns come in any order, and there may be more columns. Fails with
 * InvalidOption, or with what is wrong in a file.
 *
 * @example
 * const metrics = [{ column: "cpu", unit: "cores", min: 0 }, { column: "p99", feature: "latency" }];
 * const read = readLongCsv({ metrics: "m.csv", edges: "e.csv" }, { metrics, timeFormat: "seconds" });
 * // read() → Promise of Either<DataError, Reading>
 */
export const readLongCsv = (
  files: LongFiles,
  options: LongCsvOptions,
): TE.TaskEither<DataError, Reading> => {
  const problem = findProblem(options);
  return problem === undefined
    ? readLong(files, layoutOf(options), options.source ?? hostFiles)
    : TE.left(problem);
};

const layoutOf = (options: LongCsvOptions): LongLayout => {
  const { timeColumn = "time", timeFormat = "iso", nodeColumn = "node", missing = [""] } = options;
  const { metrics, stepSeconds, offGrid = "refuse", repeated = "refuse", gaps = "fill" } = options;
  const { sourceColumn = "source", targetColumn = "target", weightColumn } = options;
  const stepMs = stepSeconds === undefined ? undefined : Math.round(stepSeconds * 1000);
  const isBinned = offGrid === "bin";
  return {
    table: {
      timeColumn,
      timeFormat,
      nodeColumn,
      metrics,
      missing,
      repeated: isBinned ? "average" : repeated,
      ...(isBinned && stepMs !== undefined ? { binMs: stepMs } : {}),
    },
    edges: {
      sourceColumn,
      targetColumn,
      unknown: options.unknown ?? "refuse",
      ...(weightColumn === undefined ? {} : { weightColumn }),
    },
    rules: { gaps, ...(stepMs === undefined ? {} : { stepMs }) },
  };
};

const findProblem = (options: LongCsvOptions): DataError | undefined => {
  const { metrics, timeColumn = "time", nodeColumn = "node", stepSeconds, offGrid } = options;
  const wrong = (rule: string, got: string) => invalidOption("readLongCsv", rule, got);
  if (metrics.length === 0) return wrong("at least one metric expected", "none");
  const columns = [timeColumn, nodeColumn, ...metrics.map(({ column }) => column)];
  const column = firstRepeated(columns);
  if (column !== undefined) return wrong("each column once expected", `"${column}" twice`);
  const feature = firstRepeated(metrics.map((metric) => metric.feature ?? metric.column));
  if (feature !== undefined) return wrong("each feature once expected", `"${feature}" twice`);
  const stepMs = stepSeconds === undefined ? undefined : stepSeconds * 1000;
  if (stepMs !== undefined && !(stepMs >= 1 && Math.abs(stepMs - Math.round(stepMs)) < 1e-6)) {
    return wrong("a step of whole milliseconds above 0 expected", `${stepSeconds} s`);
  }
  return offGrid === "bin" && stepMs === undefined
    ? wrong("stepSeconds beside offGrid: bin expected", "none")
    : undefined;
};

const firstRepeated = (names: readonly string[]): string | undefined =>
  names.find((name, at) => names.indexOf(name) !== at);
