// Alibaba's layout on small files: instances become services, records of calls become edges with rates.

import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import {
  type AlibabaOptions,
  type DataError,
  printDataError,
  printSummary,
  type Reading,
  readAlibaba,
} from "../../../../src/models/spatiotemporal/data/index.ts";
import { memorySource, plain, type Texts } from "../../../support/readerLaw.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("readAlibaba");

// Two steps of a minute; usage comes twice in each, and a second file has it under the names of the description.
const texts = {
  "d/MSResource/MSResource_0.csv": `,timestamp,msname,msinstanceid,nodeid,instance_cpu_usage,instance_memory_usage
0,0,web,w1,n1,0.25,0.5
1,0,web,w2,n1,0.75,
2,30000,web,w1,n1,0.125,0.25
`,
  "d/MSResource/MSResource_1.csv": `timestamp,msname,msinstanceid,nodeid,cpu_utilization,memory_utilization
60000,db,d1,n2,1,1
0,,d1,n2,1,1
`,
  "d/MSRTQps/MSRTQps_0.csv": `,timestamp,msname,msinstanceid,metric,value
0,0,web,w1,providerRPC_MCR,10
1,0,web,w2,providerRPC_MCR,30
2,0,web,w1,providerRPC_RT,4
3,0,web,w2,providerRPC_RT,8
4,0,web,w1,HTTP_MCR,1000
5,60000,web,w1,providerRPC_MCR,6
`,
  "d/MSCallGraph/MSCallGraph_0.csv": `,traceid,timestamp,rpcid,um,rpctype,dm,interface,rt
0,t,100,0.1,web,rpc,db,i,3
1,t,200,0.1,web,rpc,db,i,-2
2,t,59999,0.1.1,web,mc,db,,0
3,t,300,0.2,(?),http,web,i,9
4,t,400,0.3,web,rpc,web,i,1
5,t,60000,0.4,web,rpc,db,,
6,t,500000,0.5,web,rpc,db,i,2
`,
};

const read = (changed: Texts = {}, options: AlibabaOptions = {}) => {
  const bytes = Object.entries({ ...texts, ...changed }).flatMap(([path, text]) =>
    text === "" ? [] : [[path, new TextEncoder().encode(text)]],
  );
  return readAlibaba("d", { source: memorySource(Object.fromEntries(bytes), 13), ...options })();
};
const right = (result: E.Either<DataError, Reading>): Reading => {
  if (E.isLeft(result)) throw new Error(printDataError(result.left));
  return result.right;
};
const complaint = async (...args: Parameters<typeof read>): Promise<string> => {
  const result = await read(...args);
  return E.isLeft(result) ? printDataError(result.left) : "none";
};

test("averages usage and times over instances, adds up rates, counts the caller's records of calls", async () => {
  const { series, summary } = right(await read());
  assert.equal(series.services, ["db", "web"]);
  assert.equal(series.features, ["cpu", "memory", "providerRPC_MCR", "providerRPC_RT"]);
  assert.equal(series.units, ["share", "share", "calls/s", "ms"]);
  assert.equal([...series.times], [0, 60]);
  assert.equal(
    Array.from(series.values, String),
    [
      ["NaN", "NaN", "NaN", "NaN"],
      // (0.25 + 0.75) / 2 at 0 and 0.125 at 30 s; 0.5 and 0.25; 10 + 30; (4 + 8) / 2
      ["0.3125", "0.375", "40", "6"],
      ["1", "1", "NaN", "NaN"],
      ["NaN", "NaN", "6", "NaN"],
    ].flat(),
  );
  assert.equal(series.edges, [[1, 0]]);
  assert.equal([...(series.callRates ?? [])], [2 / 60, 0]);
  const files = Object.keys(texts).map((path, k) => `${path}: ${[3, 2, 6, 7][k]} records`);
  const calls = "d/MSCallGraph/MSCallGraph_0.csv";
  assert.is(
    printSummary(summary),
    [
      ...files,
      "cells without a value, not measured: 1 (d/MSResource/MSResource_0.csv:3 instance_memory_usage)",
      "rows without a name, left out: 1 (d/MSResource/MSResource_1.csv:3)",
      "times at which a node has no row, not measured: 1 (d/MSResource/MSResource_0.csv db)",
      "nodes whose first row comes after the first time: 1 (d db)",
      `callee's own records of a call, not counted again: 1 (${calls}:3)`,
      `edges or calls with an end that has no metrics, left out: 1 (${calls}:5 (?))`,
      `edges from a node to itself, left out: 1 (${calls}:6 web)`,
      `calls without a response time, whose record may be either side's, left out: 1 (${calls}:7)`,
      `calls before the first or after the last step, left out: 1 (${calls}:8 1970-01-01 00:08:20)`,
    ].join("\n"),
  );
});

