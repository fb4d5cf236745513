// Initial weights. `fanIn` and `fanOut` are the numbers of inputs and outputs that a weight
// connects.

import type { Tensor } from "../core/tensor.ts";
import { mul } from "../ops/arithmetic.ts";
import { normal, uniform } from "../ops/random.ts";

/**
 * Uniform in ±√(6 / (fanIn + fanOut)), which keeps the variance of signals and gradients through
 * saturating layers. Glorot & Bengio, "Understanding the difficulty of training deep feedforward
 * neural networks", AISTATS 2010, equation 16.
 *
 *   key [4]   → weight [fanIn, fanOut]
 *
 * @example
 * glorotUniform(key(0), 3, 4) // → [3, 4]
 */
export const glorotUniform = (key: Tensor, fanIn: number, fanOut: number): Tensor => {
  const bound = Math.sqrt(6 / (fanIn + fanOut));
  return uniform(key, [fanIn, fanOut], { min: -bound, max: bound });
};

/**
 * Normal with variance 2 / fanIn, which keeps the variance through layers followed by ReLU.
 * He et al., "Delving deep into rectifiers", ICCV 2015, equation 10.
 *
 *   key [4]   → weight [fanIn, fanOut]
 *
 * @example
 * heNormal(key(0), 3, 4) // → [3, 4]
 */
export const heNormal = (key: Tensor, fanIn: number, fanOut: number): Tensor =>
  mul(normal(key, [fanIn, fanOut]), Math.sqrt(2 / fanIn));
