// Register tiles of a product by size: how fast the tile writer's code is while both factors stay in the first-level cache. The choice of tileRows and
// tileColumns (src/core/device/cpu/contract/blocking.ts) is made from this table.

import { tileColumns, tileRows } from "../../src/core/device/cpu/contract/blocking.ts";
import { writeTile } from "../../src/core/device/cpu/contract/tile.ts";
import type { FunctionBuilder } from "../../src/core/device/cpu/wasm/function.ts";
import { axis } from "../../src/core/kernel/expr.ts";
import { noise } from "../cases/case.ts";
import { type Operation, operations } from "./peaks.ts";
import { type Kernel, kernelCode, places, type Team } from "./team.ts";

/** Rows and columns of a tile. */
export interface TileSize {
  readonly rows: number;
  readonly columns: number;
}

/** How fast one thread is with a tile. */
export interface TileSpeed extends TileSize {
  readonly operation: Operation;
  readonly gflops: number;
  /** Whether it is the one that products use. */
  readonly isChosen: boolean;
}

const sizes: readonly TileSize[] = [
  [4, 8],
  [5, 8],
  [6, 8],
  [3, 12],
  [4, 12],
  [2, 16],
  [8, 4],
].map(([rows, columns]) => ({ rows, columns }) as TileSize); // pairs

/** Terms of every sum. */
export const terms = 256;
const runs = 4000;
const rowBytes = 64;
const left = places.tiles;
const right = left + 4 * terms * 8;
const sums = right + 4 * terms * 16;

const nameOf = (operation: Operation, { rows, columns }: TileSize): string =>
  `${operation} ${rows} × ${columns}`;

const writeRuns = (operation: Operation, { rows, columns }: TileSize): FunctionBuilder => {
  const f = kernelCode(operation === "fused");
  const summed = axis(terms);
  const viewOf = (lanes: number) => ({
    tileStride: lanes * terms,
    laneStride: 1,
    summedStrides: new Map([[summed, lanes]]),
  });
  f.for(f.local("i32"), 0, f.param(0), 1, () => {
    writeTile(f, {
      ...{ rows, columns, rowBytes },
      ...{ left: f.param(1), right: f.param(2), sums: f.param(3) },
      ...{ leftView: viewOf(rows), rightView: viewOf(columns) },
      ...{ summed: [summed], turns: terms, isFirst: undefined },
      ...{ isPadded: true },
    });
  });
  return f;
};

/** Kernels of (runs, left, right, sums). */
export const tileKernels = (): readonly Kernel[] =>
  operations().flatMap((operation) =>
    sizes.map((size) => ({ name: nameOf(operation, size), code: writeRuns(operation, size) })),
  );

/** Compares the tile in memory with sums in f64. */
const check = ({ memory }: Team, name: string, { rows, columns }: TileSize): void => {
  const floats = new Float32Array(memory);
  const at = (address: number, i: number): number => floats[address / 4 + i] as number; // within the memory
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < terms; k++) sum += at(left, k * rows + i) * at(right, k * columns + j);
      const found = at(sums + i * rowBytes, j);
      // 256 terms of at most 1 in f32
      if (!(Math.abs(found - sum) < 1e-4))
        throw new Error(`bench: tile ${name}: sum ${i}, ${j} is ${found}, ${sum} expected`);
    }
  }
};

/** All tiles, on one thread. */
export const measureTiles = (team: Team): readonly TileSpeed[] => {
  new Float32Array(team.memory, left, (sums - left) / 4).set(noise(1, (sums - left) / 4));
  return operations().flatMap((operation) =>
    sizes.map((size) => {
      const name = nameOf(operation, size);
      const seconds = team.fastest(name, [[runs, left, right, sums]]);
      check(team, name, size);
      return {
        ...size,
        operation,
        gflops: (2 * size.rows * size.columns * terms * runs) / seconds / 1e9,
        isChosen: size.rows === tileRows && size.columns === tileColumns,
      };
    }),
  );
};
