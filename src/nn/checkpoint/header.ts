// The header of a safetensors file (Hugging Face's published layout): eight bytes of length, little-endian, then a JSON record from names
// to dtype, shape and place in the data behind it. Whatever does not fit together is refused, each mistake by its own tag.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import { bytesFor, type Dtype } from "../../core/dtype.ts";
import { printShape, type Shape, sizeOf } from "../../core/shape.ts";
import { duplicateName, isRecord, parseJson } from "./json.ts";
import { type FormatProblem, formatProblem } from "./problem.ts";

/** One tensor of a file: what it is, and its bytes from `begin` to before `end`, counted from the start of the data. */
export interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

/** A header that fits its file. */
export interface Header {
  /** In the order of their bytes. */
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the data begin in the file, in bytes. */
  readonly dataStart: number;
}

type Checked<A> = E.Either<FormatProblem, A>;

/** How the layout calls our dtypes. It has no i4, which is stored as bytes: see `safetensors.ts`. */
export const layoutNames = {
  f32: "F32",
  f64: "F64",
  f16: "F16",
  bf16: "BF16",
  i32: "I32",
  i8: "I8",
  u8: "U8",
  bool: "BOOL",
} as const satisfies Record<Exclude<Dtype, "i4">, string>;

const dtypeByName: ReadonlyMap<unknown, Dtype> = new Map(
  Object.entries(layoutNames).map(([dtype, name]) => [name, dtype as Dtype]), // its keys
);

const largestHeader = 100_000_000;

/** Two entries or names in order of bytes; those that take none, by name. */
export const inOrder = (a: Entry, b: Entry): number =>
  a.begin - b.begin || a.end - b.end || (a.name < b.name ? -1 : 1);

/** Reads and checks the header of a file. */
export const readHeader = (bytes: Uint8Array): Checked<Header> =>
  pipe(
    textOf(bytes),
    E.bindTo("text"),
    E.bind("parsed", ({ text }) => parse(text)),
    E.bind("metadata", ({ parsed }) => metadataOf(parsed["__metadata__"])),
    E.bind("dataStart", ({ text }) => E.right(8 + new TextEncoder().encode(text).length)),
    E.bind("entries", ({ parsed, dataStart }) => entriesOf(parsed, bytes.length - dataStart)),
  );

const textOf = (bytes: Uint8Array): Checked<string> => {
  if (bytes.length < 8)
    return E.left(formatProblem("Truncated", "8 bytes of length expected", `${bytes.length}`));
  const length = Number(
    new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true),
  );
  if (length > largestHeader) {
    const rule = `a header of at most ${largestHeader} bytes expected`;
    return E.left(formatProblem("HeaderTooLarge", rule, `${length}`, "is it a safetensors file?"));
  }
  if (8 + length > bytes.length) {
    const rule = `a header of ${length} bytes expected`;
    return E.left(formatProblem("Truncated", rule, `${bytes.length - 8}`));
  }
  try {
    // A mark of byte order would be swallowed, and the length be wrong.
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return E.right(decoder.decode(bytes.subarray(8, 8 + length)));
  } catch {
    return E.left(formatProblem("BadHeader", "a header in UTF-8 expected", "other bytes"));
  }
};

const parse = (text: string): Checked<Readonly<Record<string, unknown>>> => {
  const parsed = text.startsWith("{") ? parseJson(text) : undefined;
  if (!isRecord(parsed))
    return E.left(
      formatProblem("BadHeader", "a JSON record expected", JSON.stringify(text.slice(0, 20))),
    );
  const twice = duplicateName(text);
  return twice === undefined
    ? E.right(parsed)
    : E.left(
        formatProblem("DuplicateName", "each name once expected", `${JSON.stringify(twice)} twice`),
      );
};

const metadataOf = (found: unknown = {}): Checked<Readonly<Record<string, string>>> =>
  isRecord(found) && Object.values(found).every((value) => typeof value === "string")
    ? E.right(found as Readonly<Record<string, string>>) // just seen
    : E.left(
        formatProblem("BadHeader", "strings under __metadata__ expected", JSON.stringify(found)),
      );

const entriesOf = (
  parsed: Readonly<Record<string, unknown>>,
  dataBytes: number,
): Checked<readonly Entry[]> => {
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(parsed)) {
    if (name === "__metadata__") continue;
    const entry = entryOf(name, value);
    if (E.isLeft(entry)) return entry;
    entries.push(entry.right);
  }
  entries.sort(inOrder);
  return pipe(
    checkLayout(entries, dataBytes),
    E.map(() => entries),
  );
};

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && !((value as number) < 0); // just seen to be a number

const entryOf = (name: string, value: unknown): Checked<Entry> => {
  const called = JSON.stringify(name);
  const fields = isRecord(value) ? Object.keys(value).sort().join() : "";
  if (!isRecord(value) || fields !== "data_offsets,dtype,shape") {
    const rule = `dtype, shape and data_offsets expected for ${called}`;
    return E.left(formatProblem("BadHeader", rule, JSON.stringify(value)));
  }
  const { dtype: dtypeName, shape, data_offsets: offsets } = value;
  const dtype = dtypeByName.get(dtypeName);
  if (dtype === undefined) {
    const rule = `one of ${[...dtypeByName.keys()].join(", ")} expected for ${called}`;
    return E.left(formatProblem("UnknownDtype", rule, JSON.stringify(dtypeName)));
  }
  if (!Array.isArray(shape) || !shape.every(isCount) || !isCount(sizeOf(shape))) {
    const rule = `a shape of whole sizes expected for ${called}`;
    return E.left(formatProblem("BadShape", rule, JSON.stringify(shape)));
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    const rule = `two offsets ≥ 0 expected for ${called}`;
    return E.left(formatProblem("OutOfRange", rule, JSON.stringify(offsets)));
  }
  const [begin, end] = offsets as [number, number]; // just counted
  return checkSize({ name, dtype, shape, begin, end });
};

const checkSize = (entry: Entry): Checked<Entry> => {
  const { name, dtype, shape, begin, end } = entry;
  if (begin > end) {
    const rule = `a place that begins before it ends expected for "${name}"`;
    return E.left(formatProblem("OutOfRange", rule, `${begin}…${end}`));
  }
  const size = bytesFor(dtype, sizeOf(shape));
  if (end - begin !== size) {
    const rule = `${size} bytes expected for "${name}", ${dtype} ${printShape(shape)}`;
    return E.left(formatProblem("WrongByteCount", rule, `${end - begin}`));
  }
  return E.right(entry);
};

/** Holds the places of sorted entries to cover the data exactly, each byte once. */
const checkLayout = (entries: readonly Entry[], dataBytes: number): Checked<number> => {
  let next = 0;
  for (const { name, begin, end } of entries) {
    const rule = `"${name}" at byte ${next} of the data expected`;
    if (begin < next) return E.left(formatProblem("Overlap", rule, `${begin}`));
    if (begin > next && end > dataBytes)
      return E.left(formatProblem("OutOfRange", `${rule}, of ${dataBytes}`, `${begin}`));
    if (begin > next) return E.left(formatProblem("Hole", rule, `${begin}`));
    next = end;
  }
  if (next === dataBytes) return E.right(next);
  const tag = next > dataBytes ? "Truncated" : "WrongByteCount";
  return E.left(formatProblem(tag, `${next} bytes of data expected`, `${dataBytes}`));
};
