// Whether a function is being traced or differentiated right now. Compiled functions called in there become part of the outer
// graph instead of running.

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
