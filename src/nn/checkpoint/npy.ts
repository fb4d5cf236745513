// Single tensors as .npy files, numpy's own format: what `numpy.save` writes is read, and `numpy.load` reads what is written here.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { bytesFor, dtypes, type TypedArray } from "../../core/dtype.ts";
import { ready } from "../../core/run/evaluate.ts";
import { type Shape, sizeOf } from "../../core/shape.ts";
import { fromTypedArray, type Tensor } from "../../core/tensor.ts";
import { readBytes, writeAtomically } from "../files.ts";
import { type NpyHeader, readNpyHeader, writeNpyHeader } from "./npyHeader.ts";
import {
  decoded,
  type FileProblem,
  type FormatProblem,
  formatProblem,
  reading,
  writing,
} from "./problem.ts";
import { storedArray } from "./safetensors.ts";

/**
 * The bytes of an .npy file (version 1.0, little-endian, C order) of a tensor. UnknownDtype for bf16 and i4, which numpy has not.
 * Waits until the tensor is computed.
 *
 * @example
 * const bytes = await encodeNpy(tensor([[1, 2], [3, 4]]));
 * bytes._tag === "Right" ? bytes.right.length : 0 // 144
 */
export const encodeNpy = async (x: Tensor): Promise<E.Either<FormatProblem, Uint8Array>> => {
  const header = writeNpyHeader(x.dtype, x.shape);
  if (header === undefined) {
    const hint = `cast it to ${x.dtype === "i4" ? "i8" : "f32"} first`;
    return E.left(formatProblem("UnknownDtype", "a dtype that numpy has expected", x.dtype, hint));
  }
  await ready(x);
  const { buffer, byteOffset, byteLength } = storedArray(x);
  const bytes = new Uint8Array(header.length + byteLength);
  bytes.set(header);
  bytes.set(new Uint8Array(buffer, byteOffset, byteLength), header.length);
  return E.right(bytes);
};

/**
 * The tensor in the bytes of an .npy file, or which rule they break. Versions 1 to 3, either order of bytes and of axes;
 * float16, 32, 64, int8, int32, uint8 and bool. Other dtypes are refused, objects above all: those are pickled programs.
 *
 * @example
 * import * as E from "fp-ts/lib/Either.js";
 * const bytes = await encodeNpy(tensor([[1, 2], [3, 4]]));
 * const back = pipe(bytes, E.chain(decodeNpy));
 * back._tag === "Right" ? toArray(back.right) : back.left // [[1, 2], [3, 4]]
 */
export const decodeNpy = (bytes: Uint8Array): E.Either<FormatProblem, Tensor> =>
  pipe(
    readNpyHeader(bytes),
    E.chain((header) => {
      const size = bytesFor(header.dtype, sizeOf(header.shape));
      const got = bytes.length - header.dataStart;
      if (got === size) return E.right(tensorOf(header, bytes));
      const tag = got < size ? "Truncated" : "WrongByteCount";
      return E.left(formatProblem(tag, `${size} bytes of elements expected`, `${got}`));
    }),
  );

const tensorOf = (
  { dtype, isBigEndian, isFortran, shape, dataStart }: NpyHeader,
  bytes: Uint8Array,
): Tensor => {
  const own = new Uint8Array(bytes.subarray(dataStart)); // a copy, and so aligned
  if (isBigEndian) swapBytes(own, dtypes[dtype].bytes);
  const array = new dtypes[dtype].array(own.buffer);
  const inOrder = isFortran ? toRowMajor(array, shape) : array;
  return fromTypedArray(shape, dtype, dtype === "bool" ? inOrder.map(Math.sign) : inOrder);
};

/** Turns every element of so many bytes round. */
const swapBytes = (bytes: Uint8Array, elementBytes: number): void => {
  for (let at = 0; at < bytes.length; at += elementBytes)
    bytes.subarray(at, at + elementBytes).reverse();
};

/** The elements with the last axis varying fastest, from those with the first axis doing so. */
const toRowMajor = (array: TypedArray, shape: Shape): TypedArray => {
  const result = array.slice();
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const coordinates = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = array[from] as number;
    // The next coordinates, as an odometer counts.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [stride, size] = [strides[axis] as number, shape[axis] as number];
      from += stride;
      coordinates[axis] = (coordinates[axis] as number) + 1;
      if ((coordinates[axis] as number) < size) break;
      coordinates[axis] = 0;
      from -= stride * size;
    }
  }
  return result;
};

/** Writes a tensor to an .npy file, whole or not at all. */
export const saveNpy = (path: string, x: Tensor): TE.TaskEither<FileProblem, void> =>
  pipe(
    TE.fromTask(() => encodeNpy(x)),
    TE.chain((bytes) => decoded("saveNpy", path, bytes)),
    TE.chain((bytes) => writing("saveNpy", path, () => writeAtomically(path, [bytes]))),
  );

/** Reads the tensor in an .npy file. */
export const loadNpy = (path: string): TE.TaskEither<FileProblem, Tensor> =>
  pipe(
    reading("loadNpy", path, () => readBytes(path)),
    TE.chain((bytes) => decoded("loadNpy", path, decodeNpy(bytes))),
  );
