// One case on every device and by every peer: ours, the peers, ours again, each in a process of its own.

import type { Case } from "./cases/index.ts";
import { askNode, type Failure, isFailure } from "./child.ts";
import { median, total } from "./measure.ts";
import type { Options } from "./options.ts";
import type { Peer, PeerAnswer } from "./peers/index.ts";
import { type Line, type Result, short } from "./report.ts";
import type { WorkerRate, WorkerTiming } from "./worker.ts";

/** A case that took less than this is timed once more after the peers, so that a busy moment shows on both sides. */
const alternationSeconds = 10;

/** Medians of fewer runs are marked. */
const fewRuns = 9;

/** Scalar operations a second by device, from matrix products; a device that cannot say is missing. */
export const measureRates = async (
  devices: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  const rates = new Map<string, number>();
  for (const device of devices) {
    const answer = await askNode<WorkerRate>("worker.ts", ["--rate", "--device", device], 120);
    if (!isFailure(answer)) rates.set(device, answer.operationsPerSecond);
  }
  return rates;
};

/** The lines of one case, one for each device. */
export const compare = async (
  it: Case,
  devices: readonly string[],
  peers: readonly Peer[],
  rates: ReadonlyMap<string, number>,
  options: Options,
): Promise<readonly Line[]> => {
  const first = new Map<string, Ours>();
  for (const device of devices) {
    const refusal = tooSlow(it, rates.get(device), options);
    first.set(device, refusal ?? (await timeOurs(it, device, options)));
  }
  const answers: Partial<Record<Peer["name"], PeerAnswer>> = {};
  for (const peer of peers) answers[peer.name] = withoutName(await peer.time(it.name, options));
  const lines: Line[] = [];
  for (const [device, before] of first) {
    const isAgain = peers.length > 0 && options.repeat === 0 && isQuick(before);
    const after = isAgain ? await timeOurs(it, device, options) : undefined;
    const timing = pooled(before, after);
    const ours = isFailure(timing)
      ? { case: it.name, device, ...timing }
      : resultOf(it, device, timing, options.smoke);
    lines.push({ ...ours, peers: answers });
  }
  return lines;
};

/** What a worker answers. */
export type Ours = WorkerTiming | Failure;

/** Why a case is not worth starting on a device, if so. */
const tooSlow = (
  it: Case,
  rate: number | undefined,
  { all, limitSeconds }: Options,
): Failure | undefined => {
  if (all || rate === undefined) return undefined;
  const seconds = it.work / rate;
  if (seconds <= limitSeconds) return undefined;
  const speed = `${short(rate / 1e6)} million operations a second`;
  return { skipped: `about ${short(seconds)} s a run at ${speed}; --all runs it` };
};

/** One case on a device, in a process of its own. */
export const timeOurs = (
  it: Case,
  device: string,
  options: Pick<Options, "smoke" | "repeat" | "limitSeconds" | "all">,
): Promise<Ours> => {
  const scale = options.smoke ? "small" : "full";
  const { repeat, limitSeconds } = options;
  const budget = ["--repeat", String(repeat), "--budget-s", String(limitSeconds)];
  const args = ["--case", it.name, "--device", device, "--scale", scale, ...budget];
  return askNode<WorkerTiming>("worker.ts", args, options.all ? 24 * 3600 : 3 * limitSeconds + 60);
};

const isQuick = (timing: Ours): boolean =>
  !isFailure(timing) && total(timing.samples) < alternationSeconds * 1000;

/** Two timings of one case as one. */
const pooled = (before: Ours, after: Ours | undefined): Ours => {
  if (isFailure(before) || after === undefined) return before;
  if (isFailure(after)) return after;
  const samples = [...before.samples, ...after.samples];
  const loopMs = before.loopMs + after.loopMs;
  const insideMs = before.insideMs + after.insideMs;
  return { ...before, samples, loopMs, insideMs, peakMB: Math.max(before.peakMB, after.peakMB) };
};

/** A timing as it is reported. */
export const resultOf = (
  it: Case,
  device: string,
  timing: WorkerTiming,
  smoke: boolean,
): Result => {
  const { mode, firstMs, samples, loopMs, insideMs, peakMB, checked } = timing;
  const runs = samples.length;
  return {
    ...{ case: it.name, device, mode },
    ms: median(samples),
    min: Math.min(...samples),
    ...{ firstMs, peakMB, runs, checked },
    ...(insideMs > 0 ? { inWasm: insideMs / loopMs } : {}),
    ...(runs < fewRuns && !smoke ? { note: runs === 1 ? "1 run only" : `${runs} runs only` } : {}),
  };
};

/** Peers repeat the name of the case, which the line has already. */
const withoutName = (answer: PeerAnswer & { readonly name?: string }): PeerAnswer => {
  const { name: _, ...rest } = answer;
  return rest;
};
