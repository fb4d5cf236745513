// Reductions of rows that lie together in memory: the threads of a group share a row, so that neighbours read neighbours, and add up what
// they found in a tree. One group computes one element of the output.

import { exprsOf, type Kernel } from "../../../kernel/kernel.ts";
import { hasUnitStride, type Nest, onlyNest } from "../../../kernel/nest.ts";
import { reduceInitial } from "../../../kernel/scalar.ts";
import type { Tuning } from "./entry.ts";
import type { EntryPoint } from "./kernels.ts";
import {
  canPrint,
  combine,
  literal,
  nameOf,
  prelude,
  printAfter,
  printExprs,
  printPoint,
  typeOf,
} from "./wgsl.ts";

/** Rows from here on are read by more threads. */
const longRow = 2048;

/** The nest of a kernel that reduces rows, if it does: neighbouring elements of one row are neighbours in memory. */
const rowsOf = (kernel: Kernel): Nest | undefined => {
  const nest = onlyNest(kernel.body, exprsOf(kernel));
  if (nest === undefined || nest.size === 0) return undefined;
  const read = exprsOf({ ...kernel, body: nest.body });
  return nest.axes.some((it) => hasUnitStride(it, read)) &&
    !kernel.axes.some((it) => hasUnitStride(it, read))
    ? nest
    : undefined;
};

/** The entry point for a kernel that reduces rows, where `isWorth` says so of their number and length; undefined for others. */
export const rowsEntry = (kernel: Kernel, isWorth: Tuning["rows"]): EntryPoint | undefined => {
  if (kernel.scatter !== undefined || !canPrint(kernel)) return undefined;
  const nest = rowsOf(kernel);
  if (nest === undefined || !isWorth(kernel.output.size, nest.size)) return undefined;
  const lanes = nest.size >= longRow ? 256 : 64;
  const { dtype } = nest.body;
  const type = typeOf(dtype);
  const reduce = (a: string, b: string): string => combine(nest.op, a, b, dtype);
  const wgsl = `${prelude}
var<workgroup> parts : array<${type}, ${lanes}>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_index) lane : u32) {
let row = i32(group.x + group.y * (params.dispatchWidth / 64u));
if (row >= ${kernel.output.size}) { return; }
${printPoint(kernel.axes, "row").join("\n")}
var total : ${type} = ${literal(reduceInitial[nest.op], dtype)};
for (var point = i32(lane); point < ${nest.size}; point += ${lanes}) {
${printPoint(nest.axes, "point").join("\n")}
${printExprs([nest.body], kernel).join("\n")}
total = ${reduce("total", nameOf(nest.body))};
}
parts[lane] = total;
workgroupBarrier();
for (var half = ${lanes / 2}u; half > 0u; half /= 2u) {
if (lane < half) { parts[lane] = ${reduce("parts[lane]", "parts[lane + half]")}; }
workgroupBarrier();
}
if (lane == 0u) {
${printAfter(kernel, nest.root, "parts[0]").join("\n")}
}
}`;
  return {
    variant: "rows",
    wgsl,
    groups: (maxGroups) => {
      const rows = Math.ceil(kernel.output.size / maxGroups);
      return [Math.ceil(kernel.output.size / rows), rows, 1];
    },
  };
};
