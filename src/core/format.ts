// Tensors as text, as NumPy prints them: nested brackets, aligned columns, an ellipsis in long axes; then shape and dtype.

import { type Dtype, isFloat, type TypedArray } from "./dtype.ts";
import { type Shape, sizeOf } from "./shape.ts";

const maxElements = 1000;
const edgeItems = 3;
const lineWidth = 75;

/** Shape and dtype as text: `f32[2, 3]`. */
export const formatAval = ({
  shape,
  dtype,
}: {
  readonly shape: Shape;
  readonly dtype: Dtype;
}): string => `${dtype}[${shape.join(", ")}]`;

/** A tensor as text: its values, or why there are none to show ("traced"). */
export const formatTensor = (
  aval: { readonly shape: Shape; readonly dtype: Dtype },
  flat: TypedArray | string,
): string => {
  if (typeof flat === "string") return `Tensor(${formatAval(aval)}, ${flat})`;
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
  const last = shape.length - 1;
  const build = (axis: number, outer: string): string => {
    const indent = `${outer} `;
    const parts = visible(shape[axis] as number).map((i) =>
      i === "…" ? "..." : axis === last ? (words[next++] as string) : build(axis + 1, indent),
    );
    const text =
      axis === last
        ? wrap(parts, indent, lineWidth - shape.length)
        : parts.join(`,${"\n".repeat(last - axis)}${indent}`);
    return `[${text}]`;
  };
  return `Tensor(${build(0, "       ")}, ${formatAval(aval)})`;
};

/** Words in lines of at most `width` characters, the indent counted. */
const wrap = (words: readonly string[], indent: string, width: number): string => {
  const lines: string[] = [];
  let line = indent;
  for (const word of words) {
    if (line !== indent && line.length + word.length > width) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word}, `;
  }
  return [...lines, line.slice(0, -2)].join("\n").slice(indent.length);
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
  if (!isFloat(dtype)) return elements.map(String);
  const finite = elements.filter((x) => Number.isFinite(x) && x !== 0).map(Math.abs);
  const [largest, smallest] = [
    Math.max(0, ...finite),
    Math.min(Number.POSITIVE_INFINITY, ...finite),
  ];
  const special = (x: number): string | undefined =>
    Number.isNaN(x) ? "nan" : Number.isFinite(x) ? undefined : x > 0 ? "inf" : "-inf";
  if (largest >= 1e8 || smallest < 1e-4 || (finite.length > 0 && largest / smallest > 1e5)) {
    return alike(elements, special, exponential);
  }
  return alike(elements, special, fixed);
};

/** Numbers with as many decimals, at most four, as the one that needs most. */
const alike = (
  elements: readonly number[],
  special: (x: number) => string | undefined,
  print: (x: number, decimals: number) => string,
): string[] => {
  const needed = (x: number): number => /\.(\d*?)0*(e|$)/.exec(print(x, 4))?.[1]?.length ?? 0;
  const decimals = Math.max(0, ...elements.filter((x) => special(x) === undefined).map(needed));
  return elements.map((x) => special(x) ?? print(x, decimals));
};

const fixed = (x: number, decimals: number): string =>
  `${Object.is(x, -0) ? "-" : ""}${x.toFixed(decimals)}${decimals === 0 ? "." : ""}`;

/** At least two digits in the exponent, so that columns align. */
const exponential = (x: number, decimals: number): string =>
  x
    .toExponential(decimals)
    .replace(/^(-?\d)e/, "$1.e")
    .replace(/([+-])(\d)$/, "$10$2");
