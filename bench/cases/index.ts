// Every benchmark case, by the names and sizes that the peers share.

import type { Case } from "./case.ts";
import { gptCase } from "./gpt.ts";
import { kernelCases } from "./kernels.ts";
import { segnetCase } from "./segnet.ts";
import { smallModelCases } from "./tgcn.ts";

export type { Case, Job, Scale } from "./case.ts";

/** All cases, in the order in which they run. */
export const cases: readonly Case[] = [...kernelCases, ...smallModelCases, gptCase, segnetCase];
