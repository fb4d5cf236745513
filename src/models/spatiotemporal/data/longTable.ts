// Tables of one row for each time and node, in any order: the layout of most monitoring exports, and
// of three of the readers here.

import { addTo, type Cells } from "./cells.ts";
import type { CsvRecord, OnRecord } from "./csv.ts";
import { type DataError, quote } from "./errors.ts";
import { parseNumber, parseTime, printTime, type TimeFormat, timeRules } from "./scalars.ts";
import type { Sink } from "./source.ts";
import type { Notes } from "./summary.ts";
import { tableSink, wrongField } from "./table.ts";

/** A column of numbers, and the feature that it becomes. */
export interface MetricColumn {
  readonly column: string;
  /** The feature's name; the column's when absent. */
  readonly feature?: string;
  /** Empty when absent. */
  readonly unit?: string;
  /** The least that a number may be; no bound when absent. */
  readonly min?: number;
}

/** How to read such a table. */
export interface LongTable {
  readonly timeColumn: string;
  readonly timeFormat: TimeFormat;
  readonly nodeColumn: string;
  readonly metrics: readonly MetricColumn[];
  /** Texts of a cell that mean that nothing was measured. */
  readonly missing: readonly string[];
  /** What a second row for a node and a time is: an error, or one to take the mean with. */
  readonly repeated: "refuse" | "average";
  /** Each time is moved to the last multiple of this many milliseconds since 1970; absent for times as they are. */
  readonly binMs?: number;
}

/** A sink that puts a table's measurements into cells. */
export const longSink = (file: string, table: LongTable, cells: Cells, notes: Notes): Sink => {
  const { timeColumn, nodeColumn, metrics } = table;
  const columns = [timeColumn, nodeColumn, ...metrics.map(({ column }) => column)];
  return tableSink(file, columns, ([time = 0, node = 0, ...metricsAt]) =>
    rowReader(file, table, cells, notes, { time, node, metrics: metricsAt }),
  );
};

/** Where the columns of a table are. */
interface ColumnsAt {
  readonly time: number;
  readonly node: number;
  readonly metrics: readonly number[];
}

// Millions of rows may pass here, so that a row makes no functions.
const rowReader = (
  file: string,
  table: LongTable,
  cells: Cells,
  notes: Notes,
  at: ColumnsAt,
): OnRecord => {
  const { timeColumn, timeFormat, nodeColumn, metrics } = table;
  const numbers = new Float64Array(metrics.length); // of one row
  const timeOf = memoLast((text) => parseTime(timeFormat, text)); // rows of a time often come together
  let previous = Number.NEGATIVE_INFINITY;
  return (record) => {
    const { line, fields } = record;
    const name = fields[at.node] as string; // records have one width
    if (name === "") {
      return wrongField("UnknownService", file, line, nodeColumn, "a name expected", name);
    }
    const clock = fields[at.time] as string;
    const time = timeOf(clock);
    if (Number.isNaN(time)) {
      return wrongField("BadTime", file, line, timeColumn, timeRules[timeFormat], clock);
    }
    const problem = readNumbers(file, record, table, at.metrics, numbers, notes);
    if (problem !== undefined) return problem;
    if (time < previous) notes.add("outOfOrder", file, line, () => printTime(time));
    previous = time;
    return addRow(file, line, name, time, numbers, table, cells, notes);
  };
};

/** Puts the numbers of a row into `numbers`, NaN where nothing was measured. */
const readNumbers = (
  file: string,
  { line, fields }: CsvRecord,
  { metrics, missing }: LongTable,
  at: readonly number[],
  numbers: Float64Array,
  notes: Notes,
): DataError | undefined => {
  for (let k = 0; k < metrics.length; k++) {
    const { column, min } = metrics[k] as MetricColumn; // k is below their number
    const text = fields[at[k] as number] as string; // one place for each, records of one width
    if (missing.includes(text)) {
      numbers[k] = Number.NaN;
      notes.add("emptyCell", file, line, () => column);
      continue;
    }
    const value = parseNumber(text);
    numbers[k] = value;
    if (!(value >= (min ?? Number.NEGATIVE_INFINITY))) {
      return wrongField("BadNumber", file, line, column, numberRule(min), text);
    }
  }
  return undefined;
};

const addRow = (
  file: string,
  line: number,
  name: string,
  time: number,
  numbers: Float64Array,
  { repeated, binMs }: LongTable,
  cells: Cells,
  notes: Notes,
): DataError | undefined => {
  const node = cells.node(name);
  const begin = binMs === undefined ? time : Math.floor(time / binMs) * binMs;
  const block = cells.block(begin, node, file, line);
  const before = block.rows[node] as number; // the block has room for the node
  if (before > 0 && repeated === "refuse") {
    const rule = "each service once at each time expected";
    const got = `${quote(name)} again at ${printTime(time)}`;
    return { _tag: "Duplicate", file, line, rule, got };
  }
  if (begin !== time) notes.add("binnedRow", file, line, () => printTime(time));
  if (before > 0) notes.add("averagedRow", file, line, () => name);
  block.rows[node] = before + 1;
  for (let feature = 0; feature < numbers.length; feature++) {
    const value = numbers[feature] as number; // below their number
    if (!Number.isNaN(value)) addTo(block, cells.features, node, feature, value);
  }
  return undefined;
};

/** What a number with a lower bound has to be, for errors. */
export const numberRule = (min: number | undefined): string =>
  min === undefined ? "a number expected" : `a number of at least ${min} expected`;

/** A function that remembers its last result. */
export const memoLast = (f: (text: string) => number): ((text: string) => number) => {
  let lastText: string | undefined;
  let lastResult = Number.NaN;
  return (text) => {
    if (text !== lastText) [lastText, lastResult] = [text, f(text)];
    return lastResult;
  };
};
