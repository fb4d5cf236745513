// A line on a terminal about what takes long before training begins.

import type { Output } from "../../src/nn/index.ts";

/** Says what is being done, and for how long; the line is gone when it is done. */
export interface Notice {
  readonly say: (text: string) => void;
  readonly stop: () => void;
}

/** Says nothing. */
export const noNotice: Notice = { say: () => undefined, stop: () => undefined };

/**
 * A notice on a terminal, which is first seen after `everyMs` and then renewed as often; silent where the output is none, so that logs stay
 * free of it.
 */
export const noticeOn = (output: Output, everyMs = 1000): Notice => {
  if (output.isTTY !== true) return noNotice;
  const startedAt = performance.now();
  let text = "";
  let isShown = false;
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    output.write(`\r\x1b[K${text}, ${seconds} s`); // to the left, and erased to the right
    isShown = true;
  }, everyMs);
  return {
    say: (next) => {
      text = next;
    },
    stop: () => {
      clearInterval(timer);
      if (isShown) output.write("\r\x1b[K");
    },
  };
};
