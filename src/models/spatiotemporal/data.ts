// Reads measurements of services from a folder of CSV files, in the layout of Online Boutique's:
//
//   ob_1min.csv    Time,service,pods,cpu,memory,rt,tp   one row per time and service
//   ob_edges.csv   source,target                        one row per call edge
//
// Rows and columns come in any order, and there may be more columns. Times are UTC. Nothing is
// repaired: a gap, a row too few or a number that is not one is an error that says where.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { pathIn, readTextFile } from "./files.ts";
import {
  type Edge,
  type Feature,
  features,
  type ServiceSeries,
  unitsOfFeatures,
} from "./series.ts";
import {
  type DataError,
  type DataErrorTag,
  emptyFile,
  parseNumber,
  parseTable,
  parseTime,
  printTime,
  type Table,
} from "./table.ts";

/** The names of the two files in a folder. */
export interface ServiceFiles {
  readonly metrics: string;
  readonly edges: string;
}

/** The files of Online Boutique's measurements. */
export const boutiqueFiles: ServiceFiles = { metrics: "ob_1min.csv", edges: "ob_edges.csv" };

/** The series in a folder, services in alphabetical order. */
export const readServiceFolder = (
  folder: string,
  files: ServiceFiles = boutiqueFiles,
): TE.TaskEither<DataError, ServiceSeries> => {
  const paths = { metrics: pathIn(folder, files.metrics), edges: pathIn(folder, files.edges) };
  return pipe(
    TE.Do,
    TE.bind("metrics", () => readText(paths.metrics)),
    TE.bind("edges", () => readText(paths.edges)),
    TE.chainEitherK(({ metrics, edges }) => parseServiceSeries(metrics, edges, paths)),
  );
};

const readText = (path: string): TE.TaskEither<DataError, string> =>
  TE.tryCatch(
    () => readTextFile(path),
    (cause): DataError => {
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
      return code === "ENOENT"
        ? { _tag: "MissingFile", file: path, rule: "a file expected", got: "nothing" }
        : { _tag: "UnreadableFile", file: path, rule: "a readable file expected", got: code };
    },
  );

/** The series in the texts of the two files; `files` names them in errors. */
export const parseServiceSeries = (
  metrics: string,
  edges: string,
  files: ServiceFiles = boutiqueFiles,
): E.Either<DataError, ServiceSeries> =>
  pipe(
    parseTable(files.metrics, metrics, ["Time", "service", ...Object.values(columnOf)]),
    E.chain(toMeasurements),
    E.chain((rows) => toGrid(files.metrics, rows)),
    E.bindTo("grid"),
    E.bind("table", () => parseTable(files.edges, edges, ["source", "target"])),
    E.bind("edges", ({ grid, table }) => toEdges(table, grid.services)),
    E.map(({ grid, edges }) => ({ ...grid, edges })),
  );

/** The column of each feature. */
const columnOf = {
  cpu: "cpu",
  memory: "memory",
  responseTime: "rt",
  throughput: "tp",
  replicas: "pods",
} as const satisfies Record<Feature, string>;

interface Measurement {
  readonly line: number;
  readonly time: number;
  readonly service: string;
  /** In the order of `features`. */
  readonly values: readonly number[];
}

const toMeasurements = ({
  file,
  rows,
  cell,
}: Table): E.Either<DataError, readonly Measurement[]> => {
  const measurements: Measurement[] = [];
  for (const row of rows) {
    const wrong = (_tag: DataErrorTag, column: string, rule: string) =>
      E.left<DataError>({
        _tag,
        file,
        line: row.line,
        column,
        rule,
        got: `"${cell(row, column)}"`,
      });
    const service = cell(row, "service");
    if (service === "") return wrong("UnknownService", "service", "a name expected");
    const time = parseTime(cell(row, "Time"));
    if (Number.isNaN(time)) return wrong("BadTime", "Time", "YYYY-MM-DD HH:MM:SS expected");
    const values: number[] = [];
    for (const feature of features) {
      const value = parseNumber(cell(row, columnOf[feature]));
      if (!(value >= 0)) {
        return wrong("BadNumber", columnOf[feature], "a number of at least 0 expected");
      }
      values.push(value);
    }
    measurements.push({ line: row.line, time, service, values });
  }
  return E.right(measurements);
};

