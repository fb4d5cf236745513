// Measurements of Online Boutique and of Travels, two applications under a load that sweeps up and down
// (https://github.com/gfads/univariate-multivariate-prediction), as two files each:
//
//   ob_1min.csv    Time,service,pods,cpu,memory,rt,tp   one row per time and service
//   ob_edges.csv   source,target                        one row per call edge
//
// Rows and columns come in any order, and there may be more columns. Times are UTC. Nothing is
// repaired: a gap, a row too few or a number that is not one is an error that says where.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../../fileSource.ts";
import { hostFiles, pathIn } from "../../files.ts";
import { type Feature, features, featureUnits, type ServiceSeries } from "../series.ts";
import type { DataError } from "./errors.ts";
import { type LongLayout, parseLong, type Reading, readLong } from "./longSeries.ts";

/** The names of the two files in a folder. */
export interface ServiceFiles {
  readonly metrics: string;
  readonly edges: string;
}

/** The files of Online Boutique's measurements. */
export const boutiqueFiles: ServiceFiles = { metrics: "ob_1min.csv", edges: "ob_edges.csv" };

/** The files of Travels' measurements. */
export const travelsFiles: ServiceFiles = {
  metrics: "travels_1min.csv",
  edges: "travels_edges.csv",
};

/** The column of each feature. */
const columnOf = {
  cpu: "cpu",
  memory: "memory",
  responseTime: "rt",
  throughput: "tp",
  replicas: "pods",
} as const satisfies Record<Feature, string>;

const layout: LongLayout = {
  table: {
    timeColumn: "Time",
    timeFormat: "iso",
    nodeColumn: "service",
    metrics: features.map((feature) => ({
      column: columnOf[feature],
      feature,
      unit: featureUnits[feature],
      min: 0,
    })),
    missing: [],
    repeated: "refuse",
  },
  edges: { sourceColumn: "source", targetColumn: "target", unknown: "refuse" },
  rules: { gaps: "refuse" },
};

/**
 * The series in a folder, services in alphabetical order, features `features` in the units of
 * `featureUnits`: `boutiqueFiles` unless `files` names others in the same layout, such as
 * `travelsFiles`. Strict: any gap, empty cell, repeated row or unknown end of an edge is an error.
 *
 * @example
 * const read = readBoutique("data/mft-online-boutique", { files: travelsFiles });
 * // read() → Promise of Either<DataError, Reading>
 */
export const readBoutique = (
  folder: string,
  options: { readonly files?: ServiceFiles; readonly source?: FileSource } = {},
): TE.TaskEither<DataError, Reading> => {
  const { files = boutiqueFiles, source = hostFiles } = options;
  const paths = { metrics: pathIn(folder, files.metrics), edges: pathIn(folder, files.edges) };
  return readLong(paths, layout, source);
};

/** The series of `readBoutique` without the summary. */
export const readServiceFolder = (
  folder: string,
  files: ServiceFiles = boutiqueFiles,
): TE.TaskEither<DataError, ServiceSeries> =>
  pipe(
    readBoutique(folder, { files }),
    TE.map(({ series }) => series),
  );

/** The series in the texts of the two files; `files` names them in errors. */
export const parseServiceSeries = (
  metrics: string,
  edges: string,
  files: ServiceFiles = boutiqueFiles,
): E.Either<DataError, ServiceSeries> =>
  pipe(
    parseLong({ metrics, edges }, files, layout),
    E.map(({ series }) => series),
  );
