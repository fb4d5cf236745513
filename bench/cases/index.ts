// Every benchmark case, by the names and sizes that the peers share.

import type { Case } from "./case.ts";
import { gptCase } from "./gpt.ts";
import { kernelCases } from "./kernels.ts";
import { segnetCase } from "./segnet.ts";
import { smallModelCases } from "./tgcn.ts";

export type { Case, Job, Scale } from "./case.ts";

/** All cases, in the order in which they run. */
export const cases: readonly Case[] = [...kernelCases, ...smallModelCases, gptCase, segnetCase];

/** The cases named on the command line, or all when none is; throws a one-line error at a name that is unknown. */
export const chosenCases = (names: readonly string[]): readonly Case[] => {
  if (names.length === 0) return cases;
  return names.map((name) => {
    const found = cases.find((it) => it.name === name);
    if (found !== undefined) return found;
    const expected = cases.map((it) => it.name).join(", ");
    throw new Error(`bench: --case: one of ${expected} expected, got "${name}"`);
  });
};
