// Alibaba's trace of microservices of 2021, twelve hours of 1300 services with metrics
// (https://github.com/alibaba/clusterdata, cluster-trace-microservices-v2021), unpacked: numbered files
// for each of three tables, with a column of row numbers in front or without.
//
//   MSResource/MSResource_0.csv     timestamp,msname,msinstanceid,nodeid,instance_cpu_usage,instance_memory_usage
//   MSRTQps/MSRTQps_0.csv           timestamp,msname,msinstanceid,metric,value
//   MSCallGraph/MSCallGraph_0.csv   traceid,timestamp,rpcid,um,rpctype,dm,interface,rt

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../../fileSource.ts";
import { hostFiles, pathIn } from "../../files.ts";
import type { ServiceSeries } from "../series.ts";
import { callSink, makeCalls, toRates } from "./alibabaCalls.ts";
import {
  type InstanceTable,
  metricFeature,
  metricSink,
  resourceFeatures,
  resourceSink,
  toSteps,
} from "./alibabaInstances.ts";
import { makeCells } from "./cells.ts";
import { type DataError, invalidOption } from "./errors.ts";
import { type Grid, toGrid } from "./grid.ts";
import type { Reading } from "./longSeries.ts";
import { feedFile, type Sink, unreadable } from "./source.ts";
import { makeNotes, type Notes } from "./summary.ts";

/** What to read of the trace. */
export interface AlibabaOptions {
  /**
   * Metrics of MSRTQps that become features, such as `"HTTP_MCR"`; by default the calls per second that a service
   * answers by rpc, and its mean time for one. None: MSRTQps is not read.
   */
  readonly metrics?: readonly string[];
  /** 60 by default, as often as MSRTQps is recorded. */
  readonly stepSeconds?: number;
  /** Unix time of the trace's timestamp 0, which is not published; 0 by default. */
  readonly startSeconds?: number;
  readonly source?: FileSource;
}

/**
 * The series in a folder: services with metrics in alphabetical order, features `cpu` and `memory` (shares)
 * and the chosen metrics (rates in calls/s, response times in ms), edges with `callRates`. Usage and
 * response times are means over a service's instances, rates are their sum; each then the mean over the trace's
 * times in a step. What was not recorded is NaN. A call with an end that has no metrics is
 * left out and counted. Files may be gzipped, and may lie in `folder` itself.
 *
 * @example
 * const read = readAlibaba("data/alibaba", { metrics: ["HTTP_MCR", "HTTP_RT"], stepSeconds: 300 });
 * // read() → Promise of Either<DataError, Reading>
 */
export const readAlibaba = (
  folder: string,
  options: AlibabaOptions = {},
): TE.TaskEither<DataError, Reading> => {
  const { metrics = ["providerRPC_MCR", "providerRPC_RT"], stepSeconds = 60 } = options;
  const { startSeconds = 0, source = hostFiles } = options;
  const problem = findProblem(metrics, stepSeconds, startSeconds);
  if (problem !== undefined) return TE.left(problem);
  return pipe(
    TE.Do,
    TE.bind("notes", () => TE.fromIO(makeNotes)),
    TE.bind("grid", ({ notes }) => readGrid(folder, metrics, stepSeconds, source, notes)),
    TE.bind("calls", ({ notes, grid }) => readCalls(folder, grid, source, notes)),
    TE.map(({ notes, grid, calls }) => ({
      series: {
        ...grid,
        ...calls,
        times: grid.times.map((time) => startSeconds + time),
        features: featuresOf(metrics).map(({ feature }) => feature),
        units: featuresOf(metrics).map(({ unit }) => unit),
      },
      summary: notes.summary(),
    })),
  );
};

const featuresOf = (metrics: readonly string[]) => [
  ...resourceFeatures,
  ...metrics.map(metricFeature),
];

