// The innermost loops of a product: a tile of four rows and eight columns of sums in registers, to which the outer product of a stretch of the left
// factor and one of the right is added (Goto & van de Geijn, "Anatomy of high-performance matrix multiplication", 2008).

import type { Axis } from "../../../kernel/expr.ts";
import { splat } from "../constants.ts";
import type { FunctionBuilder, Local } from "../wasm/function.ts";
import { advance } from "./pointers.ts";

/** How a factor lies in memory, in elements. */
export interface FactorView {
  /** From one tile's first row (or column) to the next row's: times the number of rows. */
  readonly tileStride: number;
  /** From row to row within a tile; columns within a tile are neighbours. */
  readonly laneStride: number;
  /** Along each summed axis. */
  readonly summedStrides: ReadonlyMap<Axis, number>;
}

/** What a tile is computed from and where it goes. */
export interface Tile {
  readonly rows: number;
  /** Columns that count; sums are kept for a multiple of four. */
  readonly columns: number;
  /** Addresses of the first elements of both factors. */
  readonly left: Local<"i32">;
  readonly right: Local<"i32">;
  readonly leftView: Pick<FactorView, "laneStride" | "summedStrides">;
  readonly rightView: Pick<FactorView, "summedStrides">;
  /** Address of the first sum, and bytes from row to row. */
  readonly sums: Local<"i32">;
  readonly rowBytes: number;
  /** Whether there is memory for four sums where fewer count. */
  readonly isPadded: boolean;
  /** Summed axes, the outer ones with all their turns, the last for `turns`. */
  readonly summed: readonly Axis[];
  readonly turns: Local<"i32"> | number;
  /** 0 where sums in memory are to be added to; absent where there are none. */
  readonly isFirst: Local<"i32"> | undefined;
}

const lanes = 4;
const bytes = 4;

/** Writes the code of a tile. */
export const writeTile = (f: FunctionBuilder, tile: Tile): void => {
  const vectors = Math.ceil(tile.columns / lanes);
  const sums = Array.from({ length: tile.rows }, () =>
    Array.from({ length: vectors }, () => f.local("v128")),
  );
  const zero = (): void => {
    for (const row of sums) for (const sum of row) f.set(sum, splat(f, 0));
  };
  const { isFirst } = tile;
  if (isFirst === undefined) zero();
  else
    f.if(f.get(isFirst), zero, () => {
      sums.forEach((row, i) => {
        row.forEach((sum, j) => {
          f.set(sum, f.memory("v128.load", i * tile.rowBytes + 16 * j, f.get(tile.sums)));
        });
      });
    });
  const left = f.let(f.get(tile.left));
  const right = f.let(f.get(tile.right));
  writeSums(f, tile, tile.summed, left, right, sums);
  f.release(left);
  f.release(right);
  sums.forEach((row, i) => {
    row.forEach((sum, j) => storeSums(f, tile, i, j, sum));
  });
  for (const row of sums) for (const sum of row) f.release(sum);
};

/** The loops over summed axes, moving both addresses along. */
const writeSums = (
  f: FunctionBuilder,
  tile: Tile,
  [over, ...inner]: readonly Axis[],
  left: Local<"i32">,
  right: Local<"i32">,
  sums: readonly (readonly Local<"v128">[])[],
): void => {
  if (over === undefined) return;
  const isLast = inner.length === 0;
  const { turns } = tile;
  const rest = f.let(
    isLast && typeof turns !== "number" ? f.get(turns) : f.i32(isLast ? Number(turns) : over.size),
  );
  f.doWhile(() => {
    if (isLast) writeOuterProduct(f, tile, left, right, sums);
    else {
      const [from, to] = [f.let(f.get(left)), f.let(f.get(right))];
      writeSums(f, tile, inner, from, to, sums);
      f.release(from);
      f.release(to);
    }
    advance(f, left, bytes * (tile.leftView.summedStrides.get(over) ?? 0));
    advance(f, right, bytes * (tile.rightView.summedStrides.get(over) ?? 0));
    return f.tee(rest, f.op("i32.sub", f.get(rest), f.i32(1)));
  });
  f.release(rest);
};

/** One element of each row times a vector of each four columns. */
const writeOuterProduct = (
  f: FunctionBuilder,
  { leftView }: Tile,
  left: Local<"i32">,
  right: Local<"i32">,
  sums: readonly (readonly Local<"v128">[])[],
): void => {
  const columns = (sums[0] ?? []).map((_, j) => f.let(f.memory("v128.load", 16 * j, f.get(right))));
  const element = f.local("v128");
  sums.forEach((row, i) => {
    f.set(element, f.memory("v128.load32_splat", bytes * leftView.laneStride * i, f.get(left)));
    row.forEach((sum, j) => {
      const column = columns[j] as Local<"v128">;
      f.set(
        sum,
        f.multiplyAdd(f.get(element), f.get(column), () => f.get(sum)),
      );
    });
  });
  f.release(element);
  for (const column of columns) f.release(column);
};

/** Stores four sums, or as many of them as count. */
const storeSums = (
  f: FunctionBuilder,
  { columns, isPadded, rowBytes, sums }: Tile,
  row: number,
  vector: number,
  value: Local<"v128">,
): void => {
  const offset = row * rowBytes + 16 * vector;
  const counting = columns - lanes * vector;
  if (isPadded || counting >= lanes) {
    f.memory("v128.store", offset, f.get(sums), f.get(value));
    return;
  }
  for (let lane = 0; lane < counting; lane++)
    f.laneMemory("v128.store32_lane", offset + bytes * lane, lane, f.get(sums), f.get(value));
};
