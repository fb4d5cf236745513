// Where the time of programs goes: with PULLBACK_PROFILE=1 every program tells the main thread's clock when it begins a step, and a table of kernels is
// printed when the process ends. Waiting for other threads counts to the step before.

import type { PlanStep } from "../../compile/plan.ts";
import { pointsOf } from "../../kernel/contraction.ts";
import { countTurns } from "../../kernel/kernel.ts";

interface Entry {
  label: string;
  ms: number;
  calls: number;
  turns: number;
}

const entries = new Map<string, Entry>();
let steps: readonly Entry[] = [];
let running = -1;
let since = 0;

/** Whether times are taken. */
export const isProfiling = (): boolean => {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.["PULLBACK_PROFILE"] === "1";
};

/** What a program imports: hears the number of each step that begins, and −1 at the end. */
export const mark = (step: number): void => {
  const now = performance.now();
  const entry = steps[running];
  if (entry !== undefined) {
    entry.ms += now - since;
    entry.calls++;
  }
  running = step;
  since = now;
};

const entryOf = ({ kernel }: PlanStep): Entry => {
  const known = entries.get(kernel.key);
  if (known !== undefined) return known;
  const turns = pointsOf(kernel.axes) * Math.max(1, countTurns(kernel.body));
  const label = `${kernel.label} [${kernel.axes.map(({ size }) => size).join()}]`;
  const entry: Entry = { label, ms: 0, calls: 0, turns };
  entries.set(kernel.key, entry);
  return entry;
};

const known = new WeakMap<readonly PlanStep[], readonly Entry[]>();

/** Says which program runs next. */
export const profileProgram = (of: readonly PlanStep[]): void => {
  const found = known.get(of) ?? of.map(entryOf);
  known.set(of, found);
  steps = found;
};

/** The table: milliseconds, share, calls, microseconds a call, thousand million turns of the innermost loop a second, kernel. */
export const printProfile = (): string => {
  const all = [...entries.values()].filter(({ calls }) => calls > 0).sort((a, b) => b.ms - a.ms);
  const total = all.reduce((sum, { ms }) => sum + ms, 0);
  return all
    .map(({ label, ms, calls, turns }) =>
      [
        ms.toFixed(1).padStart(9),
        `${((100 * ms) / total).toFixed(1)}%`.padStart(7),
        String(calls).padStart(7),
        ((1000 * ms) / calls).toFixed(1).padStart(10),
        ((turns * calls) / ms / 1e6).toFixed(2).padStart(8),
        ` ${label}`,
      ].join(" "),
    )
    .join("\n");
};

/** Has the table printed when the process ends. */
export const printAtExit = (): void => {
  const { process } = globalThis as {
    process?: { on?: (event: "exit", listener: () => void) => void };
  };
  process?.on?.("exit", () => {
    console.error(`ms, share, calls, µs a call, 10⁹ turns a second, kernel\n${printProfile()}`);
  });
};
