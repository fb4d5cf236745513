// Contractions in tiles: the threads of a group copy a tile of each factor into memory that they share, and each computes a block of the
// product from there, so that a factor is read once for each tile and not once for each element. The factors are whatever the kernel
// multiplies, read at whatever indices (matrices, windows of images, gradients of either), and the elementwise work after the sum stays in
// the kernel.

import { type Contraction, contractionAnywhere, pointsOf } from "../../../kernel/contraction.ts";
import type { Axis, Expr } from "../../../kernel/expr.ts";
import { exprsOf, type Kernel } from "../../../kernel/kernel.ts";
import { hasUnitStride } from "../../../kernel/nest.ts";
import type { GpuLimits } from "./api.ts";
import type { Tuning } from "./entry.ts";
import type { EntryPoint } from "./kernels.ts";
import { canPrint, nameOf, prelude, printAfter, printExprs, printPoint } from "./wgsl.ts";

/** Sizes of tiles. */
interface Tile {
  /** Rows and columns of the product that a group computes, and the terms that it takes at a time. */
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Rows and columns that one thread computes. */
  readonly block: number;
}

const large: Tile = { rows: 64, columns: 64, depth: 16, block: 4 };
const small: Tile = { rows: 32, columns: 32, depth: 16, block: 4 };

const tileFor = ({ rows, columns }: Contraction): Tile =>
  pointsOf(rows) >= 48 && pointsOf(columns) >= 48 ? large : small;

const threadsOf = ({ rows, columns, block }: Tile): number => (rows / block) * (columns / block);

/** Bytes that a group shares. One element more in each row keeps the threads off one another's banks. */
const sharedBytes = ({ rows, columns, depth }: Tile): number =>
  4 * depth * (rows + 1 + columns + 1);

/** The entry point for a contraction, where `isWorth` says so of its rows, columns and terms; undefined for others. */
export const tilesEntry = (
  kernel: Kernel,
  limits: GpuLimits,
  isWorth: Tuning["tiles"],
): EntryPoint | undefined => {
  // Where a gradient is only wanted if an activation was not 0, the whole sum is computed: WebGPU stops reads at the end of a buffer.
  const it = contractionAnywhere(kernel);
  if (it === undefined || it.nest.size === 0 || !canPrint(kernel)) return undefined;
  const tile = tileFor(it);
  const batch = pointsOf(it.batch);
  if (
    !isWorth(pointsOf(it.rows), pointsOf(it.columns), it.nest.size) ||
    batch > limits.maxComputeWorkgroupsPerDimension ||
    threadsOf(tile) > limits.maxComputeInvocationsPerWorkgroup ||
    sharedBytes(tile) > limits.maxComputeWorkgroupStorageSize
  )
    return undefined;
  const tilesAcross = Math.ceil(pointsOf(it.columns) / tile.columns);
  const tiles = tilesAcross * Math.ceil(pointsOf(it.rows) / tile.rows);
  if (tiles > limits.maxComputeWorkgroupsPerDimension) return undefined;
  return { variant: "tiled", wgsl: printTiles(kernel, it, tile), groups: () => [tiles, batch, 1] };
};

/** Whether the terms of a factor are neighbours in memory, rather than its rows or columns. */
const readsAlongTerms = (factor: Expr, kernel: Kernel, { nest }: Contraction): boolean => {
  const read = exprsOf({ ...kernel, body: factor });
  return nest.axes.some((it) => hasUnitStride(it, read));
};

const printTiles = (kernel: Kernel, it: Contraction, tile: Tile): string => {
  const { nest, left, right, batch, rows, columns } = it;
  const { block, depth } = tile;
  const [m, n, terms] = [pointsOf(rows), pointsOf(columns), nest.size];
  const [across, down] = [tile.columns / block, tile.rows / block];
  const threads = threadsOf(tile);
  const range = Array.from({ length: block }, (_, i) => i);
  const pairs = range.flatMap((i) => range.map((j) => [i, j] as const));
  const tilesAcross = Math.ceil(n / tile.columns);

  /** A function that gives one element of a factor. */
  const factor = (name: string, value: Expr, side: readonly Axis[]): string => `
fn ${name}(z : i32, at : i32, term : i32) -> f32 {
${[...printPoint(batch, "z"), ...printPoint(side, "at"), ...printPoint(nest.axes, "term"), ...printExprs([value], kernel)].join("\n")}
return ${nameOf(value)};
}`;

  /** Lines that copy a tile of a factor into shared memory, neighbouring threads from neighbouring places. */
  const copy = (name: string, value: Expr, first: string, count: number, total: number): string => {
    const isAlongTerms = readsAlongTerms(value, kernel, it);
    const [at, term] = isAlongTerms
      ? [`e / ${depth}`, `e % ${depth}`]
      : [`e % ${count}`, `e / ${count}`];
    return `
for (var e = i32(lane); e < ${count * depth}; e += ${threads}) {
let at = ${at};
let term = ${term};
var value = 0.0;
if (${first} + at < ${total} && start + term < ${terms}) { value = ${name}At(z, ${first} + at, start + term); }
${name}Tile[term * ${count + 1} + at] = value;
}`;
  };

  return `${prelude}
var<workgroup> leftTile : array<f32, ${depth * (tile.rows + 1)}>;
var<workgroup> rightTile : array<f32, ${depth * (tile.columns + 1)}>;
${factor("leftAt", left, rows)}
${factor("rightAt", right, columns)}
fn finish(z : i32, row : i32, column : i32, total : f32) {
if (row >= ${m} || column >= ${n}) { return; }
${[...printPoint(batch, "z"), ...printPoint(rows, "row"), ...printPoint(columns, "column")].join("\n")}
${printAfter(kernel, nest.root, "total").join("\n")}
}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
let z = i32(group.y);
let firstRow = i32(group.x) / ${tilesAcross} * ${tile.rows};
let firstColumn = i32(group.x) % ${tilesAcross} * ${tile.columns};
let y = i32(lane) / ${across};
let x = i32(lane) % ${across};
${pairs.map(([i, j]) => `var c${i}${j} = 0.0;`).join(" ")}
for (var start = 0; start < ${terms}; start += ${depth}) {
${copy("left", left, "firstRow", tile.rows, m)}
${copy("right", right, "firstColumn", tile.columns, n)}
workgroupBarrier();
for (var term = 0; term < ${depth}; term++) {
${range.map((i) => `let a${i} = leftTile[term * ${tile.rows + 1} + y + ${i * down}];`).join("\n")}
${range.map((j) => `let b${j} = rightTile[term * ${tile.columns + 1} + x + ${j * across}];`).join("\n")}
${pairs.map(([i, j]) => `c${i}${j} += a${i} * b${j};`).join(" ")}
}
workgroupBarrier();
}
${pairs.map(([i, j]) => `finish(z, firstRow + y + ${i * down}, firstColumn + x + ${j * across}, c${i}${j});`).join("\n")}
}`;
};
