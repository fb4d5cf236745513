// Tensors of any bits: every dtype as it is stored, NaNs with payloads and negative zeros among them.

import fc from "fast-check";
import { bytesFor, type Dtype, dtypes } from "../../src/core/dtype.ts";
import { sizeOf } from "../../src/core/shape.ts";
import { fromTypedArray, type Tensor } from "../../src/core/tensor.ts";
import { storedArray } from "../../src/nn/checkpoint/safetensors.ts";

/** A tensor over bytes, of which bool uses the lowest bit. */
export const fromBits = (dtype: Dtype, shape: readonly number[], bytes: Uint8Array): Tensor => {
  const own = dtype === "bool" ? bytes.map((byte) => byte & 1) : bytes.slice();
  return fromTypedArray(shape, dtype, new dtypes[dtype].array(own.buffer));
};

/** Tensors of given dtypes with up to three axes, some of them of size 0. */
export const tensorsOfAnyBits = (kinds: readonly Dtype[]): fc.Arbitrary<Tensor> =>
  fc
    .record({
      dtype: fc.constantFrom(...kinds),
      shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    })
    .chain(({ dtype, shape }) => {
      const length = bytesFor(dtype, sizeOf(shape));
      return fc
        .uint8Array({ minLength: length, maxLength: length })
        .map((bytes) => fromBits(dtype, shape, bytes));
    });

/** Dtype, shape and stored bytes of a computed tensor, to be compared. */
export const bitsOf = (x: Tensor) => {
  const { buffer, byteOffset, byteLength } = storedArray(x);
  return {
    dtype: x.dtype,
    shape: [...x.shape],
    bytes: [...new Uint8Array(buffer, byteOffset, byteLength)],
  };
};
