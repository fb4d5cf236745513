// Runs one case on one device in this process and prints one JSON line; or, with --rate, measures roughly how fast the device is.
// bench/main.ts starts it, so that each case has its own memory, its own compiled code and its own crashes.

import { parseArgs } from "node:util";
import * as P from "../src/index.ts";
import { noise } from "./cases/case.ts";
import { cases, type Scale } from "./cases/index.ts";
import { measure, peakMB } from "./measure.ts";

/** What the worker measured: milliseconds and MiB. */
export interface WorkerTiming {
  readonly mode: string;
  readonly firstMs: number;
  readonly samples: readonly number[];
  readonly peakMB: number;
  readonly checked: string;
}

/** Scalar operations a second in matrix products. */
export interface WorkerRate {
  readonly mode: string;
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
  const timing = await measure(job.run, job.check, budget);
  return {
    mode: P.deviceInfo(options.device).mode,
    ...timing,
    peakMB: peakMB(),
    checked: job.checked,
  };
};

/** Products of growing size, until one takes long enough to be timed. */
const measureRate = async (): Promise<WorkerRate> => {
  const product = P.compile((a: P.Tensor, b: P.Tensor) => P.matmul(a, b), {
    device: options.device,
  });
  let operationsPerSecond = 0;
  for (let n = 16; n <= 512; n *= 2) {
    const x = P.tensor(noise(n, n * n), { shape: [n, n] });
    const run = async (): Promise<number> => {
      const start = performance.now();
      const y = product(x, x);
      await P.ready(y);
      P.values(y);
      return performance.now() - start;
    };
    await run(); // compiles
    const ms = await run();
    operationsPerSecond = (2 * n ** 3) / (ms / 1000);
    if (ms > 20) break;
  }
  return { mode: P.deviceInfo(options.device).mode, operationsPerSecond };
};

const answer = await (options.rate ? measureRate() : timeCase()).catch((error: unknown) => ({
  error: String(error).split("\n")[0]?.slice(0, 300),
}));
console.log(JSON.stringify(answer));
process.exit(0); // devices may keep threads or adapters alive
