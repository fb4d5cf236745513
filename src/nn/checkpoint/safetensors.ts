// Tensors as safetensors files and back, bit for bit, f16 and bf16 as the patterns that they are stored as. Two things of ours are kept in
// the file's `__metadata__`, where other readers pass them by: which tensors are i4, and a checksum of everything.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { hostValues } from "../../core/device/transfer.ts";
import { bytesFor, dtypes, type TypedArray } from "../../core/dtype.ts";
import { fail } from "../../core/errors.ts";
import { ready } from "../../core/run/evaluate.ts";
import { printShape, type Shape, sizeOf } from "../../core/shape.ts";
import { fromTypedArray, type Storage, storageOf, type Tensor } from "../../core/tensor.ts";
import { crc32c } from "./crc.ts";
import { type Entry, type Header, inOrder, layoutNames, readHeader } from "./header.ts";
import { isRecord, parseJson } from "./json.ts";
import { type FormatProblem, formatProblem } from "./problem.ts";

/** Tensors by name. */
export type Tensors = ReadonlyMap<string, Tensor>;

/** Strings by name, which a file holds beside its tensors. */
export type Metadata = Readonly<Record<string, string>>;

/** What a file holds. */
export interface Contents {
  readonly tensors: Tensors;
  readonly metadata: Metadata;
}

/**
 * Under which name `__metadata__` says which tensors are i4: a JSON record from names to shapes. The layout knows no i4, so that such a
 * tensor is U8 [⌈n / 2⌉] in the file, two elements in a byte, the first in its low half.
 */
const packedKey = "pullback.i4";
/** Under which name `__metadata__` has the CRC-32C of everything else, as eight digits. */
const checksumKey = "pullback.crc32c";

/** The array that holds a computed tensor, as it is stored. */
export const storedArray = (x: Tensor): TypedArray => hostValues(storageOf(x) as Storage);

const bytesOf = (array: TypedArray): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** A tensor as it lies in a file. */
interface Placed extends Entry {
  readonly bytes: Uint8Array;
}

/** Tensors one behind the other, those of large elements first, so that each is aligned. */
const place = (tensors: Tensors): readonly Placed[] => {
  const elementBytes = ({ dtype }: Tensor): number => Math.ceil(dtypes[dtype].bytes);
  const sorted = [...tensors].sort(
    ([a, x], [b, y]) => elementBytes(y) - elementBytes(x) || (a < b ? -1 : 1),
  );
  let next = 0;
  return sorted
    .map(([name, x]): Placed => {
      const [begin, end] = [next, next + bytesFor(x.dtype, sizeOf(x.shape))];
      next = end;
      const bytes = bytesOf(storedArray(x));
      return { name, ...inFileOf(x), begin, end, bytes };
    })
    .sort(inOrder);
};

const inFileOf = ({ dtype, shape }: Tensor): Pick<Entry, "dtype" | "shape"> =>
  dtype === "i4" ? { dtype: "u8", shape: [Math.ceil(sizeOf(shape) / 2)] } : { dtype, shape };

/** The check of what a file says: its tensors in order, its metadata, its data. How the header is written does not matter. */
const checksumOf = (
  entries: readonly Entry[],
  metadata: Metadata,
  data: readonly Uint8Array[],
): string => {
  const said = [
    entries.map(({ name, dtype, shape }) => [name, dtype, shape]),
    Object.entries(metadata)
      .filter(([name]) => name !== checksumKey)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ];
  const start = crc32c(new TextEncoder().encode(JSON.stringify(said)));
  const crc = data.reduce((before, bytes) => crc32c(bytes, before), start);
  return crc.toString(16).padStart(8, "0");
};

const requireFree = (tensors: Tensors, metadata: Metadata): void => {
  const taken = [packedKey, checksumKey].find((name) => name in metadata);
  if (taken !== undefined || tensors.has("__metadata__"))
    fail(
      "safetensors",
      "InvalidArgument",
      "names that are not reserved expected",
      `"${taken ?? "__metadata__"}"`,
    );
};

/** The bytes of a safetensors file in pieces, without a copy of the tensors, which are ready. */
export const safetensorsParts = (
  tensors: Tensors,
  metadata: Metadata = {},
): readonly Uint8Array[] => {
  requireFree(tensors, metadata);
  const placed = place(tensors);
  const data = placed.map(({ bytes }) => bytes);
  const all = { ...metadata, ...packedMetadata(tensors, placed) };
  const checked = { ...all, [checksumKey]: checksumOf(placed, all, data) };
  return [headerBytes(placed, checked), ...data];
};

/** What `__metadata__` says of i4 tensors, nothing where there is none. */
const packedMetadata = (tensors: Tensors, placed: readonly Placed[]): Metadata => {
  const shapes = placed.flatMap(({ name }): [string, Shape][] => {
    const { dtype, shape } = tensors.get(name) as Tensor; // placed from these
    return dtype === "i4" ? [[name, shape]] : [];
  });
  return shapes.length === 0 ? {} : { [packedKey]: JSON.stringify(Object.fromEntries(shapes)) };
};

