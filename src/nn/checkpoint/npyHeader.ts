// The header of an .npy file (NEP 1 and its later versions): a magic word, a version, a length, and a Python dictionary that says the
// dtype, the order of the axes in memory and the shape.

import * as E from "fp-ts/lib/Either.js";
import type { Dtype } from "../../core/dtype.ts";
import { type Shape, sizeOf } from "../../core/shape.ts";
import { type FormatProblem, formatProblem } from "./problem.ts";

/** What a header says. */
export interface NpyHeader {
  readonly dtype: Dtype;
  readonly isBigEndian: boolean;
  /** Whether the first axis varies fastest, as in Fortran. */
  readonly isFortran: boolean;
  readonly shape: Shape;
  /** Where the elements begin in the file, in bytes. */
  readonly dataStart: number;
}

type Checked<A> = E.Either<FormatProblem, A>;

/** How numpy calls the dtypes that it and we have, without the order of bytes. */
const numpyNames = {
  f32: "f4",
  f64: "f8",
  f16: "f2",
  i32: "i4",
  i8: "i1",
  u8: "u1",
  bool: "b1",
} as const satisfies Partial<Record<Dtype, string>>;

const dtypeByName: ReadonlyMap<string, Dtype> = new Map(
  Object.entries(numpyNames).map(([dtype, name]) => [name, dtype as Dtype]), // its keys
);

const magic = [0x93, ...new TextEncoder().encode("NUMPY")];

/** The header for a tensor, or undefined for a dtype that numpy has not. Filled up so that elements begin at a multiple of 64. */
export const writeNpyHeader = (dtype: Dtype, shape: Shape): Uint8Array | undefined => {
  if (!Object.hasOwn(numpyNames, dtype)) return undefined;
  const name = numpyNames[dtype as keyof typeof numpyNames]; // just seen
  const order = name.endsWith("1") ? "|" : "<";
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${order}${name}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((magic.length + 4 + text.length + 1) / 64) * 64 - magic.length - 4;
  const padded = `${text.padEnd(length - 1)}\n`;
  return Uint8Array.from([
    ...magic,
    1,
    0,
    length & 255,
    length >> 8,
    ...new TextEncoder().encode(padded),
  ]);
};

/** Reads and checks a header. */
export const readNpyHeader = (bytes: Uint8Array): Checked<NpyHeader> => {
  if (bytes.length < 10)
    return E.left(formatProblem("Truncated", "10 bytes or more expected", `${bytes.length}`));
  if (!magic.every((byte, i) => bytes[i] === byte))
    return E.left(
      formatProblem(
        "BadHeader",
        "a file that begins with \\x93NUMPY expected",
        "another",
        "is it an .npy file?",
      ),
    );
  const [major, minor] = [bytes[6] as number, bytes[7] as number];
  if (!(major >= 1 && major <= 3 && minor === 0))
    return E.left(
      formatProblem("BadHeader", "version 1.0, 2.0 or 3.0 expected", `${major}.${minor}`),
    );
  const textStart = major === 1 ? 10 : 12;
  if (bytes.length < textStart)
    return E.left(formatProblem("Truncated", "12 bytes or more expected", `${bytes.length}`));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dataStart = textStart + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (dataStart > bytes.length)
    return E.left(
      formatProblem("Truncated", `a header of ${dataStart} bytes expected`, `${bytes.length}`),
    );
  const text = new TextDecoder(major === 3 ? "utf-8" : "latin1").decode(
    bytes.subarray(textStart, dataStart),
  );
  return E.map((said: Omit<NpyHeader, "dataStart">) => ({ ...said, dataStart }))(
    parseFields(text.trim()),
  );
};

const bad = (rule: string, got: string): Checked<never> =>
  E.left(formatProblem("BadHeader", rule, got));

// A Python dictionary from names to a string, a truth value, a tuple of numbers, or a list (of the fields of a structured dtype).
const field =
  /\s*['"](\w+)['"]\s*:\s*('[^']*'|"[^"]*"|True|False|\([\d\s,L]*\)|\[.*\])\s*(?:,|(?=\}))/y;

const parseFields = (text: string): Checked<Omit<NpyHeader, "dataStart">> => {
  const fields = new Map<string, string>();
  const pattern = new RegExp(field);
  pattern.lastIndex = 1;
  let end = 1;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, name, value] = match as unknown as [string, string, string]; // the groups of a match
    if (fields.has(name))
      return E.left(formatProblem("DuplicateName", "each name once expected", `"${name}" twice`));
    fields.set(name, value);
    end = pattern.lastIndex;
  }
  const names = [...fields.keys()].sort().join(", ");
  if (
    !text.startsWith("{") ||
    text.slice(end).trim() !== "}" ||
    names !== "descr, fortran_order, shape"
  )
    return bad(
      "a dictionary of descr, fortran_order and shape expected",
      JSON.stringify(text.slice(0, 120)),
    );
  const [descr, order, tuple] = ["descr", "fortran_order", "shape"].map((name) =>
    fields.get(name),
  ) as [string, string, string]; // just counted
  if (order !== "True" && order !== "False")
    return bad("fortran_order True or False expected", order);
  const shape = shapeOf(tuple);
  if (shape === undefined)
    return E.left(formatProblem("BadShape", "a tuple of whole sizes expected", tuple));
  return E.map((type: Pick<NpyHeader, "dtype" | "isBigEndian">) => ({
    ...type,
    isFortran: order === "True",
    shape,
  }))(typeOf(descr));
};

/** (), (3,) or (3, 4); Python 2 wrote 3L. */
const shapeOf = (tuple: string): Shape | undefined => {
  if (!/^\(\s*(\d+L?\s*,\s*(\d+L?\s*(,\s*\d+L?\s*)*,?\s*)?)?\)$/.test(tuple)) return undefined;
  const shape = (tuple.match(/\d+/g) ?? []).map(Number);
  return Number.isSafeInteger(sizeOf(shape)) && shape.every(Number.isSafeInteger)
    ? shape
    : undefined;
};

const typeOf = (descr: string): Checked<Pick<NpyHeader, "dtype" | "isBigEndian">> => {
  const [, order, name] = /^['"]([<>|=])(\w+)['"]$/.exec(descr) ?? [];
  const dtype = dtypeByName.get(name ?? "");
  if (dtype !== undefined && order !== undefined && order !== "=")
    return E.right({ dtype, isBigEndian: order === ">" });
  const rule = `one of ${[...dtypeByName.values()].join(", ")} expected`;
  return E.left(formatProblem("UnknownDtype", rule, descr, hintFor(descr)));
};

const hintFor = (descr: string): string =>
  /O/.test(descr)
    ? "objects are pickled Python, which can do anything when it is read: save arrays of numbers"
    : descr.startsWith("[")
      ? "a structured dtype: save each field as an array of its own"
      : /[iu][248]/.test(descr)
        ? "convert before saving: x.astype(numpy.int32)"
        : "convert before saving: x.astype(numpy.float32)";
