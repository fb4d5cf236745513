// Places in a flat array by where they lie along an axis.

import { axisOf } from "../../../ops/call.ts";
import type { PrunedLeaf } from "./masks.ts";

/** An axis of a leaf: how many elements are before it, along it, and from one to the next. */
export interface Along {
  readonly before: number;
  readonly size: number;
  readonly stride: number;
}

/** An axis of a leaf, counted from either end. Fails with AxisOutOfRange where there is none. */
export const along = (op: string, { shape }: Pick<PrunedLeaf, "shape">, axis: number): Along => {
  const at = axisOf(op, axis, shape.length);
  const product = (sizes: readonly number[]): number => sizes.reduce((n, size) => n * size, 1);
  return {
    before: product(shape.slice(0, at)),
    size: shape[at] as number,
    stride: product(shape.slice(at + 1)),
  };
};

/** The places of each slice at a place along an axis, in order. */
export const slicesOf = (
  op: string,
  leaf: Pick<PrunedLeaf, "shape">,
  axis: number,
): readonly Uint32Array[] => {
  const { before, size, stride } = along(op, leaf, axis);
  return Array.from({ length: size }, (_, i) =>
    Uint32Array.from({ length: before * stride }, (_unused, k) => {
      const [block, rest] = [Math.floor(k / stride), k % stride];
      return (block * size + i) * stride + rest;
    }),
  );
};
