// What a table of the study is, and the runs that one needs.

import type * as Study from "../../study/study.ts";
import type { DataName } from "./cases.ts";
import { type ContenderName, contenders } from "./contenders.ts";
import type { Job, Result } from "./jobs.ts";

/** One table of the study. */
export type Table = Study.Table<Job, Result>;

const usualWindow = 12;

/** The runs of contenders on data, with windows of 12 steps: one for a baseline, one for each seed of a model. */
export const runsOf = (
  data: DataName,
  names: readonly ContenderName[],
  seeds: readonly number[],
  window = usualWindow,
): readonly Job[] =>
  names.flatMap((contender): readonly Job[] =>
    contenders[contender].kind === "baseline"
      ? [{ data, window, contender, seed: null }]
      : seeds.map((seed) => ({ data, window, contender, seed })),
  );
