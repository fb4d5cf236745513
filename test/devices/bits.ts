// The bits of what a device computes when there is work enough for several threads: they have to be the same however many share it.

import { noise } from "../../bench/cases/case.ts";
import * as P from "../../src/index.ts";

/** What a device computed. */
export interface Bits {
  /** A hash of each result in the first run, before other threads have started, and in the last. */
  readonly first: readonly string[];
  readonly last: readonly string[];
  /** How often work was given to other threads. */
  readonly jobs: number;
  readonly info: P.DeviceInfo;
}

/** How long to compute. */
export interface BitsOptions {
  /** Until other threads have taken part in so many runs, */
  readonly jobs: number;
  /** or for so long. */
  readonly timeoutMs: number;
}

const draw = (shape: readonly number[], seed: number): P.Tensor =>
  P.tensor(
    noise(
      seed,
      shape.reduce((a, b) => a * b, 1),
    ),
    { shape },
  );

/** Attention and its gradients: products, reductions, functions, transpositions; of 65 rows, which no number of threads divides. */
const work = (x: P.Tensor, p: P.Tensor, q: P.Tensor) => {
  const attend = (a: P.Tensor, b: P.Tensor): P.Tensor => {
    const [keys, queries] = [P.matmul(x, a), P.tanh(P.matmul(x, b))];
    const scores = P.softmax({ axis: 2 })(P.matmul(queries, P.permute([0, 2, 1])(keys)));
    return P.mean(P.square(P.matmul(scores, P.exp(P.mul(keys, 0.1)))));
  };
  const [loss, gradients] = P.valueAndGrad(attend, { argnums: [0, 1] })(p, q);
  return { loss, gradients, sums: P.cumsum({ axis: 1 })(P.sum({ axis: 2 })(x)) };
};

/** FNV-1a of the bits, in hexadecimal. */
const hash = (x: P.Tensor): string => {
  const { buffer, byteOffset, byteLength } = P.values(x);
  let h = 0x811c9dc5;
  for (const byte of new Uint8Array(buffer, byteOffset, byteLength))
    h = Math.imul(h ^ byte, 0x01000193) >>> 0;
  return h.toString(16);
};

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** Computes the same again and again. */
export const bitsOf = async (device: P.DeviceName, options: BitsOptions): Promise<Bits> => {
  let jobs = 0;
  const { notify } = Atomics;
  // The main thread wakes the others for each job, and for nothing else.
  Atomics.notify = (words: Int32Array | BigInt64Array, ...rest) => {
    jobs++;
    return notify(words as Int32Array, ...rest);
  };
  try {
    const compiled = P.compile(work, { device });
    const args = [draw([4, 65, 128], 1), draw([128, 96], 2), draw([128, 96], 3)] as const;
    const run = async (): Promise<readonly string[]> => {
      const { loss, gradients, sums } = compiled(...args);
      return (await Promise.all([loss, ...gradients, sums].map(P.ready))).map(hash);
    };
    const first = await run();
    let last = first;
    const end = performance.now() + options.timeoutMs;
    do {
      await nextTurn(); // in which workers start
      last = await run();
    } while (jobs < options.jobs && performance.now() < end);
    return { first, last, jobs, info: P.deviceInfo(device) };
  } finally {
    Atomics.notify = notify;
  }
};
