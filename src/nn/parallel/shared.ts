// What the threads of a trainer share: parameters, gradients, sums of squares, and barriers at which workers wait for each other. The main
// thread never waits: it resets barriers before a step, and breaks them when a worker is lost.

import type { Dtype } from "../../core/dtype.ts";

/** Elements of parameters and gradients. */
export type FloatArray = Float32Array<SharedArrayBuffer> | Float64Array<SharedArrayBuffer>;

/** The memory that all threads of a trainer see. */
export interface SharedMemory {
  /** How many workers have arrived at each barrier. */
  readonly arrived: Int32Array<SharedArrayBuffer>;
  /** All parameters. In a step everybody reads them before the first barrier, and writes its shard after the last. */
  readonly params: FloatArray;
  /** Sums of gradients, one for each node of sums.ts that a worker adds up by itself. */
  readonly slots: readonly FloatArray[];
  /** For each block the sum of the squares of the mean gradient. */
  readonly squares: Float64Array<SharedArrayBuffer>;
}

/** dtypes that parameters may have. */
export type FloatDtype = Extract<Dtype, "f32" | "f64">;

/** Zeros that threads share. */
const sharedFloats = (dtype: FloatDtype, size: number): FloatArray =>
  dtype === "f32"
    ? new Float32Array(new SharedArrayBuffer(4 * size))
    : new Float64Array(new SharedArrayBuffer(8 * size));

/** Where workers wait in a step: for all gradients, and for all sums of squares. */
export const barriers = { gradients: 0, squares: 1 } as const;

const count = Object.keys(barriers).length;
/** More than there can be workers: a barrier with so many arrivals is broken. */
const broken = 2 ** 20;

/** Shared memory for parameters of a size. */
export const sharedMemory = (
  dtype: FloatDtype,
  size: number,
  slots: number,
  blocks: number,
): SharedMemory => ({
  arrived: new Int32Array(new SharedArrayBuffer(4 * count)),
  params: sharedFloats(dtype, size),
  slots: Array.from({ length: slots }, () => sharedFloats(dtype, size)),
  squares: new Float64Array(new SharedArrayBuffer(8 * blocks)),
});

/** Makes barriers ready for a step; nobody may be at one. */
export const resetBarriers = ({ arrived }: SharedMemory): void => {
  for (let i = 0; i < count; i++) Atomics.store(arrived, i, 0);
};

/** Lets everybody go on who waits or will wait in this step; `arrive` tells them. */
export const breakBarriers = ({ arrived }: SharedMemory): void => {
  for (let i = 0; i < count; i++) {
    Atomics.add(arrived, i, broken);
    Atomics.notify(arrived, i);
  }
};

/** Waits, asleep, until as many workers as there are have come here. False where the barrier was broken before. */
export const arrive = (
  { arrived }: SharedMemory,
  barrier: (typeof barriers)[keyof typeof barriers],
  workers: number,
): boolean => {
  let here = Atomics.add(arrived, barrier, 1) + 1;
  if (here === workers) Atomics.notify(arrived, barrier);
  while (here < workers) {
    Atomics.wait(arrived, barrier, here);
    here = Atomics.load(arrived, barrier);
  }
  return here < broken;
};
