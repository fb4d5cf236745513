// Both layouts of PetShop say the same; the tidy one is read from the files themselves.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import {
  type DataError,
  type PetshopOptions,
  printDataError,
  printSummary,
  type Reading,
  readPetshop,
} from "../../../../src/models/spatiotemporal/data/index.ts";
import { testOnData } from "../../../support/data.ts";
import { memorySource, plain, type Texts } from "../../../support/readerLaw.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("readPetshop");

const published = {
  metrics: `microservice,S3,PetSite,PetSite,S3,S3
metric,latency,latency,requests,requests,errors
statistic,Average,p99,Sum,Sum,Sum
unix_timestamp,,,,,
1692608400.0,0.25,,12.0,3.0,0.0
1692608700.0,,1.5,13.0,0.0,0.0
`,
  graph: `,PetSite,S3,nowhere
PetSite,0.0,1.0,1.0
nowhere,0.0,0.0,0.0
S3,0.0,0.0,0.0
`,
};

const bytesOf = (texts: Texts) =>
  Object.fromEntries(
    Object.entries(texts).map(([path, text]) => [path, new TextEncoder().encode(text)]),
  );
const read = (texts: Texts, options: Partial<PetshopOptions>) =>
  readPetshop("d", { load: "low_traffic", source: memorySource(bytesOf(texts), 11), ...options })();
const readPublished = ({ metrics, graph } = published) =>
  read(
    {
      "d/dataset/low_traffic/noissue/metrics.csv": metrics,
      "d/dataset/low_traffic/graph.csv": graph,
    },
    { layout: "published" },
  );
const right = (result: E.Either<DataError, Reading>): Reading => {
  if (E.isLeft(result)) throw new Error(printDataError(result.left));
  return result.right;
};
const complaint = async (texts: Partial<typeof published>): Promise<string> => {
  const result = await readPublished({ ...published, ...texts });
  return E.isLeft(result)
    ? printDataError(result.left).replace("d/dataset/low_traffic/", "")
    : "none";
};

test("reads the published layout: three headers, the name of the first column, a matrix with names", async () => {
  const { series, summary } = right(await readPublished());
  assert.equal(series.services, ["PetSite", "S3"]);
  assert.equal(series.features.slice(4), ["latency_p99", "requests_sum", "availability_average"]);
  assert.equal(series.units.slice(4), ["s", "req/5 min", "%"]);
  assert.equal([...series.times], [1692608400, 1692608700]);
  const none = "NaN";
  assert.equal(
    Array.from(series.values, String),
    [
      [none, none, none, none, none, "12", none],
      ["0.25", none, none, none, none, "3", none],
      [none, none, none, none, "1.5", "13", none],
      [none, none, none, none, none, "0", none],
    ].flat(),
  );
  assert.equal(series.edges, [[0, 1]]);
  assert.is(series.weights, undefined);
  const printed = printSummary(summary).replaceAll("d/dataset/low_traffic/", "");
  assert.is(
    printed,
    [
      "noissue/metrics.csv: 2 records",
      "graph.csv: 3 records",
      "columns of other metrics, left out: 1 (noissue/metrics.csv:1 S3 errors_sum)",
      "cells without a value, not measured: 2 (noissue/metrics.csv:5 PetSite latency_p99, noissue/metrics.csv:6 S3 latency_average)",
      "edges or calls with an end that has no metrics, left out: 1 (graph.csv:2 nowhere)",
    ].join("\n"),
  );
});