type Grid = Omit<ServiceSeries, "edges">;

/** Puts measurements, in any order, on the grid of times × services, each cell exactly once. */
const toGrid = (file: string, rows: readonly Measurement[]): E.Either<DataError, Grid> => {
  const services = [...new Set(rows.map(({ service }) => service))].sort();
  const firstRowAt = new Map<number, Measurement>();
  for (const row of rows) if (!firstRowAt.has(row.time)) firstRowAt.set(row.time, row);
  const times = Float64Array.from(firstRowAt.keys()).sort();
  if (times.length < 2) return E.left(emptyFile(file, "rows at two times or more"));
  const stepSeconds = medianStep(times);
  const gap = times.findIndex(
    (time, k) => k > 0 && time - (times[k - 1] as number) !== stepSeconds,
  );
  if (gap > 0) {
    const rule = `a row at ${printTime((times[gap - 1] as number) + stepSeconds)} expected`;
    const { line, time } = firstRowAt.get(times[gap] as number) as Measurement;
    return E.left({ _tag: "Gap", file, line, column: "Time", rule, got: printTime(time) });
  }
  const serviceAt = new Map(services.map((service, index) => [service, index]));
  const values = new Float64Array(times.length * services.length * features.length).fill(
    Number.NaN,
  );
  for (const { line, time, service, values: row } of rows) {
    const step = (time - (times[0] as number)) / stepSeconds;
    const cell = (step * services.length + (serviceAt.get(service) as number)) * features.length;
    if (!Number.isNaN(values[cell])) {
      const rule = "each service once at each time expected";
      const got = `"${service}" again at ${printTime(time)}`;
      return E.left({ _tag: "Duplicate", file, line, rule, got });
    }
    values.set(row, cell);
  }
  const hole = values.findIndex(Number.isNaN);
  if (hole >= 0) {
    const row = Math.floor(hole / features.length);
    const time = times[Math.floor(row / services.length)] as number;
    const { line } = firstRowAt.get(time) as Measurement;
    const rule = `a row for "${services[row % services.length]}" at ${printTime(time)} expected`;
    return E.left({ _tag: "Gap", file, line, rule, got: "none" });
  }
  return E.right({ services, features, units: unitsOfFeatures, times, values, stepSeconds });
};

/** The median of the differences: one odd time does not hide the grid's step. */
const medianStep = (times: Float64Array): number => {
  const steps = times.subarray(1).map((time, k) => time - (times[k] as number));
  return steps.sort()[Math.floor((steps.length - 1) / 2)] as number; // two times or more
};

const toEdges = (
  { file, rows, cell }: Table,
  services: readonly string[],
): E.Either<DataError, readonly Edge[]> => {
  const edges: Edge[] = [];
  for (const row of rows) {
    const ends = (["source", "target"] as const).map((column) => cell(row, column));
    const unknown = ends.findIndex((name) => !services.includes(name));
    if (unknown >= 0) {
      const column = unknown === 0 ? "source" : "target";
      const rule = "a service with metrics expected";
      const got = `"${ends[unknown]}"`;
      return E.left({ _tag: "UnknownService", file, line: row.line, column, rule, got });
    }
    const [source, target] = ends.map((name) => services.indexOf(name)) as [number, number]; // two
    if (edges.some(([from, to]) => from === source && to === target)) {
      const got = `"${ends.join(",")}" again`;
      return E.left({
        _tag: "Duplicate",
        file,
        line: row.line,
        rule: "each edge once expected",
        got,
      });
    }
    edges.push([source, target]);
  }
  return E.right(edges);
};
