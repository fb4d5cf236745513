// Hyper-parameters that may change from update to update, and how a transformation counts updates
// for them.

import type { Dtype } from "../../core/dtype.ts";
import type { Tensor } from "../../core/tensor.ts";
import { add, cast } from "../../ops/arithmetic.ts";
import { scalar } from "../../ops/create.ts";
import type { Schedule } from "../schedule.ts";

/** A hyper-parameter: a number, or a schedule, which is given the number of updates so far. */
export type Setting = number | Schedule;

/** A setting at one update: a number as it is, a schedule's value as a scalar of `dtype`. */
export const settingAt = (setting: Setting, count: Tensor, dtype: Dtype): Tensor | number =>
  typeof setting === "number" ? setting : setting(cast(dtype)(count));

/** The number of updates so far, i32 []; no field where nothing depends on it. */
export interface Counted {
  readonly count?: Tensor;
}

/** A counter at 0 if any setting is a schedule. */
export const startCount = (settings: readonly Setting[]): Counted =>
  settings.every((setting) => typeof setting === "number") ? {} : { count: scalar(0, "i32") };

/** The counter after one more update. */
export const countOn = ({ count }: Counted): Counted =>
  count === undefined ? {} : { count: add(count, 1) };

/** Reads settings at an update: what `settingAt` says for the counter, if there is one. */
export const readSettings =
  ({ count = scalar(0, "i32") }: Counted) =>
  (setting: Setting, dtype: Dtype): Tensor | number =>
    settingAt(setting, count, dtype);

/** The dtype of scalars that are kept beside a tree: that of its first leaf, f32 where it has none. */
export const scalarDtype = (leaves: readonly Tensor[]): Dtype => leaves[0]?.dtype ?? "f32";
