// What lies where at the start of the memory, in bytes. Everything else is a heap.

/** Address 0 stays empty. */
const start = 64;

/** Cells that threads and the host talk through, each in a cache line of its own. */
export const cells = {
  /** 1 once an index was out of range; then the index, the size, and the number of the kernel. */
  failed: start,
  failedIndex: start + 4,
  failedSize: start + 8,
  failedKernel: start + 12,
  /** Threads that have reached the barrier, and how often all had. */
  arrived: start + 64,
  generation: start + 128,
  /** Threads that sleep at the barrier. */
  sleepers: start + 192,
  /** Rises by one with each job for the workers. */
  job: start + 256,
  /** What the job is: see threads/worker.ts. */
  jobArguments: start + 320,
  /** Workers that wait for the next job. */
  idle: start + 448,
  /** Which generation of workers is at work; those of an earlier one end. */
  team: start + 576,
  /** Set when a worker has failed: everybody stops waiting. */
  broken: start + 512,
} as const;

/**
 * Where the heap begins. Code in lanes may load from up to a mebibyte before a buffer, and as much behind it, where a condition says that the
 * values do not count.
 */
export const margin = 2 ** 20;
export const heapStart = 65536 + margin;

/** Every buffer begins at a multiple of this: a cache line. */
export const alignment = 64;
