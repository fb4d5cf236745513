// What the function of a kernel is called with.

/**
 * Parameters by position: the units to compute, memory of the thread's own, memory that the phases of a kernel share, the output. Pointers to the
 * inputs come after.
 */
export const parameters = {
  begin: 0,
  end: 1,
  scratch: 2,
  packed: 3,
  output: 4,
  inputs: 5,
} as const;
