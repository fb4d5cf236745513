// The cases of single ops and short chains.

import * as P from "../../src/index.ts";
import type { Case } from "./case.ts";
import { opCase } from "./op.ts";

interface Rows {
  readonly rows: number;
  readonly columns: number;
}

const matmul = (n: number): Case =>
  opCase({
    name: `matmul${n}`,
    about: `product of two ${n} × ${n} matrices`,
    full: n,
    small: 19,
    work: (n) => 2 * n ** 3,
    shapes: (n) => [
      [n, n],
      [n, n],
    ],
    apply: (a, b) => P.matmul(a, b),
    entry: (n, [a, b], position) => {
      const [row, column] = [Math.floor(position / n), position % n];
      let sum = 0;
      for (let k = 0; k < n; k++) sum += Number(a?.[row * n + k]) * Number(b?.[k * n + column]);
      return sum;
    },
    tolerance: 1e-4, // up to 1024 terms in f32
  });

const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

interface Convolution {
  readonly n: number;
  readonly size: number;
  readonly channels: number;
}

const convolution = opCase<Convolution>({
  name: "conv3x3_64",
  about: "3 × 3 convolution of 4 images of 64 × 64, 64 channels to 64",
  full: { n: 4, size: 64, channels: 64 },
  small: { n: 2, size: 7, channels: 5 },
  work: ({ n, size, channels }) => 18 * n * size ** 2 * channels ** 2,
  shapes: ({ n, size, channels }) => [
    [n, size, size, channels],
    [3, 3, channels, channels],
  ],
  apply: (x, w) => P.conv2d({ pad: 1 })(x, w),
  entry: ({ size, channels }, [x, w], position) => {
    const filter = position % channels;
    const column = Math.floor(position / channels) % size;
    const row = Math.floor(position / (channels * size)) % size;
    const image = Math.floor(position / (channels * size * size));
    let sum = 0;
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        const [y, z] = [row + i - 1, column + j - 1];
        if (y < 0 || y >= size || z < 0 || z >= size) continue;
        for (let c = 0; c < channels; c++) {
          const pixel = x?.[((image * size + y) * size + z) * channels + c];
          sum += Number(pixel) * Number(w?.[((i * 3 + j) * channels + c) * channels + filter]);
        }
      }
    }
    return sum;
  },
  tolerance: 1e-4, // 576 terms in f32
});

const chain = opCase({
  name: "chain4M",
  about: "tanh(exp(0.2 x + 1)) of 2^22 numbers",
  full: 1 << 22,
  small: 1000,
  work: (n) => 50 * n, // two transcendental functions of about 25 operations
  shapes: (n) => [[n]],
  apply: (x) => P.tanh(P.exp(P.add(P.mul(x, 0.2), 1))),
  entry: (_, [x], i) => Math.tanh(Math.exp(0.2 * Number(x?.[i]) + 1)),
  tolerance: 1e-5,
});

const sum = opCase({
  name: "sum4M",
  about: "sum of 2^22 numbers",
  full: 1 << 22,
  small: 1000,
  work: (n) => n,
  shapes: (n) => [[n]],
  apply: (x) => P.sum(x),
  entry: (_, [x]) => (x ?? new Float32Array()).reduce((a, b) => a + b, 0),
  tolerance: 1e-2, // 2^22 terms in f32, added in any order
});

const rowShapes = ({ rows, columns }: Rows): readonly (readonly number[])[] => [[rows, columns]];
const full: Rows = { rows: 4096, columns: 512 };
const small: Rows = { rows: 6, columns: 33 };

/** The row that an entry belongs to, in f64. */
const rowOf = (columns: number, x: Float32Array | undefined, position: number): number[] => {
  const start = position - (position % columns);
  return [...(x ?? []).slice(start, start + columns)];
};

const softmax = opCase<Rows>({
  name: "softmax4096x512",
  about: "softmax of the rows of a 4096 × 512 matrix",
  full,
  small,
  work: ({ rows, columns }) => 30 * rows * columns,
  shapes: rowShapes,
  apply: (x) => P.softmax({ axis: -1 })(x),
  entry: ({ columns }, [x], position) =>
    Math.exp(Number(x?.[position])) / total(rowOf(columns, x, position).map(Math.exp)),
  tolerance: 1e-6,
});

const layerNorm = opCase<Rows>({
  name: "layernorm4096x512",
  about: "(x − mean) / √(variance + 1e-5) of the rows of a 4096 × 512 matrix",
  full,
  small,
  work: ({ rows, columns }) => 8 * rows * columns,
  shapes: rowShapes,
  apply: (x) => {
    const over = { axis: -1, keepDims: true };
    const centred = P.sub(x, P.mean(over)(x));
    return P.mul(centred, P.rsqrt(P.add(P.variance({ ...over, correction: 0 })(x), 1e-5)));
  },
  entry: ({ columns }, [x], position) => {
    const row = rowOf(columns, x, position);
    const mean = total(row) / columns;
    const variance = total(row.map((value) => (value - mean) ** 2)) / columns;
    return (Number(x?.[position]) - mean) / Math.sqrt(variance + 1e-5);
  },
  tolerance: 1e-4,
});

const transpose = opCase<Rows>({
  name: "transpose2048",
  about: "transposed copy of a 2048 × 2048 matrix",
  full: { rows: 2048, columns: 2048 },
  small: { rows: 5, columns: 7 },
  work: ({ rows, columns }) => rows * columns,
  shapes: rowShapes,
  apply: (x) => P.transpose(x),
  entry: ({ rows, columns }, [x], position) =>
    Number(x?.[(position % rows) * columns + Math.floor(position / rows)]),
  tolerance: 0,
});

/** Single ops and short chains. */
export const kernelCases: readonly Case[] = [
  matmul(256),
  matmul(512),
  matmul(1024),
  convolution,
  chain,
  softmax,
  layerNorm,
  sum,
  transpose,
];
