// A sequence cut into blocks of equal length, which attention that does not look at all pairs works on.

import { fail } from "../../core/errors.ts";
import { printShape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { reshape } from "../../ops/broadcast.ts";
import { narrow, pad } from "../../ops/slice.ts";

/** Fails with InvalidArgument where a length is not a whole number of 1 or more. */
export const requireLength = (op: string, name: string, length: number): void => {
  if (!(Number.isInteger(length) && length >= 1))
    fail(op, "InvalidArgument", `a whole ${name} ≥ 1 expected`, String(length));
};

/** Fails with ShapeMismatch where sequences [..., time, width] are not equally long: `names` says which they are. */
export const requireOneTime = (op: string, names: string, ...all: readonly Tensor[]): void => {
  if (new Set(all.map(({ shape }) => shape.at(-2))).size > 1)
    fail(
      op,
      "ShapeMismatch",
      `equally many ${names} expected`,
      all.map(({ shape }) => printShape(shape)).join(", "),
    );
};

const padded = (x: Tensor, axis: number, ends: readonly [number, number]): Tensor =>
  pad({ widths: x.shape.map((_, i) => (i === x.shape.length + axis ? ends : [0, 0])) })(x);

/** [..., blocks, length, width] → the same, where block b is the one `by` before it, and zeros where there is none. */
export const shiftedBlocks =
  (by: number) =>
  (x: Tensor): Tensor => {
    const axis = x.shape.length - 3;
    const blocks = x.shape[axis] as number; // of at least three axes
    const kept = Math.max(0, blocks - Math.abs(by));
    const some = narrow(x, axis, by > 0 ? 0 : blocks - kept, kept);
    return padded(some, -3, by > 0 ? [blocks - kept, 0] : [0, blocks - kept]);
  };

/** [..., time, width] → [..., blocks, length, width], zeros behind the end. */
export const inBlocks =
  (length: number) =>
  (x: Tensor): Tensor => {
    const [time, width] = x.shape.slice(-2) as [number, number]; // a sequence of rows
    const blocks = Math.ceil(time / length);
    const whole = padded(x, -2, [0, blocks * length - time]);
    return reshape([...x.shape.slice(0, -2), blocks, length, width])(whole);
  };

/** [..., blocks, length, width] → [..., time, width], without what was padded. */
export const fromBlocks =
  (time: number) =>
  (x: Tensor): Tensor => {
    const [blocks, length, width] = x.shape.slice(-3) as [number, number, number]; // as `inBlocks` makes them
    const joined = reshape([...x.shape.slice(0, -3), blocks * length, width])(x);
    return narrow(joined, joined.shape.length - 2, 0, time);
  };
