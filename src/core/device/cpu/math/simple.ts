// Functions of a few instructions.

import { splat } from "../constants.ts";
import { mul, type VectorFunction } from "./vector.ts";

/** 1/√x: the root and the quotient are both rounded correctly, so that the error is at most 1.5 ulp. */
export const rsqrt: VectorFunction = (f, xPushed) => {
  const root = f.let(f.op("f32x4.sqrt", xPushed));
  const result = f.op("f32x4.div", splat(f, 1), f.get(root));
  f.release(root);
  return result;
};

/** −1, 0 or 1, as the sign of x; −0 and NaN stay. */
export const sign: VectorFunction = (f, x) => {
  // Every number but 0 is made 1 at least, and cut off there.
  const large = mul(f, mul(f, x, splat(f, 2 ** 100)), splat(f, 2 ** 100));
  return f.op("f32x4.pmax", f.op("f32x4.pmin", large, splat(f, 1)), splat(f, -1));
};
