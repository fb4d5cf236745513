// What an error says, without the place of the call, which differs from run to run.

import { TensorError } from "../../src/index.ts";

/** The message of the TensorError that is thrown, without the call site; "nothing thrown" where none is. */
export const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof TensorError) return error.message.split("\n  at ")[0] as string; // split gives at least one
    throw error;
  }
  return "nothing thrown";
};
