// Integers from floats and back, and both at once with a gradient. Everything is an ordinary function of tensors. Krishnamoorthi, "Quantizing
// deep convolutional networks for efficient inference: a whitepaper", 2018; Bengio, Léonard & Courville, "Estimating or propagating gradients
// through stochastic neurons", 2013, for the gradient.

import { customVjp } from "../../core/custom.ts";
import { isFloat, isStorage } from "../../core/dtype.ts";
import { fail } from "../../core/errors.ts";
import { printShape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import {
  abs,
  add,
  cast,
  div,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  maximum,
  minimum,
  mul,
  round,
  sub,
  where,
} from "../../ops/arithmetic.ts";
import { reshape } from "../../ops/broadcast.ts";
import { clamp } from "../../ops/piecewise.ts";
import { max, min } from "../../ops/reduce.ts";
import { codeRange, type Layout, layoutOf, type Scheme } from "./scheme.ts";

/** What quantised numbers are stored as: w ≈ (codes − zero) · scale. */
export interface Quantized {
  /** i8 or i4, of the shape of the numbers. */
  readonly codes: Tensor;
  /** A float for all that share it: the shape with 1 for shared axes, or with as many as there are groups for the input axis. */
  readonly scale: Tensor;
  /** The code of 0, i8 of the shape of the scale; only where the range is not symmetric. */
  readonly zero?: Tensor;
}

/** Scales below the least normal number lose digits; a range that small, as that of zeros alone, counts as 0. */
const leastScale = 2 ** -126;

/** A scale that is NaN stays so: of what shares it nothing is known. */
const usable = (scale: Tensor): Tensor => where(less(leastScale)(scale), 1, scale);

/** Codes before they are rounded to a dtype, and what turns them back, all in the shape that the layout cuts. */
interface Steps {
  readonly codes: Tensor;
  readonly scale: Tensor;
  readonly zero: Tensor | undefined;
}

const stepsOf = (scheme: Scheme, { cut, shared }: Layout, w: Tensor): Steps => {
  const { symmetric = true, clip = 1 } = scheme;
  const [least, most] = codeRange(scheme);
  const x = reshape(cut)(w);
  const over = { axis: shared, keepDims: true };
  const inRange = clamp({ min: least, max: most });
  if (symmetric) {
    const scale = usable(div(mul(max(over)(abs(x)), clip), most));
    return { codes: inRange(round(div(x, scale))), scale, zero: undefined };
  }
  const [low, high] = [minimum(min(over)(x), 0), maximum(max(over)(x), 0)];
  // Divided before they are subtracted: the difference of large numbers might be infinite.
  const steps = (most - least) / clip;
  const scale = usable(sub(div(high, steps), div(low, steps)));
  const zero = inRange(sub(least, round(div(mul(low, clip), scale))));
  return { codes: inRange(add(round(div(x, scale)), zero)), scale, zero };
};

const restore = ({ codes, scale, zero }: Steps): Tensor =>
  mul(zero === undefined ? codes : sub(codes, zero), scale);

const requireReal = (op: string, { dtype }: Tensor): void => {
  if (!isFloat(dtype) || isStorage(dtype))
    fail(op, "DtypeMismatch", "dtype f32 or f64 expected", dtype);
};

/**
 * Numbers as integers and scales.
 *
 *   w [...]   → codes i8 or i4 [...], scale, zero i8 where not symmetric
 *
 *   symmetric    scale = max |w| / 127 (7 of 4 bits)                      codes = round(w / scale)
 *   asymmetric   scale = (max(w, 0) − min(w, 0)) / 255 (15 of 4 bits)     codes = round(w / scale) + zero, from −128 (−8) on
 *
 * over what shares a scale. 0 is kept, and no number is off by more than half a scale (but for what `clip` cuts off). Where all are 0, the scale is 1;
 * where one is NaN or infinite, none that shares its scale comes back finite.
 * Fails with InvalidArgument when a group size does not divide the input axis.
 *
 * @example
 * const { codes, scale } = Compress.quantize({ bits: 8, per: "tensor" })(tensor([0.5, -1.27]));
 * toArray(cast("i32")(codes)) // [50, -127]
 * item(mul(scale, 100)).toFixed(3) // 1.000
 */
export const quantize = (scheme: Scheme): ((w: Tensor) => Quantized) => {
  const dtype = scheme.bits === 4 ? "i4" : "i8";
  return (w) => {
    requireReal("quantize", w);
    const layout = layoutOf("quantize", scheme, w.shape);
    const { codes, scale, zero } = stepsOf(scheme, layout, w);
    const kept = reshape(layout.scales);
    const parts: Quantized = {
      codes: cast(dtype)(reshape(w.shape)(codes)),
      scale: kept(scale),
    };
    return zero === undefined ? parts : { ...parts, zero: cast("i8")(kept(zero)) };
  };
};

/**
 * The numbers that integers and scales stand for: (codes − zero) · scale, of the dtype of the scale.
 *
 *   codes [...], scale, zero   → [...]
 *
 * A graph that the compiler computes where it is read, so that nothing as large as the result is stored.
 * Fails with ShapeMismatch when the scale, or the zero, is not that of the scheme, with InvalidArgument where there is a zero and none is meant, or the
 * other way round.
 *
 * @example
 * const scheme = { bits: 4, per: "channel" } as const;
 * const parts = Compress.quantize(scheme)(tensor([[7, 14], [-3.4, 4]]));
 * toArray(Compress.dequantize(scheme)(parts)) // [[7, 14], [-3, 4]]
 */
export const dequantize =
  (scheme: Scheme): ((parts: Quantized) => Tensor) =>
  ({ codes, scale, zero }) => {
    const { cut, shared, scales } = layoutOf("dequantize", scheme, codes.shape);
    if (scale.shape.join() !== scales.join())
      fail("dequantize", "ShapeMismatch", `scales [${scales}] expected`, `[${scale.shape}]`);
    if ((zero === undefined) !== (scheme.symmetric ?? true))
      fail(
        "dequantize",
        "InvalidArgument",
        zero === undefined ? "the codes of 0 expected" : "no codes of 0 expected",
        zero === undefined ? "none" : `zero ${printShape(zero.shape)}`,
        "parts are those of one scheme, symmetric or not",
      );
    if (zero !== undefined && zero.shape.join() !== scales.join())
      fail("dequantize", "ShapeMismatch", `zeros [${scales}] expected`, `[${zero.shape}]`);
    const wide = cut.map((n, i) => (shared.includes(i) ? 1 : n));
    // Converted first: another shape of integers would be held to their range again.
    const spread = (x: Tensor): Tensor => reshape(wide)(cast(scale.dtype)(x));
    const steps = {
      codes: reshape(cut)(cast(scale.dtype)(codes)),
      scale: spread(scale),
      zero: zero === undefined ? undefined : spread(zero),
    };
    return reshape(codes.shape)(restore(steps));
  };

/**
 * x rounded to what its quantised form stands for, with the gradient of x itself: `dequantize` after `quantize`, and the straight-through
 * estimator.  dx = g where x is in the range, 0 where `clip` cuts it off.
 *
 *   x [...]   → [...]
 *
 * For weights while a model learns to bear rounding, and for activations: per token, the scale is that of each row as it comes.
 *
 * @example
 * const rounded = Compress.fakeQuantize({ bits: 4, per: "tensor" });
 * toArray(rounded(tensor([7, 2.2, 0.4]))) // [7, 2, 0]
 * toArray(grad((x: Tensor) => sum(mul(rounded(x), tensor([1, 2, 3]))))(tensor([7, 2.2, 0.4]))) // [1, 2, 3]
 */
export const fakeQuantize = (scheme: Scheme): ((x: Tensor) => Tensor) => {
  const isCut = (scheme.clip ?? 1) < 1;
  return customVjp(
    (x: Tensor): Tensor => {
      requireReal("fakeQuantize", x);
      const steps = stepsOf(scheme, layoutOf("fakeQuantize", scheme, x.shape), x);
      return reshape(x.shape)(restore(steps));
    },
    ({ inputs: [x], cotangent }) => [isCut ? where(isInside(scheme, x), cotangent, 0) : cotangent],
  );
};

/** Whether each number is in the range of its codes. */
const isInside = (scheme: Scheme, x: Tensor): Tensor => {
  const layout = layoutOf("fakeQuantize", scheme, x.shape);
  const { scale, zero } = stepsOf(scheme, layout, x);
  const [least, most] = codeRange(scheme).map((end) =>
    mul(zero === undefined ? end : sub(end, zero), scale),
  ) as [Tensor, Tensor];
  const cut = reshape(layout.cut)(x);
  return reshape(x.shape)(logicalAnd(greaterEqual(cut, least), lessEqual(cut, most)));
};
