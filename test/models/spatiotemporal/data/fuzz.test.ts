// Every reader is held to a simple model of its documentation while its files are damaged: rows moved,
// repeated and lost, columns exchanged, cells replaced, files cut off, bytes that are not text.

import fc from "fast-check";
import {
  readBoutique,
  readLongCsv,
  readLosLoop,
  readPetshop,
} from "../../../../src/models/spatiotemporal/data/index.ts";
import { petshopMetrics } from "../../../../src/models/spatiotemporal/data/petshop.ts";
import { type Records, readerLaw, type Texts } from "../../../support/readerLaw.ts";
import { suite } from "../../../support/suite.ts";
import {
  csv,
  isoMinute,
  longRows,
  many,
  maybe,
  names,
  numbers,
  pairs,
  sizes,
} from "./readerFiles.ts";
import {
  demand,
  edgesModel,
  gridOf,
  type Lists,
  type LongModel,
  longModel,
  numberIn,
  timeIn,
} from "./readerModels.ts";

const test = suite("readers of damaged files");

const boutiqueModel: LongModel = {
  time: "Time",
  format: "iso",
  node: "service",
  metrics: [
    { column: "cpu", feature: "cpu", unit: "cores", min: 0 },
    { column: "memory", feature: "memory", unit: "bytes", min: 0 },
    { column: "rt", feature: "responseTime", unit: "s", min: 0 },
    { column: "tp", feature: "throughput", unit: "req/s", min: 0 },
    { column: "pods", feature: "replicas", unit: "instances", min: 0 },
  ],
  missing: [],
  repeated: "refuse",
  gaps: "refuse",
};

test(
  "readBoutique",
  readerLaw({
    files: longRows(numbers, 5, isoMinute, false).chain((rows) => {
      const known = [...new Set(rows.map(([, name]) => String(name)))];
      const header = ["Time", "service", "pods", "cpu", "memory", "rt", "tp"];
      return pairs(known).map(
        (edges): Texts => ({
          "d/ob_1min.csv": csv([header, ...rows]),
          "d/ob_edges.csv": csv([["source", "target"], ...edges]),
        }),
      );
    }),
    read: (source) => readBoutique("d", { source }),
    model: (files) => {
      const series = longModel(files["d/ob_1min.csv"], boutiqueModel);
      const columns = { source: "source", target: "target" };
      return {
        ...series,
        ...edgesModel(files["d/ob_edges.csv"], columns, series.services, "refuse"),
      };
    },
  }),
);

const petshopModel: LongModel = {
  time: "unix_ts",
  format: "seconds",
  node: "node",
  metrics: petshopMetrics.map(({ column, unit = "" }) => ({
    column,
    feature: column,
    unit,
    min: 0,
  })),
  missing: [""],
  repeated: "refuse",
  gaps: "fill",
};

test(
  "readPetshop, tidy",
  readerLaw({
    files: fc
      .record({
        rows: longRows(maybe, 7, (step) => 1692608400 + 300 * step, true),
        edges: pairs(names),
      })
      .map(
        ({ rows, edges }): Texts => ({
          "d/tidy/low_traffic_nodes.csv": csv([
            ["unix_ts", "node", ...petshopMetrics.map(({ column }) => column)],
            ...rows,
          ]),
          "d/tidy/low_traffic_edges.csv": csv([["row", "col"], ...edges]),
        }),
      ),
    read: (source) => readPetshop("d", { load: "low_traffic", source }),
    model: (files) => {
      const series = longModel(files["d/tidy/low_traffic_nodes.csv"], petshopModel);
      const edges = files["d/tidy/low_traffic_edges.csv"];
      return {
        ...series,
        ...edgesModel(edges, { source: "row", target: "col" }, series.services, "drop"),
      };
    },
  }),
);

const publishedColumns = [
  ["latency", "Average"],
  ["latency", "p99"],
  ["requests", "Sum"],
  ["duration", "Sum"],
] as const;

