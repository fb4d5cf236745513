// From the values of a mask, numbers or colours, to the classes of a data set. A value that stands for nothing is refused: it would be
// learned as a class that there is not.

import * as E from "fp-ts/lib/Either.js";
import { type Color, ignored, type Labels, type Picture } from "../images.ts";
import type { ImageProblem } from "./problem.ts";

/** What values of a mask stand for. */
export interface LabelTable {
  /** The label of a value; none where it stands for nothing. */
  readonly labelOf: ReadonlyMap<number, number>;
  /** What values there are, in words, for the message about another one. */
  readonly rule: string;
}

/** A table from pairs of a value and its label. */
export const labelTable = (
  rule: string,
  pairs: Iterable<readonly [value: number, label: number]>,
): LabelTable => ({ rule, labelOf: new Map(pairs) });

/** A colour as one number. */
export const numberOf = ([red, green, blue]: Color): number => (red << 16) | (green << 8) | blue;

/** The table of colours: the k-th stands for the class k, those of `others` for no class. */
export const colorTable = (colors: readonly Color[], others: readonly Color[]): LabelTable =>
  labelTable(`one of ${colors.length + others.length} colours expected`, [
    ...colors.map((color, k) => [numberOf(color), k] as const),
    ...others.map((color) => [numberOf(color), ignored] as const),
  ]);

/**
 * Labels by a table, from the labels of a file. Fails with UnknownLabel for a value that is not in the table: which it is, in how many
 * pixels, and where the first is, rows and columns counted from 0.
 */
export const relabelled =
  (file: string, table: LabelTable) =>
  ({ height, width, labels }: Labels): E.Either<ImageProblem, Labels> =>
    lookedUp(file, table, { height, width }, (i) => labels[i] as number, String);

/**
 * Labels by a table of colours (`colorTable`), from a picture that is painted with them. Fails as `relabelled` does.
 *
 * @example
 * const painted = { height: 1, width: 2, pixels: Uint8Array.of(9, 8, 7, 0, 0, 0) };
 * labelsOfColors("mask.png", colorTable([[9, 8, 7]], [[0, 0, 0]]))(painted)
 * // { _tag: "Right", right: { height: 1, width: 2, labels: Uint8Array(2) [0, 255] } }
 */
export const labelsOfColors =
  (file: string, table: LabelTable) =>
  ({ height, width, pixels }: Picture): E.Either<ImageProblem, Labels> => {
    const value = (i: number): number =>
      ((pixels[3 * i] as number) << 16) |
      ((pixels[3 * i + 1] as number) << 8) |
      (pixels[3 * i + 2] as number);
    const shown = (color: number): string =>
      `colour ${[color >> 16, (color >> 8) & 255, color & 255].join(" ")}`;
    return lookedUp(file, table, { height, width }, value, shown);
  };

const lookedUp = (
  file: string,
  { labelOf, rule }: LabelTable,
  { height, width }: Pick<Labels, "height" | "width">,
  valueAt: (i: number) => number,
  shown: (value: number) => string,
): E.Either<ImageProblem, Labels> => {
  const labels = new Uint8Array(height * width);
  for (let i = 0; i < labels.length; i++) {
    const label = labelOf.get(valueAt(i));
    if (label === undefined) {
      const count = labels.reduce((sum, _, k) => sum + Number(valueAt(k) === valueAt(i)), 0);
      const place = `row ${Math.floor(i / width)}, column ${i % width}`;
      const got = `${shown(valueAt(i))} in ${count} pixels, the first at ${place}`;
      return E.left({ _tag: "UnknownLabel", file, rule, got });
    }
    labels[i] = label;
  }
  return E.right({ height, width, labels });
};
