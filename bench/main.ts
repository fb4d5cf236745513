// npm run bench: times ops and whole training steps on each device, with PyTorch and TensorFlow.js beside them. `--help` says more.

import { availableDevices } from "../src/index.ts";
import { type Case, cases } from "./cases/index.ts";
import { askNode, type Failure, isFailure } from "./child.ts";
import { median } from "./measure.ts";
import { help, type Options, readOptions } from "./options.ts";
import { findPeers, type Peer, type PeerAnswer } from "./peers/index.ts";
import {
  header,
  jsonLine,
  type Line,
  peerRemarks,
  type Result,
  tableHead,
  tableRow,
} from "./report.ts";
import type { WorkerRate, WorkerTiming } from "./worker.ts";

/** Runs in which ours and the peers all finish sooner than this, in seconds, are timed once more after the peers. */
const alternationSeconds = 30;
const fewRuns = 9;

const chosen = <T>(
  kind: string,
  all: readonly T[],
  nameOf: (it: T) => string,
  names: readonly string[],
): readonly T[] => {
  if (names.length === 0) return all;
  return names.map((name) => {
    const found = all.find((it) => nameOf(it) === name);
    if (found === undefined) {
      throw new Error(
        `bench: --${kind}: one of ${all.map(nameOf).join(", ")} expected, got "${name}"`,
      );
    }
    return found;
  });
};

/** The rate of each device, from products of growing size. */
const measureRates = async (devices: readonly string[]): Promise<ReadonlyMap<string, number>> => {
  const rates = new Map<string, number>();
  for (const device of devices) {
    const answer = await askNode<WorkerRate>("worker.ts", ["--rate", "--device", device], 120);
    if (!isFailure(answer)) rates.set(device, answer.operationsPerSecond);
  }
  return rates;
};

/** Why a case is not worth starting on a device, if so. */
const tooSlow = (
  it: Case,
  rate: number | undefined,
  { all, limitSeconds }: Options,
): Failure | undefined => {
  if (all || rate === undefined) return undefined;
  const seconds = it.work / rate;
  if (seconds <= limitSeconds) return undefined;
  const speed = `${(rate / 1e6).toPrecision(2)} million operations a second`;
  return { skipped: `about ${Math.round(seconds)} s a run at ${speed}; --all runs it` };
};

const timeOurs = (it: Case, device: string, options: Options): Promise<WorkerTiming | Failure> => {
  const scale = options.smoke ? "small" : "full";
  const { repeat, limitSeconds } = options;
  const budget = ["--repeat", String(repeat), "--budget-s", String(limitSeconds)];
  const args = ["--case", it.name, "--device", device, "--scale", scale, ...budget];
  return askNode<WorkerTiming>("worker.ts", args, options.all ? 24 * 3600 : 3 * limitSeconds + 60);
};

/** Two timings of one case, ours before and after the peers, as one. */
const pooled = (
  first: WorkerTiming,
  second: WorkerTiming | Failure | undefined,
): WorkerTiming | Failure => {
  if (second === undefined) return first;
  if (isFailure(second)) return second;
  const samples = [...first.samples, ...second.samples];
  return { ...first, samples, peakMB: Math.max(first.peakMB, second.peakMB) };
};

const resultOf = (it: Case, device: string, timing: WorkerTiming, smoke: boolean): Result => {
  const { mode, firstMs, samples, peakMB, checked } = timing;
  const runs = samples.length;
  return {
    ...{ case: it.name, device, mode },
    ms: median(samples),
    min: Math.min(...samples),
    ...{ firstMs, peakMB, runs, checked },
    ...(runs < fewRuns && !smoke ? { note: runs === 1 ? "1 run only" : `${runs} runs only` } : {}),
  };
};

/** One case on every device, then by every peer, then, if it is quick, on every device again. */
const runCase = async (
  it: Case,
  devices: readonly string[],
  peers: readonly Peer[],
  rates: ReadonlyMap<string, number>,
  options: Options,
): Promise<readonly Line[]> => {
  const start = performance.now();
  const before = new Map<string, WorkerTiming | Failure>();
  for (const device of devices) {
    before.set(
      device,
      tooSlow(it, rates.get(device), options) ?? (await timeOurs(it, device, options)),
    );
  }
  const answers: Partial<Record<Peer["name"], PeerAnswer>> = {};
  for (const peer of peers) answers[peer.name] = withoutName(await peer.time(it.name, options));
  const isQuick =
    performance.now() - start < alternationSeconds * 1000 * (devices.length + peers.length);
  const lines: Line[] = [];
  for (const [device, first] of before) {
    const isAgain = isQuick && peers.length > 0 && !isFailure(first);
    const again = isAgain ? await timeOurs(it, device, options) : undefined;
    const timing = isFailure(first) ? first : pooled(first, again);
    const ours = isFailure(timing)
      ? { case: it.name, device, ...timing }
      : resultOf(it, device, timing, options.smoke);
    lines.push({ ...ours, peers: answers });
  }
  return lines;
};

/** Peers repeat the name of the case, which the line has already. */
const withoutName = (answer: PeerAnswer & { readonly name?: string }): PeerAnswer => {
  const { name: _, ...rest } = answer;
  return rest;
};

const main = async (options: Options): Promise<void> => {
  if (options.help) return console.log(help);
  if (options.list) {
    for (const { name, about } of cases) console.log(name.padEnd(20) + about);
    return;
  }
  const say = options.json ? console.error : console.log;
  const selected = chosen("case", cases, ({ name }) => name, options.cases);
  const devices = chosen("device", availableDevices(), (name) => name, options.devices);
  const peers = await findPeers(options.peers);
  say(header(peers, devices));
  const rates = options.smoke ? new Map<string, number>() : await measureRates(devices);
  if (!options.json) say(`\n${tableHead(peers)}`);
  const lines: Line[] = [];
  for (const it of selected) {
    for (const line of await runCase(it, devices, peers, rates, options)) {
      console.log(options.json ? jsonLine(line) : tableRow(line));
      lines.push(line);
    }
  }
  if (!options.json) for (const remark of peerRemarks(lines)) say(remark);
  if (lines.some((line) => "error" in line)) process.exitCode = 1;
};

try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
