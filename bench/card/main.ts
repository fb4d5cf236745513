// npm run bench:card: where a step spends its time on a graphics card, kernel by kernel.

import { parseArgs } from "node:util";
import type { Plan } from "../../src/core/compile/plan.ts";
import { countTurns } from "../../src/core/kernel/kernel.ts";
import { openDevice, printDevice, printProblem } from "../../src/index.ts";
import { chosenCases } from "../cases/index.ts";
import { listed, positive } from "../options.ts";
import { Clock, type Dispatch } from "./timestamps.ts";

const device = "gpu:webgpu";
const warmUp = 8;
const usualTop = 16;

const help = `npm run bench:card -- [options]

Runs a step on gpu:webgpu with timestamps around every kernel, and prints the kernels that took longest: microseconds of all their
runs, runs, thousand million turns of the innermost loop a second, label, loops. The clock of some drivers ticks every 65 µs.

  --case a,b      these cases; without it, all (npm run bench -- --list names them)
  --top N         kernels to print (${usualTop})
  --small         tiny sizes, as for tests
  --help          this text

A software rasteriser is taken where no card answers, and said; VK_DRIVER_FILES names one.`;

interface Row {
  readonly label: string;
  us: number;
  runs: number;
  turns: number;
}

/** Times by kernel. Dispatches come in the order of the plan's steps that compute anything. */
const rowsOf = (plan: Plan, dispatches: readonly Dispatch[]): readonly Row[] => {
  const steps = plan.steps.filter(({ kernel }) => kernel.output.size > 0);
  if (steps.length !== dispatches.length)
    throw new Error(`bench:card: ${steps.length} kernels, but ${dispatches.length} dispatches`);
  const rows = new Map<string, Row>();
  steps.forEach(({ kernel }, i) => {
    const { begin, end } = dispatches[i] as Dispatch; // as many
    const row = rows.get(kernel.key) ?? {
      label: `${kernel.label} [${kernel.axes.map(({ size }) => size).join(", ")}]`,
      ...{ us: 0, runs: 0, turns: 0 },
    };
    row.us += end - begin;
    row.runs++;
    row.turns += kernel.output.size * Math.max(1, countTurns(kernel.body));
    rows.set(kernel.key, row);
  });
  return [...rows.values()].sort((a, b) => b.us - a.us);
};

const print = ({ label, us, runs, turns }: Row): string =>
  [
    us.toFixed(1).padStart(10),
    String(runs).padStart(5),
    (us === 0 ? "" : (turns / us / 1000).toFixed(1)).padStart(9),
    ` ${label}`,
  ].join(" ");

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      case: { type: "string", default: "" },
      top: { type: "string" },
      small: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(help);
  const chosen = chosenCases(listed(values.case));
  const top = positive("top", values.top) ?? usualTop;
  const scale = values.small ? "small" : "full";
  const clock = new Clock();
  const opened = await openDevice(device, { allowSoftware: true })();
  if (opened._tag === "Left") throw new Error(`bench:card: ${printProblem(opened.left)}`);
  console.log(printDevice(opened.right));
  for (const it of chosen) {
    const plan = it.plan(device, scale);
    const job = await it.start(scale, device);
    for (let i = 0; i < warmUp; i++) await job.run();
    const start = performance.now();
    await job.run();
    const plain = performance.now() - start;
    const dispatches = await clock.record(job.run);
    const span = (dispatches.at(-1)?.end ?? 0) / 1000;
    console.log(
      `\n${it.name}: ${plain.toFixed(2)} ms a step; ${dispatches.length} dispatches, ${span.toFixed(2)} ms from the first to the last with the clock`,
    );
    for (const row of rowsOf(plan, dispatches).slice(0, top)) console.log(print(row));
  }
};

try {
  await main();
  process.exit(0); // Dawn keeps the process alive
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(2);
}
