// What is timed with and without shared work, and how: in this process, or in a page of a browser.

import * as P from "../../src/index.ts";
import { noise } from "../cases/case.ts";
import { measure, median } from "../measure.ts";

/** A program of one kernel, or of a few that one op makes. */
interface Work {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly run: (...args: readonly P.Tensor[]) => P.Tensor;
}

const product = (m: number, k: number, n: number): Work => ({
  name: `product ${m} × ${k} × ${n}`,
  shapes: [
    [m, k],
    [k, n],
  ],
  run: (a, b) => P.matmul(a as P.Tensor, b as P.Tensor),
});

const convolution = (images: number, side: number, channels: number, filters: number): Work => ({
  name: `convolution 3 × 3, ${images} × ${side}² × ${channels} → ${filters}`,
  shapes: [
    [images, side, side, channels],
    [3, 3, channels, filters],
  ],
  run: (x, w) => P.conv2d({ pad: 1 })(x as P.Tensor, w as P.Tensor),
});

const rows = (count: number, length: number): Work => ({
  name: `softmax ${count} × ${length}`,
  shapes: [[count, length]],
  run: (x) => P.softmax({ axis: 1 })(x as P.Tensor),
});

const total = (size: number): Work => ({
  name: `sum of ${size}`,
  shapes: [[size]],
  run: (x) => P.sum(x as P.Tensor),
});

const works: readonly Work[] = [
  product(32, 32, 32),
  product(64, 64, 64),
  product(128, 128, 128),
  product(256, 256, 256),
  product(512, 512, 512),
  product(32, 4096, 32),
  product(1024, 16, 1024),
  convolution(8, 32, 3, 16),
  convolution(8, 32, 16, 32),
  convolution(8, 16, 64, 64),
  rows(64, 64),
  rows(512, 512),
  rows(32, 8192),
  total(2 ** 20),
];

/** One of them, timed. */
export interface WorkTiming {
  readonly name: string;
  /** Median milliseconds of a call, its result awaited. */
  readonly ms: number;
}

/** What was timed on a device, and what it says of itself. */
export interface Timings {
  readonly info: P.DeviceInfo;
  readonly timings: readonly WorkTiming[];
}

const tolerance = 1e-4;

/** Median milliseconds; the first result is compared with the reference before. */
const time = async ({ name, shapes, run }: Work, device: string, runs: number): Promise<number> => {
  const args = shapes.map((shape, i) =>
    P.tensor(
      noise(
        i + 1,
        shape.reduce((n, size) => n * size, 1),
      ),
      { shape },
    ),
  );
  const on = (where: string) => P.compile((...xs: P.Tensor[]) => run(...xs), { device: where });
  const ours = on(device);
  const expected = P.values(on("reference")(...args));
  const check = (found: ArrayLike<number>): void =>
    expected.forEach((y, i) => {
      if (!(Math.abs(Number(found[i]) - y) <= tolerance * (1 + Math.abs(y))))
        throw new Error(`${name} on ${device}: element ${i} is ${found[i]}, ${y} expected`);
    });
  const { samples } = await measure(async () => P.values(await P.ready(ours(...args))), check, {
    repeat: runs,
    budgetMs: Number.POSITIVE_INFINITY,
  });
  return median(samples);
};

/** Times everything on a device, which may be a software rasteriser: that is what is asked for. */
export const timeAll = async (device: string, runs: number): Promise<Timings> => {
  const opened = await P.openDevice(device, { allowSoftware: true })();
  if (opened._tag === "Left") throw new Error(P.printProblem(opened.left));
  const timings: WorkTiming[] = [];
  for (const work of works) timings.push({ name: work.name, ms: await time(work, device, runs) });
  return { info: P.deviceInfo(device), timings };
};