test("refuses a published file with a header too few, a column or a time twice, or no number", async () => {
  const { metrics, graph } = published;
  assert.is(
    await complaint({ metrics: metrics.replace("unix_timestamp", "time") }),
    'noissue/metrics.csv:4: a row that begins with "unix_timestamp" expected, got "time"',
  );
  assert.is(
    await complaint({ metrics: metrics.replace("errors", "requests") }),
    'noissue/metrics.csv:1: each column once expected, got "S3 requests_sum" twice',
  );
  assert.is(
    await complaint({ metrics: metrics.replace("1692608700", "1692608400") }),
    "noissue/metrics.csv:6: each time once expected, got 2023-08-21 09:00:00 again",
  );
  assert.is(
    await complaint({ metrics: metrics.replace("1.5", "-1.5") }),
    'noissue/metrics.csv:6: column "PetSite latency_p99": a number of at least 0 expected, got "-1.5"',
  );
  assert.is(
    await complaint({ graph: graph.replace("nowhere,0.0,0.0,0.0\n", "") }),
    'graph.csv: a row for "nowhere" expected, got none',
  );
  assert.is(
    await complaint({ graph: graph.replace("1.0", "2.0") }),
    'graph.csv:2: column "S3": 0 or 1 expected, got "2.0"',
  );
});

const tidyPaths = (load: string) => [`tidy/${load}_nodes.csv`, `tidy/${load}_edges.csv`] as const;

/** The tidy files, written as they were published. */
const toPublished = (nodes: string, edges: string): typeof published => {
  const rowsOf = (text: string) =>
    text
      .trim()
      .split("\n")
      .map((line) => line.split(","));
  const [[, , ...features] = [], ...rows] = rowsOf(nodes);
  const names = [...new Set(rows.map(([, name]) => name as string))];
  const columns = features.flatMap((feature, k) => names.map((name) => ({ name, feature, k })));
  const at = new Map(rows.map((row) => [`${row[0]} ${row[1]}`, row]));
  const times = [...new Set(rows.map(([time]) => time as string))];
  const header = (label: string, of: (column: (typeof columns)[number]) => string) =>
    [label, ...columns.map(of)].join(",");
  const [, ...pairs] = rowsOf(edges);
  const calls = new Set(pairs.map(String));
  const ends = [...new Set(pairs.flat())];
  return {
    metrics: [
      header("microservice", ({ name }) => name),
      header("metric", ({ feature }) => feature.split("_")[0] as string),
      header("statistic", ({ feature }) => feature.split("_")[1] as string),
      header("unix_timestamp", () => ""),
      ...times.map((time) =>
        header(`${time}.0`, ({ name, k }) => at.get(`${time} ${name}`)?.[k + 2] ?? ""),
      ),
    ].join("\n"),
    graph: [
      ["", ...ends].join(","),
      ...ends.map((from) =>
        [from, ...ends.map((to) => (calls.has(`${from},${to}`) ? "1.0" : "0.0"))].join(","),
      ),
    ].join("\n"),
  };
};

for (const [load, nodes, edges, dropped] of [
  ["low_traffic", 41, 44, 1],
  ["high_traffic", 39, 47, 5],
] as const) {
  testOnData(test, "petshop", `reads ${load}, in both layouts`, async (folder) => {
    const { series, summary } = right(await readPetshop(folder, { load })());
    assert.is(series.services.length, nodes);
    assert.is(series.times.length, 589);
    assert.is(series.stepSeconds, 300);
    assert.is(series.edges.length, edges - dropped);
    assert.is(summary.notes.find(({ kind }) => kind === "unknownEnd")?.count, dropped);
    const requests = series.features.indexOf("requests_sum");
    const node = series.services.indexOf("PetSite");
    const steps = Array.from(series.times.keys());
    const sum = steps
      .map((step) => series.values[(step * nodes + node) * 7 + requests] as number)
      .reduce((a, b) => a + b);
    assert.is(Math.round(sum / 589), load === "low_traffic" ? 484 : 690); // the data set's own description
    const texts = await Promise.all(
      tidyPaths(load).map((path) => readFile(join(folder, path), "utf8")),
    );
    const again = right(await readPublished(toPublished(texts[0] as string, texts[1] as string)));
    const sorted = (reading: Reading) => [...reading.series.edges].map(String).sort();
    assert.equal(sorted(again), sorted({ series, summary }));
    assert.equal({ ...plain(series), edges: [] }, { ...plain(again.series), edges: [] });
  });
}

test.run();
