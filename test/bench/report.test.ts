// The tables that the benchmarks print.

import * as assert from "uvu/assert";
import type { Machine } from "../../bench/machine/measure.ts";
import { machineLines, printMachine } from "../../bench/machine/report.ts";
import type { Peer } from "../../bench/peers/index.ts";
import { type Line, tableHead, tableRow } from "../../bench/report.ts";
import { printRoofline, type RooflineLine, rooflineJson } from "../../bench/roofline/report.ts";
import { printTable } from "../../bench/table.ts";
import { suite } from "../support/suite.ts";

const tables = suite("printTable");

tables("aligns numbers at the right and words at the left, as Markdown", () => {
  const rows = [
    ["sum", "7.5", "memory"],
    ["product", "1234", "none"],
  ];
  assert.is(
    printTable(["case", "ms", "binds"], rows, ["binds"]),
    [
      "| case    |   ms | binds  |",
      "| ------- | ---: | ------ |",
      "| sum     |  7.5 | memory |",
      "| product | 1234 | none   |",
    ].join("\n"),
  );
});

tables.run();

const row = suite("tableRow");

const peers: readonly Peer[] = (["torch", "tfjs"] as const).map((name) => ({
  name,
  version: "1",
  time: async () => ({ skipped: "a test" }),
}));
const line: Line = {
  ...{ case: "layernorm4096x512", device: "gpu:webgpu", mode: "wasm relaxed" },
  ...{ ms: 3.28, min: 3.1251, firstMs: 70.2, peakMB: 163.4, runs: 11, checked: "" },
  peers: {
    torch: { ms: 12345.6, min: 1, firstMs: 1, peakMB: 1234.5, runs: 11, threads: 16 },
    tfjs: { ms: 6.56, min: 1, firstMs: 1, peakMB: 345.6, runs: 11 },
  },
};

row("shows the peers' memory after their time, in columns under the head", () => {
  assert.match(tableRow(line), /163 +12346 \(16 thr\) {2}0\.000266× +1235 +6\.56 {2}0\.5× +346$/);
  assert.is(tableRow(line).length, tableHead(peers).length);
  assert.ok(tableRow(line).length <= 150, "fits a wide terminal");
});

row("shows the share inside WebAssembly where it is known", () => {
  const inWasm = tableRow({ ...line, inWasm: 0.824 });
  assert.match(inWasm, / 3\.28 +3\.13 +82% +70\.2 /);
  assert.is(inWasm.length, tableRow(line).length);
});

row("keeps the columns where a peer or ours has failed", () => {
  const failed: Line = { ...line, peers: { ...line.peers, tfjs: { error: "no memory" } } };
  assert.is(tableRow(failed).length, tableHead(peers).length);
  const refused: Line = { case: "x", device: "cpu", skipped: "too slow", peers: line.peers };
  assert.is(tableRow(refused).length, tableHead(peers).length);
});

row.run();

const machine = suite("printMachine");

const measured: Machine = {
  peaks: [
    { operation: "multiply, add", threads: 1, gflops: 50, accumulators: 12 },
    { operation: "multiply, add", threads: 2, gflops: 100, accumulators: 12 },
    { operation: "fused", threads: 1, gflops: 60, accumulators: 10 },
    { operation: "fused", threads: 2, gflops: 120, accumulators: 10 },
  ],
  bandwidths: [
    { access: "read", bytes: 2 ** 14, threads: 1, gbps: 96.54321 },
    { access: "copy", bytes: 2 ** 14, threads: 1, gbps: 180 },
    { access: "read", bytes: 2 ** 22, threads: 1, gbps: 80 },
    { access: "copy", bytes: 2 ** 22, threads: 1, gbps: 86 },
  ],
  tiles: [
    { rows: 4, columns: 8, operation: "multiply, add", gflops: 45, isChosen: true },
    { rows: 2, columns: 16, operation: "multiply, add", gflops: 40, isChosen: false },
    { rows: 4, columns: 8, operation: "fused", gflops: 54, isChosen: true },
    { rows: 2, columns: 16, operation: "fused", gflops: 51, isChosen: false },
  ],
};

machine("has one row for each operation, set and tile, and marks the tile that is used", () => {
  const lines = printMachine(measured)
    .split("\n")
    .map((text) => text.replace(/ +/g, " "));
  assert.ok(lines.includes("| fused | 60 | 120 |"));
  assert.ok(lines.includes("| 16 KiB | 96.5 | 180 |"));
  assert.ok(lines.includes("| 4 MiB | 80 | 86 |"));
  assert.ok(lines.includes("| 4 × 8 | 8 | 45 | 90% | 54 | 90% | chosen |"));
  assert.ok(lines.includes("| 2 × 16 | 8 | 40 | 80% | 51 | 85% | |"));
});

machine("leaves out fused columns where there is no such instruction", () => {
  const plain = <T extends { readonly operation: string }>(all: readonly T[]): readonly T[] =>
    all.filter(({ operation }) => operation !== "fused");
  const { peaks, bandwidths, tiles } = measured;
  const text = printMachine({ peaks: plain(peaks), bandwidths, tiles: plain(tiles) });
  assert.not.match(text, /fused/);
});

machine("says so when all threads did less than half of what they do alone", () => {
  const slow = measured.peaks.map((it) => (it.threads === 2 ? { ...it, gflops: 49 } : it));
  assert.match(printMachine({ ...measured, peaks: slow }), /something else runs here/);
  assert.not.match(printMachine(measured), /something else runs here/);
});

machine("prints every measurement as a JSON line", () => {
  const lines = machineLines(measured).map((text) => JSON.parse(text));
  assert.is(lines.length, 12);
  assert.equal(lines[4], {
    ...{ kind: "bandwidth", access: "read", bytes: 16384, threads: 1, gbps: 96.543 },
  });
});

machine.run();

const roofline = suite("printRoofline");

const bounded: RooflineLine = {
  ...{ case: "matmul512", work: 2 * 512 ** 3 },
  ...{ readBytes: 2 ** 21, writtenBytes: 2 ** 20, largestBytes: 2 ** 20 },
  ...{ arithmeticMs: 2.4, memoryMs: 0.02, ms: 2.4, binds: "arithmetic" },
  measured: { medianMs: 3, runs: 51 },
};

roofline("shows bound, median and the share that is reached", () => {
  const [, , last] = printRoofline([bounded]).split("\n");
  assert.is(
    last?.replace(/ +/g, " "),
    "| matmul512 | 0.268 | 3.15 | 1.05 | 2.4 | 0.02 | arithmetic | 2.4 | 3 | 89.5 | 80% |",
  );
});

roofline("says below the table what was not measured, and what seldom", () => {
  const lines = [
    { ...bounded, measured: { error: "ended with SIGKILL" } },
    { ...bounded, measured: { medianMs: 9000, runs: 6, note: "6 runs only" } },
  ];
  const printed = printRoofline(lines).split("\n");
  assert.match(printed[2] as string, /\| +error \| +\| +\|$/);
  assert.equal(printed.slice(4), ["", "matmul512: ended with SIGKILL", "matmul512: 6 runs only"]);
});

roofline("prints the share in JSON, and the failure where there is none", () => {
  const { share, medianMs } = JSON.parse(rooflineJson(bounded));
  assert.equal([share, medianMs], [0.8, 3]);
  const failed = JSON.parse(rooflineJson({ ...bounded, measured: { skipped: "too slow" } }));
  assert.equal([failed.share, failed.skipped], [undefined, "too slow"]);
});

roofline.run();
