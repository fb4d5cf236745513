// How fast memory is read and copied, from sets that fit the caches and one that fits none. Threads share a set: each has a stretch of its own.

import type { FunctionBuilder, Local } from "../../src/core/device/cpu/wasm/function.ts";
import {
  type Arguments,
  forThreads,
  type Kernel,
  kernelCode,
  places,
  resultOf,
  type Team,
  threadCounts,
} from "./team.ts";

/** Sizes of the sets in bytes. Copying goes from one half to the other. */
const setBytes: readonly number[] = [2 ** 14, 2 ** 18, 2 ** 22, 2 ** 24, 2 ** 26];

/** What is done with a set. */
export const accesses = ["read", "copy"] as const;

/** What is done with a set. */
export type Access = (typeof accesses)[number];

/** Bytes a second of so many threads, in 10⁹; a byte that is copied counts twice, read and written. */
export interface Bandwidth {
  readonly access: Access;
  readonly bytes: number;
  readonly threads: number;
  readonly gbps: number;
}

/** Vectors of one turn: a cache line. Longer turns were slower (AMD Zen 5, V8 of Node 20). */
const vectors = 4;
/** Bytes of one turn of the loop. */
const turnBytes = 16 * vectors;
/** Bytes of one measurement. */
const wantedBytes = 2 ** 27;

const writeTurns = (f: FunctionBuilder, turn: (at: Local<"i32">) => void): void => {
  const at = f.local("i32");
  f.for(f.local("i32"), 0, f.param(0), 1, () => {
    f.for(at, f.param(1), f.param(2), turnBytes, () => turn(at));
  });
};

/** Adds up the lanes as whole numbers: what costs least and still needs every byte. */
const writeRead = (): FunctionBuilder => {
  const f = kernelCode();
  const sums = Array.from({ length: vectors }, () => f.let(f.op("i32x4.splat", f.i32(0))));
  writeTurns(f, (at) => {
    sums.forEach((sum, i) => {
      f.set(sum, f.op("i32x4.add", f.get(sum), f.memory("v128.load", 16 * i, f.get(at))));
    });
  });
  const total = f.let(f.op("i32x4.splat", f.i32(0)));
  for (const sum of sums) f.set(total, f.op("i32x4.add", f.get(total), f.get(sum)));
  f.memory("v128.store", 0, f.get(f.param(3)), f.get(total));
  return f;
};

const writeCopy = (): FunctionBuilder => {
  const f = kernelCode();
  const target = f.local("i32");
  const distance = f.let(f.op("i32.sub", f.get(f.param(3)), f.get(f.param(1))));
  writeTurns(f, (at) => {
    f.set(target, f.op("i32.add", f.get(at), f.get(distance)));
    for (let i = 0; i < vectors; i++) {
      const offset = 16 * i;
      f.memory("v128.store", offset, f.get(target), f.memory("v128.load", offset, f.get(at)));
    }
  });
  return f;
};

/** Kernels of (runs, from, to, result) and (runs, from, to, target). */
export const bandwidthKernels = (): readonly Kernel[] => [
  { name: "read", code: writeRead() },
  { name: "copy", code: writeCopy() },
];

/** How a set is shared among threads, and the bytes that they touch in one run: all but a rest. */
const share = (access: Access, bytes: number, threads: number, runs: number) => {
  const whole = access === "read" ? bytes : bytes / 2;
  const part = Math.floor(whole / threads / turnBytes) * turnBytes;
  const args = forThreads(threads, (thread): Arguments => {
    const from = places.sets + thread * part;
    return [runs, from, from + part, access === "read" ? resultOf(thread) : from + whole];
  });
  return { args, touched: part * threads * (access === "read" ? 1 : 2) };
};

const wordsAt = ({ memory }: Team, from: number, to: number): Int32Array =>
  new Int32Array(memory, from, (to - from) / 4);

/** Runs once and looks whether every byte was read or copied. */
const check = (team: Team, access: Access, args: readonly Arguments[]): void => {
  team.time(access, args);
  for (const [, from, to, target] of args) {
    const source = wordsAt(team, from, to);
    const isRight =
      access === "copy"
        ? wordsAt(team, target, target + to - from).every((word, i) => word === source[i])
        : addUp(source) === addUp(wordsAt(team, target, target + 16));
    if (!isRight) throw new Error(`bench: ${access} of ${to - from} bytes is wrong`);
  }
};

const addUp = (words: Int32Array): number => {
  let sum = 0;
  for (const word of words) sum = (sum + word) | 0;
  return sum;
};

const measureOne = (team: Team, access: Access, bytes: number, threads: number): Bandwidth => {
  check(team, access, share(access, bytes, threads, 1).args);
  const runs = wantedBytes / bytes;
  const { args, touched } = share(access, bytes, threads, runs);
  return { access, bytes, threads, gbps: (touched * runs) / team.fastest(access, args) / 1e9 };
};

/** The bandwidths of all sets, of one thread and of all. */
export const measureBandwidths = (team: Team): readonly Bandwidth[] => {
  // Pages that nobody has written to are all one page.
  const words = wordsAt(team, places.sets, places.end);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 0x9e3779b1);
  return setBytes.flatMap((bytes) =>
    accesses.flatMap((access) =>
      threadCounts(team).map((threads) => measureOne(team, access, bytes, threads)),
    ),
  );
};
