// Weights of stored integers, as quantisation makes them: codes, and scales and zeros that groups of them share.

import {
  add,
  cast,
  key,
  mul,
  reshape,
  type Shape,
  sub,
  type Tensor,
  tensor,
  uniform,
  values,
} from "../../src/index.ts";

/** A dtype of small integers. */
export type SmallInteger = "i8" | "u8" | "i4";

/** codes [n, m], scale and zero [groups, 1, m] */
export interface Parts {
  readonly codes: Tensor;
  readonly scale: Tensor;
  readonly zero: Tensor;
}

const rangeOf = { i8: [-128, 128], u8: [0, 256], i4: [-8, 8] } as const;

/** Integers of a shape over the whole range of their dtype. */
export const codesOf = (seed: number, shape: Shape, dtype: SmallInteger): Tensor => {
  const [min, max] = rangeOf[dtype];
  const all = values(uniform(key(seed), shape, { min, max })).map(Math.floor);
  return tensor(all, { shape, dtype });
};

/** Parts of a weight [n, m], in so many groups along its first axis. */
export const partsOf = (
  seed: number,
  [n, m]: readonly [number, number],
  groups: number,
  dtype: SmallInteger,
): Parts => ({
  codes: codesOf(seed, [n, m], dtype),
  scale: tensor(values(add(uniform(key(seed + 1), [groups, 1, m]), 0.5)), {
    shape: [groups, 1, m],
  }),
  zero: codesOf(seed + 2, [groups, 1, m], "i4"),
});

/** The weight [n, m] that parts stand for. */
export const restored = ({ codes, scale, zero }: Parts): Tensor => {
  const [n, m] = codes.shape as [number, number]; // as `partsOf` makes them
  const groups = scale.shape[0] as number;
  const cut = reshape([groups, n / groups, m])(cast("f32")(codes));
  return reshape([n, m])(mul(sub(cut, cast("f32")(zero)), scale));
};
