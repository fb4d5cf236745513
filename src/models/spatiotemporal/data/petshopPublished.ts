// PetShop as it is published: pandas' way of writing a table whose columns have three names each, and a
// matrix of edges with names on both sides.
//
//   microservice,PetSite,PetSite,…     metrics.csv: whose, what, which statistic,
//   metric,latency,requests,…
//   statistic,Average,Sum,…
//   unix_timestamp,,,…                 and the name of the first column
//   1692608400.0,0.1,12,…
//
//   ,PetSite,S3                        graph.csv: a row for each caller
//   PetSite,0.0,1.0

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../../fileSource.ts";
import { addTo, type Cells, copyOf, makeCells } from "./cells.ts";
import type { CsvRecord, OnRecord } from "./csv.ts";
import { type LinkList, type Links, makeLinks } from "./edges.ts";
import { type DataError, quote } from "./errors.ts";
import { toGrid } from "./grid.ts";
import type { Reading } from "./longSeries.ts";
import { type MetricColumn, numberRule } from "./longTable.ts";
import { parseNumber, parseTime, printTime, timeRules } from "./scalars.ts";
import { feedFile, type Sink } from "./source.ts";
import { makeNotes, type Notes } from "./summary.ts";
import { wrongField } from "./table.ts";

/** The paths of the two files. */
export interface PublishedFiles {
  readonly metrics: string;
  readonly graph: string;
}

/** The series in the two files, with these features. */
export const readPublishedPetshop = (
  files: PublishedFiles,
  metrics: readonly MetricColumn[],
  source: FileSource,
): TE.TaskEither<DataError, Reading> =>
  pipe(
    TE.Do,
    TE.bind("notes", () => TE.fromIO(makeNotes)),
    TE.bind("cells", () => TE.fromIO(() => makeCells(metrics.length))),
    TE.chainFirst(({ notes, cells }) =>
      feedFile(source, metricsSink(files.metrics, metrics, cells, notes), notes),
    ),
    TE.bind("grid", ({ notes, cells }) =>
      TE.fromEither(
        toGrid(cells, { file: files.metrics, gaps: "fill", timeColumn: labels[3] }, notes),
      ),
    ),
    TE.bind("links", ({ notes, grid }) => readGraph(files.graph, grid.services, source, notes)),
    TE.map(({ notes, grid, links }) => ({
      series: {
        ...grid,
        features: metrics.map(({ column, feature }) => feature ?? column),
        units: metrics.map(({ unit = "" }) => unit),
        ...links,
      },
      summary: notes.summary(),
    })),
  );

/** What each of the first four records begins with. */
const labels = ["microservice", "metric", "statistic", "unix_timestamp"] as const;

const metricsSink = (
  file: string,
  metrics: readonly MetricColumn[],
  cells: Cells,
  notes: Notes,
): Sink => {
  const headers: CsvRecord[] = [];
  let onRow: OnRecord | undefined;
  const onHeader = (record: CsvRecord): DataError | undefined => {
    const label = labels[headers.length] as string; // four headers at most
    headers.push({ line: record.line, fields: record.fields.map(copyOf) });
    if (record.fields[0] !== label) {
      const rule = `a row that begins with "${label}" expected`;
      const got = quote(record.fields[0] as string); // a record has a field
      return { _tag: "MissingColumn", file, line: record.line, rule, got };
    }
    if (headers.length < labels.length) return undefined;
    const columns = toColumns(file, headers, metrics, cells, notes);
    if (!("_tag" in columns)) onRow = rowReader(file, columns, metrics, cells, notes);
    return "_tag" in columns ? columns : undefined;
  };
  return {
    file,
    headers: labels.length,
    record: (record) => (onRow === undefined ? onHeader(record) : onRow(record)),
  };
};

/** A column that is read. */
interface PublishedColumn {
  readonly at: number;
  readonly node: number;
  readonly feature: number;
  readonly name: string;
}