/** A column for each node and metric, and a square of 0.0 and 1.0 with names on both sides. */
const publishedFiles = sizes.chain(({ steps, nodes }) => {
  const columns = names
    .slice(0, nodes)
    .flatMap((name) => publishedColumns.map((it) => [name, ...it]));
  const callers = names.slice(nodes > 2 ? 1 : 0, nodes + 1);
  return fc
    .record({
      values: many(many(maybe, columns.length), steps),
      calls: many(many(fc.constantFrom("0.0", "1.0"), callers.length), callers.length),
    })
    .map(
      ({ values, calls }): Texts => ({
        "d/dataset/high_traffic/noissue/metrics.csv": csv([
          ["microservice", ...columns.map(([name]) => name)],
          ["metric", ...columns.map(([, metric]) => metric)],
          ["statistic", ...columns.map(([, , statistic]) => statistic)],
          ["unix_timestamp", ...columns.map(() => "")],
          ...values.map((row, step) => [`${1692608400 + 300 * step}.0`, ...row]),
        ]),
        "d/dataset/high_traffic/graph.csv": csv([
          ["", ...callers],
          ...calls.map((row, k) => [callers[k], ...row]),
        ]),
      }),
    );
});

const publishedModel = (records: Records = []) => {
  const [owners = [], kinds = [], statistics = [], clock = [], ...rows] = records;
  const heads = [owners, kinds, statistics, clock].map(([label]) => label);
  demand(String(heads) === "microservice,metric,statistic,unix_timestamp", "four headers");
  const columns = owners.slice(1).map((node, k) => ({
    node,
    at: k + 1,
    column: `${kinds[k + 1]}_${statistics[k + 1]}`.toLowerCase(),
  }));
  demand(
    columns.every(({ node }) => node !== ""),
    "names",
  );
  demand(
    new Set(columns.map(({ node, column }) => `${node}/${column}`)).size === columns.length,
    "once",
  );
  const lists: Lists = new Map();
  const featureAt = (column: string) => petshopMetrics.findIndex((it) => it.column === column);
  const used = columns.filter(({ column }) => featureAt(column) >= 0);
  demand(used.length > 0, "a column");
  for (const fields of rows) {
    const time = timeIn("seconds", fields[0] as string);
    demand(!lists.has(time), "each time once");
    const nodes = new Map(used.map(({ node }) => [node, petshopMetrics.map((): number[] => [])]));
    for (const { node, at, column } of used) {
      const text = fields[at] as string;
      if (text !== "") nodes.get(node)?.[featureAt(column)]?.push(numberIn(text, 0));
    }
    lists.set(time, nodes);
  }
  return gridOf(lists, petshopModel.metrics, "fill");
};

const graphModel = (records: Records = [], services: readonly string[]) => {
  const [[, ...callees] = [], ...rows] = records;
  demand(records.length > 0 && new Set(callees).size === callees.length, "names once");
  demand(
    JSON.stringify(rows.map(([caller]) => caller).sort()) === JSON.stringify([...callees].sort()),
    "the same names on both sides",
  );
  const edges = rows.flatMap(([caller = "", ...entries]) =>
    entries.flatMap((text, k): [number, number][] => {
      const entry = numberIn(text);
      demand(entry === 0 || entry === 1, "0 or 1");
      const ends = [services.indexOf(caller), services.indexOf(callees[k] as string)] as const;
      return entry === 1 && !ends.includes(-1) ? [[...ends]] : [];
    }),
  );
  return { edges };
};

test(
  "readPetshop, published",
  readerLaw({
    files: publishedFiles,
    read: (source) => readPetshop("d", { load: "high_traffic", layout: "published", source }),
    model: (files) => {
      const series = publishedModel(files["d/dataset/high_traffic/noissue/metrics.csv"]);
      return {
        ...series,
        ...graphModel(files["d/dataset/high_traffic/graph.csv"], series.services),
      };
    },
  }),
);

