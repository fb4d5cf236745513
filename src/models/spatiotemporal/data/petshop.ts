// PetShop, an application of about 40 services, functions and queues on AWS under four kinds of load
// (https://github.com/amazon-science/petshop-root-cause-analysis, CC-BY-4.0), in steps of five minutes.
// It comes in the layout in which it is published (petshopPublished.ts), and tidied up:
//
//   tidy/<load>_nodes.csv   unix_ts,node,latency_average,…   one row per time and node
//   tidy/<load>_edges.csv   row,col                          one row per edge from caller to callee

import type * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../../fileSource.ts";
import { hostFiles, pathIn } from "../../files.ts";
import type { DataError } from "./errors.ts";
import { type LongLayout, type Reading, readLong } from "./longSeries.ts";
import type { MetricColumn } from "./longTable.ts";
import { readPublishedPetshop } from "./petshopPublished.ts";

/** Which of PetShop's recordings to read, and how it lies in the folder. */
export interface PetshopOptions {
  /** `temporal_traffic1` and `temporal_traffic2` are published too, but not tidied up. */
  readonly load: "low_traffic" | "high_traffic" | "temporal_traffic1" | "temporal_traffic2";
  /** `"tidy"` by default. */
  readonly layout?: "tidy" | "published";
  readonly source?: FileSource;
}

const latencies = ["average", "p90", "p50", "p95", "p99"].map(
  (statistic): MetricColumn => ({ column: `latency_${statistic}`, unit: "s", min: 0 }),
);

/** The features of both layouts, as the tidy one names them. */
export const petshopMetrics: readonly MetricColumn[] = [
  ...latencies,
  { column: "requests_sum", unit: "req/5 min", min: 0 },
  { column: "availability_average", unit: "%", min: 0 },
];

const tidyLayout: LongLayout = {
  table: {
    timeColumn: "unix_ts",
    timeFormat: "seconds",
    nodeColumn: "node",
    metrics: petshopMetrics,
    missing: [""],
    repeated: "refuse",
  },
  edges: { sourceColumn: "row", targetColumn: "col", unknown: "drop" },
  rules: { gaps: "fill" },
};

/**
 * The series in a folder, nodes in alphabetical order. Latencies are in seconds, requests per step of five
 * minutes, availability in per cent. An empty cell is NaN: most nodes have no latency in steps without a
 * request. Edges to nodes without metrics are left out and counted.
 *
 * @example
 * const read = readPetshop("data/petshop", { load: "low_traffic" });
 * // read() → Promise of Either<DataError, Reading>
 */
export const readPetshop = (
  folder: string,
  { load, layout = "tidy", source = hostFiles }: PetshopOptions,
): TE.TaskEither<DataError, Reading> => {
  const inFolder = (...names: readonly string[]): string => names.reduce(pathIn, folder);
  return layout === "tidy"
    ? readLong(
        {
          metrics: inFolder("tidy", `${load}_nodes.csv`),
          edges: inFolder("tidy", `${load}_edges.csv`),
        },
        tidyLayout,
        source,
      )
    : readPublishedPetshop(
        {
          metrics: inFolder("dataset", load, "noissue", "metrics.csv"),
          graph: inFolder("dataset", load, "graph.csv"),
        },
        petshopMetrics,
        source,
      );
};
