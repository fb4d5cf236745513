// The machine's measurements as tables for people and as JSON lines.

import { rounded } from "../measure.ts";
import { short } from "../report.ts";
import { printTable } from "../table.ts";
import { accesses, type Bandwidth } from "./bandwidth.ts";
import type { Limits, Machine } from "./measure.ts";
import { type Operation, type Peak, peakOf } from "./peaks.ts";
import { type TileSpeed, terms } from "./tiles.ts";

const unique = <T>(all: readonly T[]): readonly T[] => [...new Set(all)];

/** A count of threads in words. */
const inThreads = (count: number): string => (count === 1 ? "1 thread" : `${count} threads`);

/** A size in KiB or MiB. */
export const printSize = (bytes: number): string =>
  bytes < 2 ** 20 ? `${bytes / 2 ** 10} KiB` : `${bytes / 2 ** 20} MiB`;

const peakTable = (peaks: readonly Peak[]): string => {
  const counts = unique(peaks.map(({ threads }) => threads));
  const rows = unique(peaks.map(({ operation }) => operation)).map((operation) => [
    operation,
    ...counts.map((threads) => short(peakOf(peaks, threads, operation))),
  ]);
  return printTable(["GFLOP/s in registers", ...counts.map(inThreads)], rows);
};

const bandwidthTable = (bandwidths: readonly Bandwidth[]): string => {
  const columns = accesses.flatMap((access) =>
    unique(bandwidths.map((it) => it.threads)).map((threads) => ({ access, threads })),
  );
  const rows = unique(bandwidths.map(({ bytes }) => bytes)).map((bytes) => [
    printSize(bytes),
    ...columns.map(({ access, threads }) => {
      const found = bandwidths.find(
        (it) => it.access === access && it.threads === threads && it.bytes === bytes,
      );
      return found === undefined ? "" : short(found.gbps);
    }),
  ]);
  const titles = columns.map(({ access, threads }) => `${access}, ${inThreads(threads)}`);
  return printTable(["GB/s from sets of", ...titles], rows);
};

const tileTable = ({ tiles, peaks }: Machine): string => {
  const operations = unique(tiles.map(({ operation }) => operation));
  const nameOf = ({ rows, columns }: TileSpeed): string => `${rows} × ${columns}`;
  const cells = (tile: string, operation: Operation): readonly string[] => {
    const gflops = tiles.find((it) => nameOf(it) === tile && it.operation === operation)?.gflops;
    if (gflops === undefined) return ["", ""];
    return [short(gflops), `${Math.round((100 * gflops) / peakOf(peaks, 1, operation))}%`];
  };
  const rows = unique(tiles.map(nameOf)).map((tile) => {
    const { rows, columns, isChosen } = tiles.find((it) => nameOf(it) === tile) as TileSpeed; // named after one
    const speeds = operations.flatMap((operation) => cells(tile, operation));
    return [tile, String((rows * columns) / 4), ...speeds, isChosen ? "chosen" : ""];
  });
  const titles = operations.flatMap((operation) => [operation, "of peak"]);
  return printTable(["GFLOP/s by tile", "vectors", ...titles, ""], rows, [""]);
};

/** Whether all threads together did less than half of as many alone: more than what cores share explains. */
const isDisturbed = (peaks: readonly Peak[]): boolean =>
  peaks.some(
    ({ operation, threads, gflops }) => gflops < 0.5 * threads * peakOf(peaks, 1, operation),
  );

const disturbance =
  "All threads together did less than half of what they do alone: something else runs here. Measure again.";

/** Peaks and bandwidths as tables. */
export const printLimits = ({ peaks, bandwidths }: Limits): string =>
  [peakTable(peaks), bandwidthTable(bandwidths), ...(isDisturbed(peaks) ? [disturbance] : [])].join(
    "\n\n",
  );

/** All tables. */
export const printMachine = (machine: Machine): string =>
  [
    printLimits(machine),
    "",
    "Threads share a set; a byte that is copied counts as one read and one written.",
    "",
    tileTable(machine),
    "",
    `Rows × columns of sums in registers (vectors of four), ${terms} terms each, factors in the first-level cache, 1 thread.`,
  ].join("\n");

/** One JSON line a measurement. */
export const machineLines = ({ peaks, bandwidths, tiles }: Machine): readonly string[] =>
  [
    ...peaks.map(({ gflops, ...it }) => ({ kind: "peak", ...it, gflops: rounded(gflops) })),
    ...bandwidths.map(({ gbps, ...it }) => ({ kind: "bandwidth", ...it, gbps: rounded(gbps) })),
    ...tiles.map(({ gflops, ...it }) => ({ kind: "tile", ...it, gflops: rounded(gflops) })),
  ].map((it) => JSON.stringify(it));