test(
  "readLosLoop",
  readerLaw({
    files: sizes.chain(({ steps, nodes }) =>
      fc
        .record({
          speeds: many(many(numbers, nodes), steps),
          weights: many(many(numbers, nodes), nodes),
        })
        .map(
          ({ speeds, weights }): Texts => ({
            "d/los_speed.csv": csv([names.slice(0, nodes), ...speeds]),
            "d/los_adj.csv": csv(weights),
          }),
        ),
    ),
    read: (source) => readLosLoop("d", { source }),
    model: (files) => {
      const [services = [], ...rows] = files["d/los_speed.csv"] as Records;
      demand(!services.includes("") && new Set(services).size === services.length, "names");
      const values = rows.flatMap((row) => row.map((text) => numberIn(text, 0)));
      demand(rows.length >= 2, "two times");
      const matrix = (files["d/los_adj.csv"] as Records).map((row) =>
        row.map((text) => numberIn(text, 0)),
      );
      demand(
        matrix.length === services.length && matrix.every((row) => row.length === services.length),
        "a square",
      );
      const links = matrix.flatMap((row, i) =>
        row.flatMap((weight, j) =>
          i !== j && weight !== 0 ? [{ edge: [i, j] as const, weight }] : [],
        ),
      );
      return {
        services,
        features: ["speed"],
        units: ["mph"],
        times: Float64Array.from(rows, (_, step) => 1330560000 + 300 * step),
        values: Float64Array.from(values),
        stepSeconds: 300,
        edges: links.map(({ edge }) => edge),
        weights: Float64Array.from(links, ({ weight }) => weight),
      };
    },
  }),
);

const longFiles = (clock: (step: number) => string | number, header: string) =>
  fc
    .record({
      rows: longRows(
        fc.oneof({ weight: 5, arbitrary: numbers }, fc.constantFrom("", "n/a")),
        2,
        clock,
        true,
      ),
      edges: pairs(names).chain((ends) =>
        many(numbers, ends.length).map((weights) =>
          ends.map((pair, k) => [...pair, weights[k] === "0" ? "1" : weights[k]]),
        ),
      ),
    })
    .map(
      ({ rows, edges }): Texts => ({
        "d/m.csv": csv([header.split(","), ...rows]),
        "d/e.csv": csv([["from", "to", "w"], ...edges]),
      }),
    );

const longCsv = {
  read: (options: Partial<Parameters<typeof readLongCsv>[1]>) => ({
    metrics: [{ column: "a" }, { column: "b", feature: "beta", unit: "s", min: 0 }],
    sourceColumn: "from",
    targetColumn: "to",
    weightColumn: "w",
    ...options,
  }),
  model: (table: Partial<LongModel>): LongModel => ({
    time: "time",
    format: "iso",
    node: "node",
    metrics: [
      { column: "a", feature: "a", unit: "" },
      { column: "b", feature: "beta", unit: "s", min: 0 },
    ],
    missing: ["", "n/a"],
    repeated: "refuse",
    gaps: "fill",
    ...table,
  }),
};
const longPaths = { metrics: "d/m.csv", edges: "d/e.csv" };
const weighted = { source: "from", target: "to", weight: "w" };

test(
  "readLongCsv, averaged and filled",
  readerLaw({
    files: longFiles(isoMinute, "time,node,a,b"),
    read: (source) =>
      readLongCsv(
        longPaths,
        longCsv.read({ source, missing: ["", "n/a"], repeated: "average", unknown: "drop" }),
      ),
    model: (files) => {
      const series = longModel(files["d/m.csv"], longCsv.model({ repeated: "average" }));
      return { ...series, ...edgesModel(files["d/e.csv"], weighted, series.services, "drop") };
    },
  }),
);

test(
  "readLongCsv, in steps of its own",
  readerLaw({
    files: longFiles((step) => 1_700_000_000_000 + 20_001 * step, "time,node,a,b"),
    read: (source) =>
      readLongCsv(longPaths, {
        ...longCsv.read({ source, missing: ["", "n/a"], unknown: "drop" }),
        timeFormat: "milliseconds",
        offGrid: "bin",
        stepSeconds: 30,
      }),
    model: (files) => {
      const table = {
        format: "milliseconds",
        repeated: "average",
        bin: true,
        stepMs: 30_000,
      } as const;
      const series = longModel(files["d/m.csv"], longCsv.model(table));
      return { ...series, ...edgesModel(files["d/e.csv"], weighted, series.services, "drop") };
    },
  }),
);

test.run();
