// Any long table: what its options mean, on small files read by hand, and the message for each mistake.

import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import {
  type LongCsvOptions,
  printDataError,
  printSummary,
  type Reading,
  readLongCsv,
} from "../../../../src/models/spatiotemporal/data/index.ts";
import { memorySource } from "../../../support/readerLaw.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("readLongCsv");

const metrics = [
  { column: "cpu", unit: "cores", min: 0 },
  { column: "p99", feature: "latency" },
];

/** Reads texts with options. */
const read = (metricsText: string, edgesText?: string, options: Partial<LongCsvOptions> = {}) => {
  const texts = {
    "m.csv": metricsText,
    ...(edgesText === undefined ? {} : { "e.csv": edgesText }),
  };
  const bytes = Object.entries(texts).map(([path, text]) => [path, new TextEncoder().encode(text)]);
  const files = { metrics: "m.csv", ...(edgesText === undefined ? {} : { edges: "e.csv" }) };
  const source = memorySource(Object.fromEntries(bytes), 7);
  return readLongCsv(files, { metrics, source, ...options })();
};
const reading = async (...args: Parameters<typeof read>): Promise<Reading> => {
  const result = await read(...args);
  if (E.isLeft(result)) throw new Error(printDataError(result.left));
  return result.right;
};
const complaint = async (...args: Parameters<typeof read>): Promise<string> => {
  const result = await read(...args);
  return E.isLeft(result) ? printDataError(result.left) : "none";
};
const numbers = (values: Float64Array | undefined): readonly number[] => Array.from(values ?? []);

test("fills what is missing with NaN, and says what it did", async () => {
  const text = `node,time,p99,cpu,other
web,2024-05-01T00:00:00Z,10,0.5,x
web,2024-05-01T00:01:00Z,,0.25,x
web,2024-05-01T00:03:00Z,30,1,x
db,2024-05-01T00:01:00Z,7,2,x
`;
  const { series, summary } = await reading(text);
  assert.equal(series.services, ["db", "web"]);
  assert.equal(series.features, ["cpu", "latency"]);
  assert.equal(series.units, ["cores", ""]);
  assert.is(series.stepSeconds, 60);
  assert.equal(
    numbers(series.times),
    [0, 1, 2, 3].map((k) => Date.UTC(2024, 4, 1) / 1000 + 60 * k),
  );
  const none = Number.NaN;
  assert.equal(
    numbers(series.values).map(String),
    [none, none, 0.5, 10, 2, 7, 0.25, none, none, none, none, none, none, none, 1, 30].map(String),
  );
  assert.equal(series.edges, []);
  assert.is(
    printSummary(summary),
    [
      "m.csv: 4 records",
      "cells without a value, not measured: 1 (m.csv:3 p99)",
      "rows whose time is before that of the row above, sorted: 1 (m.csv:5 2024-05-01 00:01:00)",
      "times at which a node has no row, not measured: 2 (m.csv db, m.csv db)",
      "times at which no node has a row, not measured: 1 (m.csv 2024-05-01 00:02:00)",
      "nodes whose first row comes after the first time: 1 (m.csv db)",
      "nodes whose last row comes before the last time: 1 (m.csv db)",
    ].join("\n"),
  );
});

const small = "time,node,cpu,p99\n0,a,1,1\n60,a,3,3\n60,a,5,\n120,a,4,4\n";

test("refuses a repeated row, or averages it", async () => {
  const seconds = { timeFormat: "seconds" } as const;
  assert.is(
    await complaint(small, undefined, seconds),
    'm.csv:4: each service once at each time expected, got "a" again at 1970-01-01 00:01:00',
  );
  const { series, summary } = await reading(small, undefined, { ...seconds, repeated: "average" });
  assert.equal(numbers(series.values), [1, 1, 4, 3, 4, 4]);
  assert.match(
    printSummary(summary),
    "rows that repeat a node and a time, averaged: 1 (m.csv:4 a)",
  );
});

test("refuses a time between two steps, or puts it into one", async () => {
  const text = "time,node,cpu,p99\n0,a,1,1\n60,a,2,2\n119,a,4,3\n120,a,6,4\n180,a,7,5\n";
  const seconds = { timeFormat: "seconds" } as const;
  assert.is(
    await complaint(text, undefined, seconds),
    'm.csv:4: column "time": a time whole steps of 60 s after 1970-01-01 00:00:00 expected, got 1970-01-01 00:01:59',
  );
  const bin = { ...seconds, offGrid: "bin", stepSeconds: 60 } as const;
  const { series, summary } = await reading(text, undefined, bin);
  assert.equal(numbers(series.values), [1, 1, 3, 2.5, 6, 4, 7, 5]);
  const moved = "rows moved to the beginning of their step and averaged there: 1";
  assert.match(printSummary(summary), `${moved} (m.csv:4 1970-01-01 00:01:59)`);
});

test("takes a step that is given, and refuses times that are not on it", async () => {
  const text = "time,node,cpu,p99\n0,a,1,1\n60000,a,2,2\n";
  const given = { timeFormat: "milliseconds", stepSeconds: 30 } as const;
  const { series } = await reading(text, undefined, given);
  assert.equal(numbers(series.times), [0, 30, 60]);
  assert.match(
    await complaint(text, undefined, { ...given, stepSeconds: 25 }),
    "whole steps of 25 s",
  );
});

