// Early stopping as a pure function from one check to the next. Its state is plain data, so that a checkpoint can hold it. After Prechelt,
// "Early stopping – but when?", 1998: stop when a watched number has not improved for some checks.

/** What to watch, and when to give up. */
export interface StoppingOptions {
  /** Whether lower or higher is better; default "min". */
  readonly mode?: "min" | "max";
  /** By how much a number must be better than the best so far to count as an improvement; default 0. */
  readonly minDelta?: number;
  /** After how many checks in a row without improvement to stop, as Keras and Lightning count; default: never. */
  readonly patience?: number;
  /** Whether a number that is not finite stops at once; default true. Otherwise it counts as no improvement. */
  readonly checkFinite?: boolean;
}

/** What was seen so far. */
export interface StoppingState {
  readonly checks: number;
  /** The best number so far, and at which check, from 1; absent before the first finite one. */
  readonly best?: number;
  readonly bestCheck?: number;
  /** Checks in a row without improvement. */
  readonly waited: number;
  /** Why training should stop; absent while it should go on. */
  readonly reason?: "patience" | "not finite";
}

/** Nothing was seen yet. */
export const beginStopping: StoppingState = { checks: 0, waited: 0 };

/** Whether a number is better than another by more than `minDelta`. */
export const isBetter = (
  value: number,
  than: number | undefined,
  { mode = "min", minDelta = 0 }: StoppingOptions,
): boolean => {
  if (!Number.isFinite(value)) return false;
  if (than === undefined) return true;
  return mode === "min" ? value < than - minDelta : value > than + minDelta;
};

/**
 * The state after one more check.
 *
 * @example
 * const check = stopping({ patience: 2 });
 * const [bad, good] = [[3, 2, 2, 2], [3, 2, 2, 1]] as const;
 * bad.reduce(check, beginStopping).reason // patience
 * good.reduce(check, beginStopping).reason // undefined
 */
export const stopping =
  (options: StoppingOptions) =>
  (state: StoppingState, value: number): StoppingState => {
    const { patience = Number.POSITIVE_INFINITY, checkFinite = true } = options;
    const checks = state.checks + 1;
    if (isBetter(value, state.best, options))
      return { checks, best: value, bestCheck: checks, waited: 0 };
    const { reason: _before, ...seen } = state;
    const waited = state.waited + 1;
    if (checkFinite && !Number.isFinite(value))
      return { ...seen, checks, waited, reason: "not finite" };
    return waited >= patience
      ? { ...seen, checks, waited, reason: "patience" }
      : { ...seen, checks, waited };
  };