test("says that rates were not measured in a step without any record of a call", async () => {
  const path = "d/MSCallGraph/MSCallGraph_0.csv";
  const early = texts[path].split("\n").slice(0, 3).join("\n");
  const { series } = right(await read({ [path]: early }));
  assert.equal(Array.from(series.callRates ?? [], String), [String(1 / 60), "NaN"]);
});

test("takes other metrics and steps, a beginning, and files that lie beside each other", async () => {
  const flat = Object.fromEntries(
    Object.entries(texts).flatMap(([path, text]) => [
      [path, ""],
      [path.replace(/d\/\w+\//, "d/"), text],
    ]),
  );
  const options = { metrics: ["HTTP_MCR"], stepSeconds: 30, startSeconds: 1000 };
  const { series } = right(await read(flat, options));
  assert.equal([...series.times], [1000, 1030, 1060]);
  assert.equal(series.features, ["cpu", "memory", "HTTP_MCR"]);
  assert.is(series.values[5], 1000);
  const none = { "d/MSRTQps/MSRTQps_0.csv": "" };
  assert.equal(right(await read(none, { metrics: [] })).series.features, ["cpu", "memory"]);
});

test("reads a table's files in the order of their numbers", async () => {
  const [zero, one] = ["d/MSResource/MSResource_0.csv", "d/MSResource/MSResource_1.csv"] as const;
  const renamed = {
    [zero]: "",
    [one]: "",
    "d/MSResource/MSResource_10.csv": texts[one],
    "d/MSResource/MSResource_9.csv": texts[zero],
  };
  const { series, summary } = right(await read(renamed));
  assert.equal(plain(series), plain(right(await read()).series));
  const names = summary.files.map(({ file }) => file);
  assert.equal(names.slice(0, 2), [
    "d/MSResource/MSResource_9.csv",
    "d/MSResource/MSResource_10.csv",
  ]);
});

test("refuses a table that is not there, and what is wrong in one", async () => {
  assert.is(
    await complaint({ "d/MSRTQps/MSRTQps_0.csv": "" }),
    "d: MSRTQps_0.csv or more expected, got none",
  );
  const change = (path: keyof typeof texts, from: string, to: string) =>
    complaint({ [path]: texts[path].replace(from, to) });
  assert.is(
    await change("d/MSRTQps/MSRTQps_0.csv", "30", "-30"),
    'd/MSRTQps/MSRTQps_0.csv:3: column "value": a number of at least 0 expected, got "-30"',
  );
  assert.is(
    await change("d/MSResource/MSResource_0.csv", "30000", "30000.5"),
    'd/MSResource/MSResource_0.csv:4: column "timestamp": whole milliseconds expected, got "30000.5"',
  );
  assert.is(
    await change("d/MSCallGraph/MSCallGraph_0.csv", "-2", "NaN"),
    'd/MSCallGraph/MSCallGraph_0.csv:3: column "rt": a number expected, got "NaN"',
  );
  assert.match(
    await change("d/MSRTQps/MSRTQps_0.csv", "metric", "kind"),
    'MSRTQps_0.csv:1: a column "metric" expected',
  );
  assert.is(
    await complaint({}, { metrics: ["cpu"] }),
    'readAlibaba: each metric once expected, got "cpu" twice',
  );
  assert.match(
    await complaint({}, { stepSeconds: -1 }),
    "readAlibaba: a step of whole milliseconds",
  );
});

test.run();
