// What the reader makes of good files, and the exact message for each kind of bad one.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import {
  type DataError,
  parseServiceSeries,
  printDataError,
  printSummary,
  readBoutique,
  readServiceFolder,
} from "../../../../src/models/spatiotemporal/data/index.ts";
import {
  features,
  type ServiceSeries,
  unitsOfFeatures,
} from "../../../../src/models/spatiotemporal/series.ts";
import { testOnData } from "../../../support/data.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("readBoutique");

const metrics = `Time,service,pods,cpu,memory,rt,tp,costs
2023-03-19 17:46:00,web,1,0.5,100,0.1,2,
2023-03-19 17:46:00,db,2,0.25,200,0.01,4,
2023-03-19 17:47:00,web,1,0.75,110,0.2,3,
2023-03-19 17:47:00,db,2,1e-2,210,0.02,6,
`;
const edges = "source,target\nweb,db\n";
const files = { metrics: "m.csv", edges: "e.csv" };

const parse = (text = metrics, edgeText = edges): E.Either<DataError, ServiceSeries> =>
  parseServiceSeries(text, edgeText, files);
const series = (result: E.Either<DataError, ServiceSeries>): ServiceSeries => {
  if (E.isLeft(result)) throw new Error(printDataError(result.left));
  return result.right;
};
/** The tag and the message of the error. */
const complaint = (result: E.Either<DataError, ServiceSeries>): readonly [string, string] =>
  E.isLeft(result) ? [result.left._tag, printDataError(result.left)] : ["none", ""];

test("gives services in alphabetical order, features by name, times in unix seconds", () => {
  const read = series(parse());
  assert.equal(read.services, ["db", "web"]);
  assert.equal(read.features, features);
  assert.equal(read.units, unitsOfFeatures);
  assert.equal(Array.from(read.times), [1679247960, 1679248020]);
  assert.is(read.stepSeconds, 60);
  assert.equal(read.edges, [[1, 0]]);
  // cpu, memory, response time, throughput, replicas
  assert.equal(Array.from(read.values.subarray(0, 5)), [0.25, 200, 0.01, 4, 2]);
  assert.equal(Array.from(read.values.subarray(15)), [0.75, 110, 0.2, 3, 1]);
});

test("does not mind the order of rows and columns, quotes and Windows line ends", () => {
  const [header, ...rows] = metrics.trimEnd().split("\n");
  const backwards = (line: string) => line.split(",").reverse();
  const text = [header, ...rows.reverse()]
    .map((line) => backwards(line as string).map((field) => `"${field}"`))
    .join("\r\n");
  assert.equal(series(parse(text)), series(parse()));
});

/** The metrics with one replacement, which has to happen. */
const but = (old: string, replacement: string): string => {
  assert.ok(metrics.includes(old));
  return metrics.replace(old, replacement);
};

test("refuses a bad number", () => {
  assert.equal(complaint(parse(but("0.75", "0.7.5"))), [
    "BadNumber",
    'm.csv:4: column "cpu": a number of at least 0 expected, got "0.7.5"',
  ]);
  for (const text of ["", "NaN", "Infinity", "-1", "1e999", "0x10", "1 ", "1_000"]) {
    assert.equal(complaint(parse(but("0.25", text))), [
      "BadNumber",
      `m.csv:3: column "cpu": a number of at least 0 expected, got "${text}"`,
    ]);
  }
});

test("refuses a bad time", () => {
  for (const text of ["2023-02-30 17:47:00", "19/03/2023 17:47", "2023-03-19 25:00:00", ""]) {
    assert.equal(complaint(parse(but("2023-03-19 17:47:00", text))), [
      "BadTime",
      `m.csv:4: column "Time": YYYY-MM-DD HH:MM:SS expected, got "${text}"`,
    ]);
  }
});

test("refuses a missing or repeated column", () => {
  assert.equal(complaint(parse(but("memory", "mem"))), [
    "MissingColumn",
    'm.csv:1: a column "memory" expected, got Time,service,pods,cpu,mem,rt,tp,costs',
  ]);
  assert.equal(complaint(parse(but("costs", "cpu"))), [
    "Duplicate",
    'm.csv:1: each column once expected, got "cpu" twice',
  ]);
  assert.equal(complaint(parse(metrics, "from,target\n")), [
    "MissingColumn",
    'e.csv:1: a column "source" expected, got from,target',
  ]);
});

test("refuses a ragged row", () => {
  assert.equal(complaint(parse(but("0.2,3,", "0.2,3"))), [
    "RaggedRow",
    "m.csv:4: 8 fields expected, got 7",
  ]);
});

test("refuses text that is not CSV", () => {
  assert.equal(complaint(parse(but("db", '"db'))), [
    "MalformedCsv",
    `m.csv:3: a comma or a line's end after each field expected, got ""db,2,0.25,200,0.01,"`,
  ]);
});

test("refuses an empty file, and one with less than two times", () => {
  const [header, ...rows] = metrics.split("\n");
  assert.equal(complaint(parse("")), ["EmptyFile", "m.csv: a header expected, got nothing"]);
  assert.equal(complaint(parse(metrics, "\n")), [
    "EmptyFile",
    "e.csv: a header expected, got nothing",
  ]);
  for (const text of [header, [header, ...rows.slice(0, 2)].join("\n")]) {
    assert.equal(complaint(parse(text)), [
      "EmptyFile",
      "m.csv: rows at two times or more expected, got nothing",
    ]);
  }
});

