// Speeds and a matrix of weights, on a small pair of files and on Los-loop itself.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import {
  printDataError,
  printSummary,
  type Reading,
  readLosLoop,
} from "../../../../src/models/spatiotemporal/data/index.ts";
import { testOnData } from "../../../support/data.ts";
import { memorySource } from "../../../support/readerLaw.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("readLosLoop");

const speeds = "77,76,9\n60.5,0,30\n61,70,31.25\n";
const adjacency = "1,0.5,0\n0.25,1,0\n0,1e-3,1\n";

const read = (speedText = speeds, adjacencyText = adjacency, options = {}) => {
  const texts = { "d/los_speed.csv": speedText, "d/los_adj.csv": adjacencyText };
  const bytes = Object.entries(texts).map(([path, text]) => [path, new TextEncoder().encode(text)]);
  return readLosLoop("d", { source: memorySource(Object.fromEntries(bytes), 9), ...options })();
};
const right = (result: E.Either<Parameters<typeof printDataError>[0], Reading>): Reading => {
  if (E.isLeft(result)) throw new Error(printDataError(result.left));
  return result.right;
};
const complaint = async (...args: Parameters<typeof read>): Promise<string> => {
  const result = await read(...args);
  return E.isLeft(result) ? printDataError(result.left) : "none";
};

test("gives detectors in the file's order, and edges with weights off the diagonal", async () => {
  const { series, summary } = right(await read());
  assert.equal(series.services, ["77", "76", "9"]);
  assert.equal([series.features, series.units], [["speed"], ["mph"]]);
  assert.equal([...series.times], [Date.UTC(2012, 2, 1) / 1000, Date.UTC(2012, 2, 1) / 1000 + 300]);
  assert.equal([...series.values], [60.5, 0, 30, 61, 70, 31.25]);
  assert.equal(series.edges, [
    [0, 1],
    [1, 0],
    [2, 1],
  ]);
  assert.equal([...(series.weights ?? [])], [0.5, 0.25, 1e-3]);
  const diagonal = "d/los_adj.csv:1 77, d/los_adj.csv:2 76, d/los_adj.csv:3 9";
  assert.is(
    printSummary(summary),
    `d/los_speed.csv: 2 records\nd/los_adj.csv: 3 records\nedges from a node to itself, left out: 3 (${diagonal})`,
  );
});

test("refuses what is no speed, no name and no square", async () => {
  const number = "a number of at least 0 expected";
  assert.is(
    await complaint(speeds.replace("70", "")),
    `d/los_speed.csv:3: column "76": ${number}, got ""`,
  );
  assert.is(
    await complaint(speeds.replace("9", "77")),
    'd/los_speed.csv:1: a name of its own for each detector expected, got "77" twice',
  );
  assert.is(
    await complaint("77,76,9\n1,2,3\n"),
    "d/los_speed.csv: rows at two times or more expected, got nothing",
  );
  const square = "a matrix of 3 rows and columns expected";
  assert.is(await complaint(speeds, "1,0\n0,1\n"), `d/los_adj.csv:1: ${square}, got 2 columns`);
  assert.is(await complaint(speeds, "1,0,0\n0,1,0\n"), `d/los_adj.csv: ${square}, got 2 rows`);
  assert.is(
    await complaint(speeds, `${adjacency}0,0,0\n`),
    `d/los_adj.csv:4: ${square}, got one more row`,
  );
  assert.is(
    await complaint(speeds, adjacency.replace("0.25", "-0.25")),
    `d/los_adj.csv:2: column "1": ${number}, got "-0.25"`,
  );
  assert.match(
    await complaint(speeds, adjacency, { stepSeconds: 0 }),
    "readLosLoop: a step above 0",
  );
});

testOnData(test, "los-loop", "reads Los-loop", async (folder) => {
  const { series } = right(await readLosLoop(folder)());
  const lines = (await readFile(join(folder, "los_speed.csv"), "utf8")).trim().split("\n");
  assert.equal(series.services, lines[0]?.trim().split(","));
  assert.equal(
    [...series.values],
    lines.slice(1).flatMap((line) => line.split(",").map(Number)),
  );
  assert.is(series.times.length, 2016);
  assert.is(series.edges.length, 2833 - 207); // non-zeros off the diagonal
  // The matrix is symmetric.
  const weightOf = new Map(series.edges.map((edge, k) => [String(edge), series.weights?.[k]]));
  assert.ok(
    series.edges.every(([i, j]) => weightOf.get(`${i},${j}`) === weightOf.get(`${j},${i}`)),
  );
});

test.run();
