// Values as kernels of gpu.js read and write them: floats, whatever their dtype.

import type { PlanBuffer } from "../../compile/plan.ts";
import { allocate, decodeArray, dtypes, encode, encodeI4, type TypedArray } from "../../dtype.ts";
import { fail } from "../../errors.ts";

/** The values of an input as kernels read them: gpu.js converts every typed array to floats, but knows no 16-bit patterns and no pairs. */
export const toKernel = (
  host: TypedArray,
  { dtype, size }: PlanBuffer,
  device: string,
): TypedArray => {
  if (dtype !== "i32") return decodeArray(dtype, host, size);
  for (const value of host) {
    if (Math.fround(value) !== value) {
      fail(
        device,
        "Unsupported",
        "i32 values that f32 holds exactly expected, such as all within ±2²⁴",
        String(value),
        "gpu.js computes with floats; use device reference for larger integers",
      );
    }
  }
  return host;
};

/** The values of an output as its dtype stores them; `label` names the kernel that made it. */
export const fromKernel = (
  values: Float32Array,
  { dtype, size }: PlanBuffer,
  label: string,
): TypedArray => {
  const exact = values.length === size ? values : values.subarray(0, size);
  if (dtype === "f32") return exact;
  const { array, isFloat } = dtypes[dtype];
  if (isFloat) return new array(exact.map((x) => encode(dtype, x)));
  // A whole number that is none: an index was out of range, and what was read there is NaN.
  if (exact.some(Number.isNaN))
    fail(label, "IndexOutOfRange", "indices in range expected", "one that is not");
  // Conversions stop at ±2³¹, of which an i32 holds one.
  if (dtype === "i32") return Int32Array.from(exact, toI32);
  if (dtype !== "i4") return new array(exact);
  const pairs = allocate(dtype, size);
  exact.forEach((x, i) => encodeI4(pairs, i, x));
  return pairs;
};

const toI32 = (x: number): number => (x >= 2 ** 31 ? 2 ** 31 - 1 : x);
