// The reader of Alibaba's trace is held to a simple model of its documentation while its files are damaged.

import fc from "fast-check";
import { readAlibaba } from "../../../../src/models/spatiotemporal/data/index.ts";
import { type Records, readerLaw, type Texts } from "../../../support/readerLaw.ts";
import { suite } from "../../../support/suite.ts";
import { csv, maybe, names } from "./readerFiles.ts";
import { demand, gridOf, type Lists, mean, numberIn, rowsOf, sum, timeIn } from "./readerModels.ts";

const test = suite("reader of a damaged trace");

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
