// Runs one case on one device in this process and prints one JSON line; or, with --rate, measures roughly how fast the device is.
// bench/main.ts starts it, so that each case has its own memory, its own compiled code and its own crashes.

import { parseArgs } from "node:util";
import * as P from "../src/index.ts";
import { noise } from "./cases/case.ts";
import { cases, type Scale } from "./cases/index.ts";
import { measure, peakMB, type Timing } from "./measure.ts";

/** What the worker measured: milliseconds and MiB. */
export interface WorkerTiming extends Timing {
  readonly mode: string;
  readonly peakMB: number;
  readonly checked: string;
}

/** Scalar operations a second in matrix products. */
export interface WorkerRate {
  readonly operationsPerSecond: number;
}

const { values: options } = parseArgs({
  options: {
    case: { type: "string", default: "" },
    device: { type: "string", default: "" },
    scale: { type: "string", default: "full" },
    repeat: { type: "string", default: "0" },
    "budget-s": { type: "string", default: "60" },
    rate: { type: "boolean", default: false },
  },
});

const timeCase = async (): Promise<WorkerTiming> => {
  const found = cases.find(({ name }) => name === options.case);
  if (found === undefined) throw new Error(`no case named ${options.case}`);
  const job = await found.start(options.scale as Scale, options.device); // main.ts passes full or small
  const budget = { repeat: Number(options.repeat), budgetMs: Number(options["budget-s"]) * 1000 };
  const inside = (): number => P.deviceStats(options.device).runMs;
  const timing = await measure(job.run, job.check, budget, inside);
  return {
    mode: P.deviceInfo(options.device).mode,
    ...timing,
    peakMB: peakMB(),
    checked: job.checked,
  };
};

/** Products of growing size until one takes long enough to tell; what a call costs by itself is subtracted. */
const measureRate = async (): Promise<WorkerRate> => {
  const product = P.compile((a: P.Tensor, b: P.Tensor) => P.matmul(a, b), {
    device: options.device,
  });
  const timeProduct = async (n: number): Promise<number> => {
    const x = P.tensor(noise(n, n * n), { shape: [n, n] });
    const start = performance.now();
    const y = product(x, x);
    await P.ready(y);
    P.values(y);
    return performance.now() - start;
  };
  const smallest = 16;
  await timeProduct(smallest); // compiles
  const callMs = await timeProduct(smallest);
  let [n, ms] = [smallest, callMs];
  while (n < 512 && (ms < 20 || ms < 3 * callMs)) {
    n *= 2;
    await timeProduct(n); // compiles
    ms = await timeProduct(n);
  }
  const seconds = Math.max(ms - callMs, 1e-3) / 1000;
  return { operationsPerSecond: (2 * (n ** 3 - smallest ** 3)) / seconds };
};

/** Opens the device; which one may run, main.ts has decided. */
const open = async (): Promise<void> => {
  const opened = await P.openDevice(options.device, { allowSoftware: true })();
  if (opened._tag === "Left") throw new P.TensorError(opened.left);
};

const run = (): Promise<WorkerRate | WorkerTiming> => (options.rate ? measureRate() : timeCase());
const answer = await open()
  .then(run)
  .catch((error: unknown) => ({
    error: String(error).split("\n")[0]?.slice(0, 300),
  }));
console.log(JSON.stringify(answer));
process.exit(0); // devices may keep threads or adapters alive
