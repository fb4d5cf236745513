// What lies where at the start of the memory, in bytes. Everything else is a heap.

import { constantBytes } from "./constants.ts";

/** Cells that threads and the host talk through, each in a cache line of its own. */
export const cells = {
  /** 1 once an index was out of range; then the index, the size, and the number of the kernel. */
  failed: constantBytes,
  failedIndex: constantBytes + 4,
  failedSize: constantBytes + 8,
  failedKernel: constantBytes + 12,
  /** Threads that have reached the barrier, and how often all had. */
  arrived: constantBytes + 64,
  generation: constantBytes + 128,
  /** Threads that sleep at the barrier. */
  sleepers: constantBytes + 192,
  /** Rises by one with each job for the workers. */
  job: constantBytes + 256,
  /** What the job is: see threads/worker.ts. */
  jobArguments: constantBytes + 320,
  /** Workers that wait for the next job. */
  idle: constantBytes + 448,
  /** Which generation of workers is at work; those of an earlier one end. */
  team: constantBytes + 576,
  /** Set when a worker has failed: everybody stops waiting. */
  broken: constantBytes + 512,
} as const;

/**
 * Where the heap begins. Code in lanes may load from up to a mebibyte before a buffer, and as much behind it, where a condition says that the
 * values do not count.
 */
export const margin = 2 ** 20;
export const heapStart = 2 * constantBytes + margin;

/** Every buffer begins at a multiple of this: a cache line. */
export const alignment = 64;