const toColumns = (
  file: string,
  [names, kinds, statistics]: readonly CsvRecord[],
  metrics: readonly MetricColumn[],
  cells: Cells,
  notes: Notes,
): readonly PublishedColumn[] | DataError => {
  const columns: PublishedColumn[] = [];
  const seen = new Set<string>();
  const header = names as CsvRecord; // four headers, of one width
  for (let at = 1; at < header.fields.length; at++) {
    const node = header.fields[at] as string;
    const column = `${kinds?.fields[at]}_${statistics?.fields[at]}`.toLowerCase();
    const name = `${node} ${column}`;
    const feature = metrics.findIndex((metric) => metric.column === column);
    const { line } = header;
    if (node === "") {
      return wrongField("UnknownService", file, line, `${at + 1}`, "a name expected", node);
    }
    if (seen.has(name)) {
      const got = `${quote(name)} twice`;
      return { _tag: "Duplicate", file, line, rule: "each column once expected", got };
    }
    seen.add(name);
    if (feature < 0) notes.add("unusedColumn", file, line, () => name);
    else columns.push({ at, node: cells.node(node), feature, name });
  }
  if (columns.length > 0) return columns;
  const rule = `a column of ${metrics.map(({ column }) => column).join(", ")} expected`;
  return { _tag: "MissingColumn", file, line: header.line, rule, got: "none" };
};

const rowReader = (
  file: string,
  columns: readonly PublishedColumn[],
  metrics: readonly MetricColumn[],
  cells: Cells,
  notes: Notes,
): OnRecord => {
  let previous = Number.NEGATIVE_INFINITY;
  return ({ line, fields }) => {
    const clock = fields[0] as string; // a record has a field
    const time = parseTime("seconds", clock);
    if (Number.isNaN(time)) {
      return wrongField("BadTime", file, line, labels[3], timeRules.seconds, clock);
    }
    if (cells.blocks.has(time)) {
      const got = `${printTime(time)} again`;
      return { _tag: "Duplicate", file, line, rule: "each time once expected", got };
    }
    if (time < previous) notes.add("outOfOrder", file, line, () => printTime(time));
    previous = time;
    const block = cells.block(time, cells.nodes.size - 1, file, line);
    block.rows.fill(1);
    for (const { at, node, feature, name } of columns) {
      const text = fields[at] as string; // as wide as the header
      const value = parseNumber(text);
      const { min = 0 } = metrics[feature] as MetricColumn; // its index
      if (value >= min) addTo(block, cells.features, node, feature, value);
      else if (text === "") notes.add("emptyCell", file, line, () => name);
      else return wrongField("BadNumber", file, line, name, numberRule(min), text);
    }
    return undefined;
  };
};

const readGraph = (
  file: string,
  services: readonly string[],
  source: FileSource,
  notes: Notes,
): TE.TaskEither<DataError, Links> =>
  pipe(
    TE.fromIO(() => makeLinks(services.length)),
    TE.chainFirst((list) => feedFile(source, graphSink(file, services, list, notes), notes)),
    TE.map((list) => list.links(false)),
  );

const graphSink = (
  file: string,
  services: readonly string[],
  list: LinkList,
  notes: Notes,
): Sink => {
  const indexOf = new Map(services.map((name, index) => [name, index]));
  const callers = new Set<string>();
  let callees: readonly string[] = [];
  const repeated = (line: number, name: string): DataError => {
    const got = `${quote(name)} twice`;
    return { _tag: "Duplicate", file, line, rule: "each name once expected", got };
  };
  const onHeader = ({ line, fields }: CsvRecord): DataError | undefined => {
    callees = fields.slice(1).map(copyOf);
    const twice = callees.find((name, at) => callees.indexOf(name) !== at);
    return twice === undefined ? undefined : repeated(line, twice);
  };
  const onRow = ({ line, fields: [caller = "", ...entries] }: CsvRecord): DataError | undefined => {
    if (callers.has(caller)) return repeated(line, caller);
    if (!callees.includes(caller)) {
      return wrongField("UnknownService", file, line, "1", "a name of the header expected", caller);
    }
    callers.add(copyOf(caller));
    for (const [at, text] of entries.entries()) {
      const callee = callees[at] as string; // as wide as the header
      const entry = parseNumber(text);
      if (entry === 0) continue;
      if (entry !== 1) return wrongField("BadNumber", file, line, callee, "0 or 1 expected", text);
      const [source, target] = [indexOf.get(caller), indexOf.get(callee)];
      if (source === undefined || target === undefined) {
        notes.add("unknownEnd", file, line, () => (source === undefined ? caller : callee));
      } else list.add(source, target, 1);
    }
    return undefined;
  };
  let isBeginning = true;
  return {
    file,
    headers: 1,
    record: (record) => {
      if (!isBeginning) return onRow(record);
      isBeginning = false;
      return onHeader(record);
    },
    end: () => {
      const without = callees.find((name) => !callers.has(name));
      if (without === undefined) return undefined;
      return { _tag: "Gap", file, rule: `a row for ${quote(without)} expected`, got: "none" };
    },
  };
};
