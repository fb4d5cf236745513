// Tensors as text, as NumPy prints them: nested brackets, aligned columns, an ellipsis in long axes; then shape and dtype.

import type { Dtype, TypedArray } from "./dtype.ts";
import { type Shape, sizeOf } from "./shape.ts";

const maxElements = 1000;
const edgeItems = 3;

/** Shape and dtype as text: `f32[2, 3]`. */
export const formatAval = ({
  shape,
  dtype,
}: {
  readonly shape: Shape;
  readonly dtype: Dtype;
}): string => `${dtype}[${shape.join(", ")}]`;

/**
 * A tensor as text. `read` gives its values; without it (inside a traced function) only shape and dtype are shown.
 */
export const formatTensor = (
  aval: { readonly shape: Shape; readonly dtype: Dtype },
  read: (() => TypedArray) | undefined,
): string => {
  if (read === undefined) return `Tensor(${formatAval(aval)}, traced)`;
  const flat = read();
  const { shape, dtype } = aval;
  if (shape.length === 0)
    return `Tensor(${formatElements([flat[0] as number], dtype)[0]?.trim()}, ${dtype})`;
  if (sizeOf(shape) === 0) return `Tensor([], shape=[${shape.join(", ")}], ${dtype})`;
  const isLong = sizeOf(shape) > maxElements;
  const shown: number[] = [];
  const visible = (n: number): (number | "…")[] =>
    isLong && n > 2 * edgeItems
      ? [
          ...Array(edgeItems).keys(),
          "…",
          ...Array.from({ length: edgeItems }, (_, i) => n - edgeItems + i),
        ]
      : [...Array(n).keys()];
  const collect = (axis: number, offset: number): void => {
    if (axis === shape.length) {
      shown.push(flat[offset] as number);
      return;
    }
    const inner = sizeOf(shape.slice(axis + 1));
    for (const i of visible(shape[axis] as number))
      if (i !== "…") collect(axis + 1, offset + i * inner);
  };
  collect(0, 0);
  const words = formatElements(shown, dtype);
  let next = 0;
  const build = (axis: number, indent: string): string => {
    if (axis === shape.length) return words[next++] as string;
    const separator =
      axis === shape.length - 1 ? ", " : `,${"\n".repeat(shape.length - 1 - axis)}${indent} `;
    return `[${visible(shape[axis] as number)
      .map((i) => (i === "…" ? "..." : build(axis + 1, `${indent} `)))
      .join(separator)}]`;
  };
  return `Tensor(${build(0, "       ")}, ${formatAval(aval)})`;
};

/** Numbers as words of equal width: integers plain, floats with up to four decimals or in exponent form. */
const formatElements = (elements: readonly number[], dtype: Dtype): string[] => {
  const words =
    dtype === "bool"
      ? elements.map((x) => (x === 0 ? "false" : "true"))
      : formatNumbers(elements, dtype);
  const width = Math.max(...words.map((word) => word.length));
  return words.map((word) => word.padStart(width));
};

const formatNumbers = (elements: readonly number[], dtype: Dtype): string[] => {
  if (["i32", "i8", "u8"].includes(dtype)) return elements.map(String);
  const finite = elements.filter((x) => Number.isFinite(x) && x !== 0).map(Math.abs);
  const [largest, smallest] = [
    Math.max(0, ...finite),
    Math.min(Number.POSITIVE_INFINITY, ...finite),
  ];
  const special = (x: number): string | undefined =>
    Number.isNaN(x) ? "nan" : Number.isFinite(x) ? undefined : x > 0 ? "inf" : "-inf";
  if (largest >= 1e8 || smallest < 1e-4 || (finite.length > 0 && largest / smallest > 1e5)) {
    return elements.map((x) => special(x) ?? x.toExponential(4));
  }
  const fixed = elements.map((x) => special(x) ?? trimZeros(x.toFixed(4)));
  const decimals = Math.max(0, ...fixed.map((word) => (/\.(\d*)/.exec(word)?.[1] ?? "").length));
  return elements.map(
    (x) => special(x) ?? (decimals === 0 ? `${x.toFixed(0)}.` : x.toFixed(decimals)),
  );
};

const trimZeros = (word: string): string => word.replace(/\.?0+$/, "");