test("refuses a service twice at one time", () => {
  assert.equal(complaint(parse(`${metrics}2023-03-19 17:46:00,db,1,1,1,1,1,\n`)), [
    "Duplicate",
    'm.csv:6: each service once at each time expected, got "db" again at 2023-03-19 17:46:00',
  ]);
});

test("refuses a time without one of the services", () => {
  assert.equal(complaint(parse(but("2023-03-19 17:47:00,db,2,1e-2,210,0.02,6,\n", ""))), [
    "Gap",
    'm.csv:4: a row for "db" at 2023-03-19 17:47:00 expected, got none',
  ]);
});

test("refuses a gap in the times, and a time off the grid", () => {
  const at = (time: string) =>
    `2023-03-19 ${time},web,1,1,1,1,1,\n2023-03-19 ${time},db,1,1,1,1,1,\n`;
  assert.equal(complaint(parse(metrics + at("17:48:00") + at("17:50:00"))), [
    "Gap",
    'm.csv:8: column "Time": a row at 2023-03-19 17:49:00 expected, got 2023-03-19 17:50:00',
  ]);
  const minutes = ["17:48:00", "17:49:00", "17:50:00"].map(at).join("");
  assert.equal(complaint(parse(metrics + minutes + at("17:48:30"))), [
    "Gap",
    'm.csv:12: column "Time": a row at 2023-03-19 17:49:00 expected, got 2023-03-19 17:48:30',
  ]);
});

test("refuses an edge to a service without metrics, and one given twice", () => {
  assert.equal(complaint(parse(metrics, "source,target\nweb,db\nweb,cache\n")), [
    "UnknownService",
    'e.csv:3: column "target": a service with metrics expected, got "cache"',
  ]);
  assert.equal(complaint(parse(metrics, "source,target\nweb,db\nweb,db\n")), [
    "Duplicate",
    'e.csv:3: each edge once expected, got "web,db" again',
  ]);
});

test("reads a folder, and names the path of what is missing or wrong in it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pullback-"));
  try {
    const path = (name: string) => join(folder, name);
    assert.equal(complaint(await readServiceFolder(folder, files)()), [
      "MissingFile",
      `${path("m.csv")}: a file expected, got nothing`,
    ]);
    await writeFile(path("m.csv"), metrics);
    await writeFile(path("e.csv"), edges);
    assert.equal(series(await readServiceFolder(folder, files)()), series(parse()));
    assert.equal(complaint(await readServiceFolder(folder, { ...files, edges: "." })()), [
      "UnreadableFile",
      `${join(folder, ".")}: a readable file expected, got EISDIR`,
    ]);
    await writeFile(path("m.csv"), but("0.5", "?"));
    assert.equal(complaint(await readServiceFolder(folder, files)()), [
      "BadNumber",
      `${path("m.csv")}:2: column "cpu": a number of at least 0 expected, got "?"`,
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("reads gzipped files, and refuses what is not UTF-8", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pullback-"));
  try {
    const path = (name: string) => join(folder, name);
    const zipped = { metrics: "m.csv.gz", edges: "e.csv" };
    await writeFile(path("m.csv.gz"), gzipSync(metrics));
    await writeFile(path("e.csv"), edges);
    assert.equal(series(await readServiceFolder(folder, zipped)()), series(parse()));
    await writeFile(path("m.csv.gz"), gzipSync(metrics).subarray(0, 80));
    assert.equal(complaint(await readServiceFolder(folder, zipped)()), [
      "UnreadableFile",
      `${path("m.csv.gz")}: a readable file expected, got Z_BUF_ERROR`,
    ]);
    await writeFile(path("e.csv"), Buffer.from("source,target\nw\xebb,db\n", "latin1"));
    const latin = { metrics: "m.csv.gz", edges: "e.csv" };
    await writeFile(path("m.csv.gz"), gzipSync(metrics));
    assert.equal(complaint(await readServiceFolder(folder, latin)()), [
      "BadEncoding",
      `${path("e.csv")}:2: UTF-8 expected at byte 17, got byte 0x62`,
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("refuses a last line that is cut off before its last field, and notes one without an end", () => {
  assert.equal(complaint(parse(metrics.slice(0, -8))), [
    "RaggedRow",
    "m.csv:5: 8 fields expected, got 6",
  ]);
  assert.equal(series(parse(metrics.slice(0, -1))), series(parse()));
});

testOnData(test, "mft-online-boutique", "reads Online Boutique", async (folder) => {
  const result = await readBoutique(folder)();
  if (E.isLeft(result)) throw new Error(printDataError(result.left));
  const { series: read, summary } = result.right;
  assert.is(read.services.length, 10);
  assert.is(read.times.length, 721);
  assert.is(read.values.length, 721 * 10 * 5);
  assert.is(read.edges.length, 14);
  const frontend = read.services.indexOf("frontend");
  const throughput = read.features.indexOf("throughput");
  // The second minute of the file.
  assert.is(read.values[(10 + frontend) * 5 + throughput], 2.933);
  const [first, second] = ["ob_1min.csv", "ob_edges.csv"].map((name) => join(folder, name));
  assert.is(printSummary(summary), `${first}: 7210 records\n${second}: 14 records`);
});

test.run();