test("refuses a time that leaves nearly all steps empty", async () => {
  const text = "time,node,cpu,p99\n0,a,1,1\n60,a,1,1\n120,a,1,1\n6000000,a,1,1\n";
  assert.is(
    await complaint(text, undefined, { timeFormat: "seconds" }),
    'm.csv:5: column "time": rows at one in 10 steps of 60 s or more expected, got 4 of 100001 up to 1970-03-11 10:40:00',
  );
});

test("refuses gaps if told to", async () => {
  const text = "time,node,cpu,p99\n0,a,1,1\n60,a,1,1\n60,b,1,1\n";
  assert.is(
    await complaint(text, undefined, { timeFormat: "seconds", gaps: "refuse" }),
    'm.csv:2: a row for "b" at 1970-01-01 00:00:00 expected, got none',
  );
});

test("takes the texts that mean missing, and refuses all others that are no number", async () => {
  const text = "time,node,cpu,p99\n0,a,n/a,-999\n60,a,1,NaN\n";
  const seconds = { timeFormat: "seconds" } as const;
  const missing = ["n/a", "-999", "NaN"];
  const { series } = await reading(text, undefined, { ...seconds, missing });
  assert.equal(numbers(series.values).map(String), ["NaN", "NaN", "1", "NaN"]);
  assert.is(
    await complaint(text, undefined, seconds),
    'm.csv:2: column "cpu": a number of at least 0 expected, got "n/a"',
  );
  assert.is(
    await complaint("time,node,cpu,p99\n0,a,1,1e400\n", undefined, seconds),
    'm.csv:2: column "p99": a number expected, got "1e400"',
  );
  assert.match(await complaint("time,node,cpu,p99\n0,a,-1,1\n", undefined, seconds), "at least 0");
  assert.match(await complaint("time,node,cpu,p99\n0,a,,inf\n", undefined, seconds), "a number");
});

test("refuses a mean that is too large to be a number", async () => {
  const text = "time,node,cpu,p99\n0,a,1e308,1\n0,a,1e308,1\n60,a,1,1\n";
  assert.is(
    await complaint(text, undefined, { timeFormat: "seconds", repeated: "average" }),
    'm.csv: numbers whose sum is below 1.8e308 expected, got more for "a" at 1970-01-01 00:00:00',
  );
});

const pair = "time,node,cpu,p99\n0,a,1,1\n0,b,1,1\n60,a,1,1\n60,b,1,1\n";
const weighted = { timeFormat: "seconds", weightColumn: "w" } as const;

test("reads edges and weights, wherever the columns are", async () => {
  const { series } = await reading(pair, "w,target,source\n0.5,b,a\n2,a,b\n", weighted);
  assert.equal(series.edges, [
    [0, 1],
    [1, 0],
  ]);
  assert.equal(numbers(series.weights), [0.5, 2]);
});

test("refuses weights that are not above 0, and edges given twice", async () => {
  const edges = (...rows: readonly string[]) => ["source,target,w", ...rows].join("\n");
  assert.is(
    await complaint(pair, edges("a,b,0"), weighted),
    'e.csv:2: column "w": a number above 0 expected, got "0"',
  );
  assert.is(
    await complaint(pair, edges("a,b,1", "a,b,2"), weighted),
    'e.csv:3: each edge once expected, got "a,b" again',
  );
});

test("refuses an edge to an unknown node, or leaves it out; one without a name is always refused", async () => {
  const drop = { timeFormat: "seconds", unknown: "drop" } as const;
  const edges = "source,target\na,c\na,b\n";
  assert.is(
    await complaint(pair, edges, { timeFormat: "seconds" }),
    'e.csv:2: column "target": a service with metrics expected, got "c"',
  );
  const { series, summary } = await reading(pair, edges, drop);
  assert.equal(series.edges, [[0, 1]]);
  assert.match(printSummary(summary), "left out: 1 (e.csv:2 c)");
  assert.match(await complaint(pair, "source,target\nc,\n", drop), 'column "target"');
});

test("refuses options that contradict themselves", async () => {
  const cpu = { column: "cpu" };
  for (const [options, message] of [
    [{ metrics: [] }, "at least one metric expected, got none"],
    [{ metrics: [cpu, cpu] }, 'each column once expected, got "cpu" twice'],
    [{ timeColumn: "cpu" }, 'each column once expected, got "cpu" twice'],
    [
      { metrics: [cpu, { column: "p99", feature: "cpu" }] },
      'each feature once expected, got "cpu" twice',
    ],
    [{ stepSeconds: 0 }, "a step of whole milliseconds above 0 expected, got 0 s"],
    [{ stepSeconds: 0.0005 }, "a step of whole milliseconds above 0 expected, got 0.0005 s"],
    [{ offGrid: "bin" }, "stepSeconds beside offGrid: bin expected, got none"],
  ] as const) {
    assert.is(await complaint(small, undefined, options), `readLongCsv: ${message}`);
  }
});

test("may be run twice, and gives the same", async () => {
  const bytes = { "m.csv": new TextEncoder().encode(pair) };
  const task = readLongCsv(
    { metrics: "m.csv" },
    { metrics, timeFormat: "seconds", source: memorySource(bytes, 5) },
  );
  assert.equal(await task(), await task());
});

test.run();
