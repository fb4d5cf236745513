// The functions of one number that the vector code generator can write, by the name of the scalar operation.

import { erf } from "./erf.ts";
import { exp, expm1, sigmoid, tanh } from "./exponential.ts";
import { log, log1p } from "./logarithm.ts";
import { rsqrt, sign } from "./simple.ts";
import { cos, sin } from "./trigonometric.ts";
import type { VectorFunction } from "./vector.ts";

export type { VectorFunction } from "./vector.ts";

/**
 * Functions from f32 lanes to f32 lanes. NaN gives NaN, zeros and infinities give what Math gives for them, and subnormal numbers are
 * like others. Errors stated are the largest found at some 10⁷ numbers each, in units of the last place of the exact result.
 */
export const vectorMath = {
  exp,
  log,
  expm1,
  log1p,
  sin,
  cos,
  tanh,
  sigmoid,
  erf,
  rsqrt,
  sign,
} as const satisfies Record<string, VectorFunction>;
