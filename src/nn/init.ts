// Initial weights: functions of a key and a shape. The last axis of a shape counts outputs, the one
// before it inputs, and any others are taps of a window, as in [inputs, outputs] and
// [kh, kw, channels, filters]. `orthogonal` and `truncatedNormal` have files of their own.

import { fail } from "../core/errors.ts";
import { printShape, type Shape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { full } from "../ops/create.ts";
import { normal, uniform } from "../ops/random.ts";

/** Weights of a shape, drawn from a key. `normal` and `uniform` of the ops are initialisers too. */
export type Initializer = (key: Tensor, shape: Shape) => Tensor;

/** How many numbers one output is a sum over, and over how many outputs one input spreads. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/**
 * The fans of a weight: inputs and outputs, each times the taps of the window.
 *
 * Fails with ShapeMismatch when there are fewer than two axes.
 *
 * @example
 * fans([3, 4]) // { fanIn: 3, fanOut: 4 }
 * fans([5, 5, 3, 16]) // { fanIn: 75, fanOut: 400 }
 */
export const fans = (shape: Shape): Fans => {
  if (shape.length < 2)
    fail("fans", "ShapeMismatch", "a weight of two axes or more expected", printShape(shape));
  const [inputs, outputs] = shape.slice(-2) as [number, number]; // checked
  const taps = sizeOf(shape.slice(0, -2));
  return { fanIn: taps * inputs, fanOut: taps * outputs };
};

/**
 * The same number everywhere.
 *
 * @example
 * toArray(filledWith(0.5)(key(0), [3])) // [0.5, 0.5, 0.5]
 */
export const filledWith =
  (value: number): Initializer =>
  (_, shape) =>
    full(shape, value);

/**
 * Evenly in ±bound; bound > 0.
 *
 * @example
 * uniformWithin(0.1)(key(0), [3, 4]) // → [3, 4]
 */
export const uniformWithin =
  (bound: number): Initializer =>
  (key, shape) =>
    uniform(key, shape, { min: -bound, max: bound });

/**
 * Normal with mean 0 and a standard deviation ≥ 0.
 *
 * @example
 * normalWith(0.02)(key(0), [3, 4]) // → [3, 4]
 */
export const normalWith =
  (std: number): Initializer =>
  (key, shape) =>
    normal(key, shape, { std });

/** What `varianceScaling` scales by, and what it draws from. */
export interface VarianceScaling {
  /** The variance times the fan. */
  readonly scale: number;
  /** fanIn, fanOut, or the mean of both. */
  readonly fan: "in" | "out" | "average";
  readonly draws: "uniform" | "normal";
}

/**
 * Mean 0 and variance scale / fan: what all the named rules below are.
 *
 * Fails with ShapeMismatch when the shape has fewer than two axes.
 *
 * @example
 * varianceScaling({ scale: 2, fan: "out", draws: "normal" })(key(0), [3, 3, 8, 16]) // → [3, 3, 8, 16]
 */
export const varianceScaling =
  ({ scale, fan, draws }: VarianceScaling): Initializer =>
  (key, shape) => {
    const { fanIn, fanOut } = fans(shape);
    const count = { in: fanIn, out: fanOut, average: (fanIn + fanOut) / 2 }[fan];
    const std = Math.sqrt(scale / count);
    // Evenly in ±b has variance b² / 3.
    const draw = draws === "uniform" ? uniformWithin(std * Math.sqrt(3)) : normalWith(std);
    return draw(key, shape);
  };

/**
 * Uniform in ±√(6 / (fanIn + fanOut)), which keeps the variance of signals and gradients through
 * saturating layers. Glorot & Bengio, "Understanding the difficulty of training deep feedforward
 * neural networks", AISTATS 2010, equation 16.
 *
 * @example
 * glorotUniform(key(0), [3, 4]) // → [3, 4]
 */
export const glorotUniform: Initializer = varianceScaling({
  scale: 1,
  fan: "average",
  draws: "uniform",
});

/**
 * Normal with variance 2 / (fanIn + fanOut). Glorot & Bengio, 2010, equation 12.
 *
 * @example
 * glorotNormal(key(0), [3, 4]) // → [3, 4]
 */
export const glorotNormal: Initializer = varianceScaling({
  scale: 1,
  fan: "average",
  draws: "normal",
});

/**
 * Uniform with variance 2 / fanIn, in ±√(6 / fanIn): before ReLU. He et al., 2015, as `heNormal`.
 *
 * @example
 * heUniform(key(0), [3, 3, 8, 16]) // → [3, 3, 8, 16]
 */
export const heUniform: Initializer = varianceScaling({ scale: 2, fan: "in", draws: "uniform" });

/**
 * Normal with variance 2 / fanIn, which keeps the variance through layers followed by ReLU.
 * He et al., "Delving deep into rectifiers", ICCV 2015, equation 10.
 *
 * @example
 * heNormal(key(0), [3, 3, 8, 16]) // → [3, 3, 8, 16]
 */
export const heNormal: Initializer = varianceScaling({ scale: 2, fan: "in", draws: "normal" });

/**
 * Uniform with variance 1 / fanIn, in ±√(3 / fanIn). LeCun et al., "Efficient backprop", 1998, §4.6.
 *
 * @example
 * lecunUniform(key(0), [3, 4]) // → [3, 4]
 */
export const lecunUniform: Initializer = varianceScaling({ scale: 1, fan: "in", draws: "uniform" });

/**
 * Normal with variance 1 / fanIn: what self-normalising networks start from. LeCun et al., 1998;
 * Klambauer et al., "Self-normalizing neural networks", 2017.
 *
 * @example
 * lecunNormal(key(0), [3, 4]) // → [3, 4]
 */
export const lecunNormal: Initializer = varianceScaling({ scale: 1, fan: "in", draws: "normal" });
