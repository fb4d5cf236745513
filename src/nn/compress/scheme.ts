// How numbers become integers: of how many bits, and which numbers share a scale. A scheme is plain data; this file says what it means for a
// shape, and refuses what does not fit.

import { fail } from "../../core/errors.ts";
import { printShape, type Shape } from "../../core/shape.ts";
import { axisOf } from "../../ops/call.ts";

/** What shares a scale: everything, a channel, a row of the last axis, or some neighbours along the input axis. */
export type Per = "tensor" | "channel" | "token" | { readonly group: number };

/** How numbers are quantised. */
export interface Scheme {
  readonly bits: 8 | 4;
  readonly per: Per;
  /**
   * The axis of channels, each with a scale of its own; default −1, the outputs of a linear weight [inputs, outputs] or of filters
   * [..., channels, filters]. 0 for a table of embeddings [symbols, width]. Groups lie along the last of the other axes: the inputs.
   */
  readonly axis?: number;
  /** Whether 0 is the middle of the range; default true. Otherwise the range is that of the numbers and 0. */
  readonly symmetric?: boolean;
  /** The share of the range that is kept, in 0…1; default 1. What lies outside becomes its end: finer steps for the rest. */
  readonly clip?: number;
}

/** The integers of a scheme: symmetric −127…127 or −7…7, else −128…127 or −8…7. */
export const codeRange = ({ bits, symmetric = true }: Scheme): readonly [number, number] => {
  const end = 2 ** (bits - 1);
  return [symmetric ? 1 - end : -end, end - 1];
};

/** A shape as a scheme sees it: its own, or with one axis cut in groups, and over which axes a scale is shared. */
export interface Layout {
  /** The shape, with the input axis as [groups, group] where there are groups. */
  readonly cut: Shape;
  /** Axes of `cut` over which numbers share a scale. */
  readonly shared: readonly number[];
  /** The shape in which scales are kept: that of `cut` with ones, without an axis of the members of a group. */
  readonly scales: Shape;
}

const refuse = (op: string, rule: string, got: string, hint?: string): never =>
  fail(op, "InvalidArgument", rule, got, hint);

/** What a scheme means for a shape. `op` and `leaf` are named in refusals. */
export const layoutOf = (op: string, scheme: Scheme, shape: Shape, leaf?: string): Layout => {
  const of = leaf === undefined ? "" : ` of "${leaf}"`;
  const { bits, per, axis = -1, clip = 1 } = scheme;
  if (bits !== 8 && bits !== 4) refuse(op, `8 or 4 bits${of} expected`, String(bits));
  if (!(clip > 0 && clip <= 1)) refuse(op, `a share of the range in 0…1${of} expected`, `${clip}`);
  if (shape.length === 0 && per !== "tensor")
    refuse(op, `an axis or more${of} expected`, `shape ${printShape(shape)}`);
  const all = shape.map((_, i) => i);
  const keeping = (shared: readonly number[]): Layout => ({
    cut: shape,
    shared,
    scales: shape.map((n, i) => (shared.includes(i) ? 1 : n)),
  });
  if (per === "tensor") return keeping(all);
  if (per === "token") return keeping([shape.length - 1]);
  const channel = axisOf(op, axis, shape.length);
  if (per === "channel") return keeping(all.filter((i) => i !== channel));
  const input = all.filter((i) => i !== channel).at(-1) ?? channel; // a vector's only axis
  return grouped(op, shape, input, per.group, of);
};

const grouped = (op: string, shape: Shape, at: number, group: number, of: string): Layout => {
  const size = shape[at] as number; // an axis of it
  if (!Number.isInteger(group) || group < 1 || size % group !== 0)
    refuse(
      op,
      `a group size that divides axis ${at}${of}, ${size}, expected`,
      String(group),
      `divisors near it are ${divisorsNear(size, group).join(" and ")}`,
    );
  const [before, after] = [shape.slice(0, at), shape.slice(at + 1)];
  return {
    cut: [...before, size / group, group, ...after],
    shared: [at + 1],
    scales: [...before, size / group, ...after],
  };
};

/** The largest divisor of a size below a number, and the smallest above it. */
const divisorsNear = (size: number, near: number): readonly number[] => {
  const divisors = Array.from({ length: size }, (_, i) => i + 1).filter((n) => size % n === 0);
  const [below, above] = [divisors.findLast((n) => n < near), divisors.find((n) => n > near)];
  return [below, above].filter((n) => n !== undefined);
};
