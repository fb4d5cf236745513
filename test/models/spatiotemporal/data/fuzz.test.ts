// Every reader is held to a simple model of its documentation while its files are damaged: rows moved,
// repeated and lost, columns exchanged, cells replaced, files cut off, bytes that are not text.

import fc from "fast-check";
import {
  readAlibaba,
  readBoutique,
  readLongCsv,
  readLosLoop,
  readPetshop,
} from "../../../../src/models/spatiotemporal/data/index.ts";
import { petshopMetrics } from "../../../../src/models/spatiotemporal/data/petshop.ts";
import { type Records, readerLaw, type Texts } from "../../../support/readerLaw.ts";
import { suite } from "../../../support/suite.ts";
import {
  demand,
  edgesModel,
  gridOf,
  type Lists,
  type LongModel,
  longModel,
  mean,
  numberIn,
  rowsOf,
  sum,
  timeIn,
} from "./readerModels.ts";

const test = suite("readers of damaged files");

const names = ["web", "db", "cache", "é", "a queue"] as const;
const numbers = fc.oneof(
  fc.integer({ min: 0, max: 10_000 }).map((n) => String(n / 100)),
  fc.constantFrom("0", "1e-3", ".5", "12.", "+3", "1E2", "123456789012345"),
);
const maybe = fc.oneof({ weight: 5, arbitrary: numbers }, fc.constant(""));
const sizes = fc.record({
  steps: fc.integer({ min: 2, max: 4 }),
  nodes: fc.integer({ min: 1, max: 4 }),
});
const csv = (rows: readonly (readonly unknown[])[]): string =>
  rows.map((fields) => `${fields.join(",")}\n`).join("");
/** So many of what an arbitrary makes. */
const many = <T>(arbitrary: fc.Arbitrary<T>, n: number): fc.Arbitrary<T[]> =>
  fc.array(arbitrary, { minLength: n, maxLength: n });
/** Pairs of names, each once. */
const pairs = (from: readonly string[]) =>
  fc.uniqueArray(fc.tuple(fc.constantFrom(...from), fc.constantFrom(...from)), {
    maxLength: 5,
    selector: String,
  });

/** A table with a row for each time and node, some of them lost if need be. */
const longRows = (
  cell: fc.Arbitrary<string>,
  columns: number,
  clock: (step: number) => string | number,
  hasGaps: boolean,
) =>
  sizes.chain(({ steps, nodes }) =>
    fc
      .record({
        values: many(many(cell, columns), steps * nodes),
        kept: many(
          hasGaps ? fc.integer({ min: 0, max: 9 }).map((n) => n > 0) : fc.constant(true),
          steps * nodes,
        ),
      })
      .map(({ values, kept }) =>
        values
          .map((row, k) => [clock(Math.floor(k / nodes)), names[k % nodes], ...row])
          .filter((_, k) => kept[k]),
      ),
  );

const isoMinute = (step: number): string => `2023-03-19 17:4${step}:00`;

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

/** Two files of each table, with row numbers in front of some. */
const alibabaFiles = fc
  .record({
    resources: fc.array(
      fc.record({ time: fc.nat(5), name: fc.nat(2), cpu: maybe, memory: maybe }),
      {
        minLength: 4,
        maxLength: 8,
      },
    ),
    rates: fc.array(
      fc.record({ time: fc.nat(2), name: fc.nat(3), metric: fc.nat(2), value: maybe }),
      { maxLength: 8 },
    ),
    calls: fc.array(
      fc.record({
        time: fc.integer({ min: 0, max: 200_000 }),
        um: fc.nat(4),
        dm: fc.nat(4),
        rt: fc.constantFrom("3", "0", "-2", "", "1.5"),
      }),
      { maxLength: 8 },
    ),
  })
  .map(({ resources, rates, calls }): Texts => {
    const metrics = ["providerRPC_MCR", "HTTP_RT", "HTTP_MCR"];
    const usage = resources.map(({ time, name, cpu, memory }, k) => [
      ...[k, 30_000 * time, names[name], `i${k % 2}`, "n", cpu, memory],
    ]);
    const header = ["", "timestamp", "msname", "msinstanceid", "nodeid"];
    const half = Math.floor(usage.length / 2);
    return {
      "d/MSResource/MSResource_0.csv": csv([
        [...header, "instance_cpu_usage", "instance_memory_usage"],
        ...usage.slice(0, half),
      ]),
      "d/MSResource/MSResource_10.csv": csv([
        [...header, "cpu_utilization", "memory_utilization"],
        ...usage.slice(half),
      ]),
      "d/MSRTQps/MSRTQps_2.csv": csv([
        ["timestamp", "msname", "msinstanceid", "metric", "value"],
        ...rates.map(({ time, name, metric, value }, k) => [
          ...[60_000 * time, names[name], `i${k % 2}`, metrics[metric], value],
        ]),
      ]),
      "d/MSCallGraph/MSCallGraph_0.csv": csv([
        ["", "traceid", "timestamp", "rpcid", "um", "rpctype", "dm", "interface", "rt"],
        ...calls.map(({ time, um, dm, rt }, k) => [
          ...[k, "t", time, "0.1", names[um], "rpc", names[dm], "", rt],
        ]),
      ]),
    };
  });

