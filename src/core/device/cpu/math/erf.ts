// The error function, by two polynomials of which each lane takes one.

import { splat, splatBits } from "../constants.ts";
import { mul, polynomial, release, signBit, sub, type VectorFunction } from "./vector.ts";

/** Where the polynomials meet. */
const border = 1.125;

// erf x / x − 1 in powers of x² up to the border: minimax for the relative error of erf, which is 6.3e-9. What x is added to is so small that
// its own rounding counts little.
const inner = [
  0.12837916612625122, -0.3761260211467743, 0.11283256113529205, -0.02683922089636326,
  0.005160253029316664, -0.0007765732007101178, 0.00007063274824758992,
];

// (1 − erf x)^⅛ in powers of x from the border to 3.925, where erf is 1 to the last bit: minimax for the error of erf, which is 6.7e-9. The
// eighth power takes the place of an exponential (as in Abramowitz & Stegun 7.1.28, with its reciprocal).
const outer = [
  1.0011531114578247, -0.14623548090457916, -0.05965377017855644, -0.012771951034665108,
  0.013533790595829487, -0.0026077223010361195, 0.00016261861310340464,
];

/** erf x. Error at most 2.1 ulp for all x; never beyond ±1. */
export const erf: VectorFunction = (f, xPushed) => {
  const x = f.let(xPushed);
  const size = f.let(f.op("f32x4.abs", f.get(x)));
  const isInner = f.let(f.op("f32x4.lt", f.get(size), splat(f, border)));
  const z = f.let(mul(f, f.get(x), f.get(x)));
  const near = f.let(f.multiplyAdd(polynomial(f, inner, z), f.get(x), () => f.get(x)));
  f.set(size, f.op("f32x4.pmin", f.get(size), splat(f, 3.925)));
  const power = f.let(polynomial(f, outer, size));
  for (let i = 0; i < 3; i++) f.set(power, mul(f, f.get(power), f.get(power)));
  const sign = f.op("v128.and", f.get(x), splatBits(f, signBit));
  const far = f.let(f.op("v128.or", sign, sub(f, splat(f, 1), f.get(power))));
  const result = f.op("v128.bitselect", f.get(near), f.get(far), f.get(isInner));
  release(f, x, size, isInner, z, near, power, far);
  return result;
};
