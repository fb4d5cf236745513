// What a call says when it says no.

import * as assert from "uvu/assert";
import { TensorError } from "../../src/index.ts";

/** The problem of a TensorError that a call throws or rejects with, and its message without the call site. */
export const refusalOf = async (
  run: () => unknown,
): Promise<{ readonly tag: string; readonly message: string }> => {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof TensorError)) throw error;
    return { tag: error.problem._tag, message: error.message.replace(/\n {2}at .*$/, "") };
  }
  return assert.unreachable("nothing was refused") as never; // it throws
};