const findProblem = (
  metrics: readonly string[],
  stepSeconds: number,
  startSeconds: number,
): DataError | undefined => {
  const wrong = (rule: string, got: string) => invalidOption("readAlibaba", rule, got);
  const names = featuresOf(metrics).map(({ feature }) => feature);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) return wrong("each metric once expected", `"${twice}" twice`);
  if (!Number.isInteger(stepSeconds * 1000) || stepSeconds <= 0) {
    return wrong("a step of whole milliseconds above 0 expected", `${stepSeconds} s`);
  }
  return Number.isFinite(startSeconds)
    ? undefined
    : wrong("a time in unix seconds expected", String(startSeconds));
};

const readGrid = (
  folder: string,
  metrics: readonly string[],
  stepSeconds: number,
  source: FileSource,
  notes: Notes,
): TE.TaskEither<DataError, Grid> => {
  const features = featuresOf(metrics);
  return pipe(
    TE.fromIO((): InstanceTable => ({ features, cells: makeCells(features.length), notes })),
    TE.chainFirst((table) =>
      readTable(folder, "MSResource", (file) => resourceSink(file, table), source, notes),
    ),
    TE.chainFirst((table) =>
      metrics.length === 0
        ? TE.right(undefined)
        : readTable(folder, "MSRTQps", (file) => metricSink(file, table), source, notes),
    ),
    TE.chainEitherK((table) => {
      const stepMs = stepSeconds * 1000;
      const rules = { file: folder, stepMs, gaps: "fill", timeColumn: "timestamp" } as const;
      return toGrid(toSteps(table, stepMs), rules, notes);
    }),
  );
};

const readCalls = (
  folder: string,
  grid: Grid,
  source: FileSource,
  notes: Notes,
): TE.TaskEither<DataError, Pick<ServiceSeries, "edges" | "callRates">> =>
  pipe(
    TE.fromIO(makeCalls),
    TE.chainFirst((calls) =>
      readTable(folder, "MSCallGraph", (file) => callSink(file, grid, calls, notes), source, notes),
    ),
    TE.map((calls) => toRates(calls, grid)),
  );

/** Reads the files of a table, in the order of their numbers. */
const readTable = (
  folder: string,
  table: string,
  sinkOf: (file: string) => Sink,
  source: FileSource,
  notes: Notes,
): TE.TaskEither<DataError, void> =>
  pipe(
    findFiles(folder, table, source),
    TE.chain((files) =>
      files.reduce(
        (before: TE.TaskEither<DataError, void>, file) =>
          pipe(
            before,
            TE.chain(() => feedFile(source, sinkOf(file), notes)),
          ),
        TE.right(undefined),
      ),
    ),
  );

/** The paths of a table's files, in a folder of its name or, where there is none, beside the others. */
const findFiles = (
  folder: string,
  table: string,
  source: FileSource,
): TE.TaskEither<DataError, readonly string[]> => {
  const own = pathIn(folder, table);
  return pipe(
    listFiles(own, table, source),
    TE.orElse((problem) =>
      problem._tag === "MissingFile" ? listFiles(folder, table, source) : TE.left(problem),
    ),
  );
};

const listFiles = (
  folder: string,
  table: string,
  source: FileSource,
): TE.TaskEither<DataError, readonly string[]> =>
  pipe(
    TE.tryCatch(
      () => source.list(folder),
      (cause) => unreadable(folder, cause),
    ),
    TE.chainEitherK((names) => pickFiles(folder, table, names)),
  );

const pickFiles = (
  folder: string,
  table: string,
  names: readonly string[],
): E.Either<DataError, readonly string[]> => {
  const pattern = new RegExp(`^${table}_(\\d+)\\.csv(\\.gz)?$`);
  const numbered = names.flatMap((name) => {
    const match = pattern.exec(name);
    return match === null ? [] : [{ name, number: Number(match[1]) }];
  });
  const rule = `${table}_0.csv or more expected`;
  return numbered.length === 0
    ? E.left({ _tag: "MissingFile", file: folder, rule, got: "none" })
    : E.right(numbered.sort((a, b) => a.number - b.number).map(({ name }) => pathIn(folder, name)));
};
