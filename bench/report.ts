// How results are printed: a table for people, JSON lines for programs, and the machine and versions above them.

import { cpus } from "node:os";
import { printDevice } from "../src/index.ts";
import { type Failure, isFailure } from "./child.ts";
import type { Devices } from "./devices.ts";
import { rounded } from "./measure.ts";
import type { PeerName } from "./options.ts";
import type { Peer, PeerAnswer } from "./peers/index.ts";

/** One case on one device; milliseconds and MiB, ms is the median. */
export interface Result {
  readonly case: string;
  readonly device: string;
  readonly mode: string;
  readonly ms: number;
  readonly min: number;
  readonly firstMs: number;
  readonly peakMB: number;
  readonly runs: number;
  /** Share of the time of all runs that was spent inside WebAssembly, on the device cpu. */
  readonly inWasm?: number;
  /** What the result was compared with before it was timed. */
  readonly checked: string;
  readonly note?: string;
}

/** A result, or why there is none, with the peers' answers. */
export type Line = (Result | ({ readonly case: string; readonly device: string } & Failure)) & {
  readonly peers: Readonly<Partial<Record<PeerName, PeerAnswer>>>;
};

/** Versions and machine, one line each. */
export const header = (peers: readonly Peer[], { opened, missing }: Devices): string => {
  const all = cpus();
  return [
    `node ${process.versions.node} · ${all[0]?.model.trim() ?? "unknown processor"} · ${all.length} cores`,
    ...peers.map(({ name, version }) => `${name} ${version}`),
    ...opened.map(printDevice),
    ...missing,
  ].join("\n");
};

/** One JSON line. */
export const jsonLine = (line: Line): string =>
  JSON.stringify(line, (_, value) => (typeof value === "number" ? rounded(value) : value));

const widths = { case: 18, device: 11, mode: 13, number: 8, peer: 34 };

/** The head of the table. */
export const tableHead = (peers: readonly Peer[]): string =>
  [
    "case".padEnd(widths.case),
    "device".padEnd(widths.device),
    "mode".padEnd(widths.mode),
    ...["ms", "min", "in wasm", "first", "peak MB"].map((title) => title.padStart(widths.number)),
    ...peers.map(({ name }) => `${name} ms, ours/${name}, peak MB`.padStart(widths.peer)),
  ].join("");

/** One row of the table. A ratio below 1 means that ours is faster. */
export const tableRow = (line: Line): string => {
  const start = line.case.padEnd(widths.case) + line.device.padEnd(widths.device);
  const peers = Object.values(line.peers);
  if (isFailure(line)) {
    const said = reason(line).padEnd(widths.mode + 5 * widths.number);
    return start + said + peers.map((peer) => peerCell(peer)).join("");
  }
  return [
    start,
    line.mode.padEnd(widths.mode),
    ...[
      short(line.ms),
      short(line.min),
      line.inWasm === undefined ? "" : `${Math.round(100 * line.inWasm)}%`,
      short(line.firstMs),
      short(line.peakMB),
    ].map((text) => text.padStart(widths.number)),
    ...peers.map((peer) => peerCell(peer, line.ms)),
    line.note === undefined ? "" : `  ${line.note}`,
  ].join("");
};

const reason = (failure: Failure): string =>
  "error" in failure ? `error: ${failure.error}` : `skipped: ${failure.skipped}`;

const peerCell = (peer: PeerAnswer, ours?: number): string => {
  if (isFailure(peer)) return ` ${"error" in peer ? "error" : "skipped"}`.padStart(widths.peer);
  const threads = peer.threads === undefined ? "" : ` (${peer.threads} thr)`;
  const ratio = ours === undefined ? "" : `  ${short(ours / peer.ms)}×`;
  return [
    `${short(peer.ms)}${threads}${ratio}`.padStart(widths.peer - widths.number),
    short(peer.peakMB).padStart(widths.number),
  ].join("");
};

/** A number as tables have it: three digits, more before the point where there are more. */
export const short = (number: number): string =>
  number >= 100 ? number.toFixed(0) : String(Number(number.toPrecision(3)));

/** What the peers could not do, one line each, for below the table. */
export const peerRemarks = (lines: readonly Line[]): readonly string[] => [
  ...new Set(
    lines.flatMap((line) =>
      Object.entries(line.peers).flatMap(([name, peer]) =>
        isFailure(peer) ? [`${name}, ${line.case}: ${reason(peer)}`] : [],
      ),
    ),
  ),
];