const alibabaFeatures = [
  { feature: "cpu", unit: "share" },
  { feature: "memory", unit: "share" },
  { feature: "providerRPC_MCR", unit: "calls/s" },
  { feature: "HTTP_RT", unit: "ms" },
] as const;

/** What was recorded of each feature at each of the trace's times. */
const alibabaLists = (files: Readonly<Record<string, Records>>): Lists => {
  const lists: Lists = new Map();
  const put = (cell: (name: string) => string, feature: number, column: string) => {
    const time = timeIn("milliseconds", cell("timestamp"));
    demand(time >= 0, "a time of the trace");
    const node = cell("msname");
    if (node === "") return;
    const nodes = lists.get(time) ?? new Map<string, number[][]>();
    lists.set(time, nodes);
    const cellLists = nodes.get(node) ?? alibabaFeatures.map((): number[] => []);
    nodes.set(node, cellLists);
    if (cell(column) !== "") cellLists[feature]?.push(numberIn(cell(column), 0));
  };
  const shared = ["timestamp", "msname", "msinstanceid"];
  for (const path of ["d/MSResource/MSResource_0.csv", "d/MSResource/MSResource_10.csv"]) {
    const pick = (a: string, b: string) => {
      const found = [a, b].filter((name) => files[path]?.[0]?.includes(name));
      demand(found.length === 1, "one of the two names");
      return found[0] as string;
    };
    demand((files[path]?.length ?? 0) > 0, "a header");
    const cpu = pick("instance_cpu_usage", "cpu_utilization");
    const memory = pick("instance_memory_usage", "memory_utilization");
    for (const cell of rowsOf(files[path], [...shared, cpu, memory])) {
      put(cell, 0, cpu);
      put(cell, 1, memory);
    }
  }
  for (const cell of rowsOf(files["d/MSRTQps/MSRTQps_2.csv"], [...shared, "metric", "value"])) {
    const feature = alibabaFeatures.findIndex((it) => it.feature === cell("metric"));
    if (feature >= 2) put(cell, feature, "value");
  }
  return lists;
};

/** Over instances first, then over the times in each step of a minute. */
const byMinute = (lists: Lists): Lists => {
  const steps: Lists = new Map();
  for (const time of [...lists.keys()].sort((a, b) => a - b)) {
    const begin = Math.floor(time / 60_000) * 60_000;
    const step = steps.get(begin) ?? new Map<string, number[][]>();
    steps.set(begin, step);
    for (const [node, features] of lists.get(time) ?? []) {
      const kept = step.get(node) ?? alibabaFeatures.map((): number[] => []);
      step.set(node, kept);
      for (const [k, list] of features.entries()) {
        if (list.length > 0) kept[k]?.push(k === 2 ? sum(list) : mean(list));
      }
    }
  }
  return steps;
};

test(
  "readAlibaba",
  readerLaw({
    files: alibabaFiles,
    read: (source) => readAlibaba("d", { metrics: ["providerRPC_MCR", "HTTP_RT"], source }),
    model: (files) => {
      const series = gridOf(byMinute(alibabaLists(files)), alibabaFeatures, "fill", 60_000);
      const { services, times } = series;
      const counts = new Map<string, number>();
      const recorded = new Set<number>();
      for (const cell of rowsOf(files["d/MSCallGraph/MSCallGraph_0.csv"], [
        "timestamp",
        "um",
        "dm",
        "rt",
      ])) {
        const time = timeIn("milliseconds", cell("timestamp"));
        const rt = cell("rt") === "" ? -1 : numberIn(cell("rt"));
        demand(time >= 0, "a time of the trace");
        const step = Math.floor(time / 60_000) - (times[0] as number) / 60;
        if (step < 0 || step >= times.length) continue;
        recorded.add(step);
        const [source, target] = [services.indexOf(cell("um")), services.indexOf(cell("dm"))];
        if (rt < 0 || source < 0 || target < 0 || source === target) continue;
        const key = `${step},${source},${target}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      const edges = services.flatMap((_, source) =>
        services.flatMap((_, target): [number, number][] => {
          const isCalled = [...recorded].some((step) => counts.has(`${step},${source},${target}`));
          return isCalled ? [[source, target]] : [];
        }),
      );
      const rates = Array.from(times, (_, step) =>
        edges.map(([source, target]) =>
          recorded.has(step) ? (counts.get(`${step},${source},${target}`) ?? 0) / 60 : Number.NaN,
        ),
      );
      return { ...series, edges, callRates: Float64Array.from(rates.flat()) };
    },
  }),
);

test.run();
