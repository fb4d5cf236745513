// Whether a function is being traced or differentiated right now. Compiled functions called in there become part of the outer
// graph instead of running. And whose derivative rule is running, for messages about the backward pass.

import type { Tensor } from "./tensor.ts";

let depth = 0;

/** Runs a function as the subject of a transform. */
export const withinTransform = <T>(run: () => T): T => {
  depth++;
  try {
    return run();
  } finally {
    depth--;
  }
};

/** Whether a transform is running the current code. */
export const isWithinTransform = (): boolean => depth > 0;

let pulled: Tensor | undefined;

/** Runs the derivative rule of a node. */
export const withinPullback = <T>(node: Tensor, run: () => T): T => {
  const outer = pulled;
  pulled = node;
  try {
    return run();
  } finally {
    pulled = outer;
  }
};

/** The node whose derivative rule is running, if one is. */
export const currentPullback = (): Tensor | undefined => pulled;
