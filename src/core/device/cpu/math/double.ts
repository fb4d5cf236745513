// Functions of f64 lanes.

import { splatDouble } from "../constants.ts";
import { release, type VectorFunction } from "./vector.ts";

/** −1, 0 or 1, as the sign of x; −0 and NaN stay. */
export const doubleSign: VectorFunction = (f, pushed) => {
  const x = f.let(pushed);
  const signBits = () => f.op("v128.and", f.get(x), splatDouble(f, -0));
  const isApart = () => f.op("f64x2.gt", f.op("f64x2.abs", f.get(x)), splatDouble(f, 0));
  const one = f.op("v128.or", signBits(), splatDouble(f, 1));
  const result = f.op("v128.bitselect", one, f.get(x), isApart());
  release(f, x);
  return result;
};
