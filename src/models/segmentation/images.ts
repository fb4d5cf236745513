// What segmentation sees and says: pictures, the class of each of their pixels, and sets of both. Pixels are plain bytes, so that
// they go from thread to thread and to and from files as they are.

import type * as TE from "fp-ts/lib/TaskEither.js";
import type { ImageProblem } from "./data/problem.ts";

/** A picture in red, green and blue. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  /** [height, width, 3], row by row, 0…255 */
  readonly pixels: Uint8Array;
}

/** The label of a pixel that belongs to no class: it is neither learned nor counted. */
export const ignored = 255;

/** The class of each pixel of a picture. */
export interface Labels {
  readonly height: number;
  readonly width: number;
  /** [height, width], row by row: a class from 0, or `ignored`. */
  readonly labels: Uint8Array;
}

/** A picture whose pixels are known. */
export interface LabelledPicture extends Picture, Labels {
  /** What it is called where it came from. */
  readonly name: string;
}

/** Red, green and blue in 0…255. */
export type Color = readonly [red: number, green: number, blue: number];

/** A class: what it is called, and how it is painted. */
export interface ClassInfo {
  readonly name: string;
  readonly color: Color;
}

/** Pictures that can be had one by one, in an order of their own. */
export interface LabelledPictures {
  readonly classes: readonly ClassInfo[];
  /** What the pictures are called; there are as many. */
  readonly names: readonly string[];
  /** The picture at an index below their number. A Left names the file and what is wrong with it. */
  readonly load: (index: number) => TE.TaskEither<ImageProblem, LabelledPicture>;
}
