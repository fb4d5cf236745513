// How large a picture may be. A few bytes can claim any size, so sizes are held to this before memory is taken.

import { type Complaint, complaint } from "./problem.ts";

/** The most pixels that a picture is read with, 2²⁵: 8192x4096, for example. */
export const mostPixels = 2 ** 25;

/** The most bytes that a file of a picture is read with: 2²⁸. */
export const mostBytes = 2 ** 28;

/** What is wrong with a picture of this height and width, if anything. */
export const sizeComplaint = (height: number, width: number): Complaint | undefined => {
  if (height > 0 && width > 0 && height * width <= mostPixels) return undefined;
  return complaint("WrongSize", `1…${mostPixels} pixels expected`, size(height, width));
};

/** A size as messages have it: [height, width]. */
export const size = (height: number, width: number): string => `[${height}, ${width}]`;
