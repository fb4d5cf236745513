// Strict mode: whatever would run elsewhere or otherwise than it was asked for is an error instead.

import { fail } from "../errors.ts";

const fromEnvironment = (): boolean =>
  typeof process !== "undefined" && process.env?.["PULLBACK_STRICT"] === "1";

let strict: boolean | undefined;

/** Whether fallbacks are errors: what `setStrict` said last, else whether the environment has PULLBACK_STRICT=1. */
export const isStrict = (): boolean => strict ?? fromEnvironment();

/** Turns every fallback into an error, or back into a report in `deviceInfo().fallback`. */
export const setStrict = (value: boolean): void => {
  strict = value;
};

/** Fails in strict mode, with what fell back and why. */
export const refuseFallback = (
  device: string,
  what: string,
  hint = "setStrict(false) allows it",
): void => {
  if (isStrict()) fail(device, "DeviceFailure", "no fallback in strict mode expected", what, hint);
};