/** Length and header, filled up with spaces so that the data begin at a multiple of eight. */
const headerBytes = (placed: readonly Placed[], metadata: Metadata): Uint8Array => {
  const header = Object.fromEntries([
    ["__metadata__", metadata],
    ...placed.map(({ name, dtype, shape, begin, end }) => {
      const layoutName = layoutNames[dtype as keyof typeof layoutNames]; // i4 was placed as u8
      return [name, { dtype: layoutName, shape, data_offsets: [begin, end] }];
    }),
  ]);
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true);
  bytes.set(text, 8);
  return bytes;
};

/**
 * The bytes of a safetensors file that holds tensors and metadata: any dtype of ours, i4 as packed bytes. Equal tensors give equal bytes.
 * Waits until the tensors are computed.
 *
 * @example
 * const bytes = await encodeSafetensors(new Map([["w", tensor([1, 2])]]), { step: "7" });
 * bytes.length % 8 // 0
 */
export const encodeSafetensors = async (
  tensors: Tensors,
  metadata: Metadata = {},
): Promise<Uint8Array> => {
  await ready([...tensors.values()]);
  const parts = safetensorsParts(tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let next = 0;
  for (const part of parts) {
    bytes.set(part, next);
    next += part.length;
  }
  return bytes;
};

/**
 * What the bytes of a safetensors file say, or which rule they break: a header that is no JSON, too large or cut off; a dtype that we
 * have not; offsets that overlap, leave holes or lead out of the file; a byte count that is not that of the shape; a name twice.
 * Files that were written here are held to their checksum too.
 *
 * @example
 * const bytes = await encodeSafetensors(new Map([["w", tensor([1, 2])]]));
 * const found = decodeSafetensors(bytes);
 * found._tag === "Right" ? toArray(found.right.tensors.get("w")!) : found.left // [1, 2]
 * const cut = decodeSafetensors(bytes.subarray(0, -1));
 * cut._tag === "Left" ? cut.left : "fine" // { _tag: "Truncated", rule: "8 bytes of data expected", got: "7" }
 */
export const decodeSafetensors = (bytes: Uint8Array): E.Either<FormatProblem, Contents> =>
  pipe(
    readHeader(bytes),
    E.chainFirst((header) => verify(header, bytes)),
    E.bindTo("header"),
    E.bind("packed", ({ header }) => packedShapes(header)),
    E.map(({ header, packed }) => contentsOf(header, packed, bytes)),
  );

const verify = (
  { entries, metadata, dataStart }: Header,
  bytes: Uint8Array,
): E.Either<FormatProblem, void> => {
  const noted = metadata[checksumKey];
  if (noted === undefined) return E.right(undefined); // written by another program
  const found = checksumOf(entries, metadata, [bytes.subarray(dataStart)]);
  return found === noted
    ? E.right(undefined)
    : E.left(
        formatProblem(
          "BadChecksum",
          `checksum ${noted} expected`,
          found,
          "the file was changed or damaged",
        ),
      );
};

const packedShapes = ({
  entries,
  metadata,
}: Header): E.Either<FormatProblem, ReadonlyMap<string, Shape>> => {
  const said = metadata[packedKey];
  const shapes = said === undefined ? {} : parseJson(said);
  const isPacked = ([name, shape]: readonly [string, unknown]): boolean => {
    const entry = entries.find((it) => it.name === name);
    if (entry?.dtype !== "u8" || !Array.isArray(shape)) return false;
    const count = sizeOf(shape as Shape); // NaN, which fits nothing, where it is none
    return (
      shape.every((n) => Number.isSafeInteger(n) && n >= 0) &&
      Math.ceil(count / 2) === entry.end - entry.begin
    );
  };
  return isRecord(shapes) && Object.entries(shapes).every(isPacked)
    ? E.right(new Map(Object.entries(shapes)) as unknown as ReadonlyMap<string, Shape>) // just seen
    : E.left(
        formatProblem(
          "BadShape",
          `shapes of i4 tensors of the file expected under ${packedKey}`,
          `${said}`,
        ),
      );
};

const contentsOf = (
  { entries, metadata, dataStart }: Header,
  packed: ReadonlyMap<string, Shape>,
  bytes: Uint8Array,
): Contents => {
  const tensors = entries.map(({ name, dtype, shape, begin, end }): [string, Tensor] => {
    // A copy, and so aligned. Not `slice`, which makes none of Node's buffers.
    const own = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end));
    const packedShape = packed.get(name);
    if (packedShape !== undefined) return [name, fromTypedArray(packedShape, "i4", own)];
    const array = new dtypes[dtype].array(own.buffer);
    return [name, fromTypedArray(shape, dtype, dtype === "bool" ? array.map(Math.sign) : array)];
  });
  const { [packedKey]: _packed, [checksumKey]: _checksum, ...others } = metadata;
  return { tensors: new Map(tensors), metadata: others };
};

/** A tensor's dtype and shape in words. */
export const describeTensor = ({ dtype, shape }: Pick<Tensor, "dtype" | "shape">): string =>
  `${dtype} ${printShape(shape)}`;
