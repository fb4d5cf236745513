// What a scene is painted on: four samples for each pixel, over which polygons are filled one after the other, the near ones over the
// far ones. Places are in heights of the picture, from its upper left corner, so that a scene is the same at every size.

import { ignored } from "../images.ts";

/** A place in the picture, in heights of it: rightwards and downwards. */
export type Point = readonly [x: number, y: number];

/** Red, green and blue of light, 1 for white. May exceed it. */
export type Light = readonly [red: number, green: number, blue: number];

/** What a polygon is filled with. */
export interface Ink {
  /** The label its samples get; they keep theirs where absent. */
  readonly label?: number;
  /** The light its samples get; they keep theirs where absent. */
  readonly light?: Light;
  /** What the light is multiplied by at a place. */
  readonly shade?: (x: number, y: number) => number;
  /** How much of the light below is covered, in 0…1; all of it where absent. */
  readonly cover?: (x: number, y: number) => number;
}

/** Samples, two by two for each pixel. */
export interface Canvas {
  readonly height: number;
  readonly width: number;
  /** [2·height, 2·width, 3] */
  readonly light: Float32Array;
  /** [2·height, 2·width] */
  readonly labels: Uint8Array;
}

const perPixel = 2;

/** A canvas of a height and width in pixels, black and without labels. */
export const canvasOf = (height: number, width: number): Canvas => ({
  height,
  width,
  light: new Float32Array(perPixel ** 2 * height * width * 3),
  labels: new Uint8Array(perPixel ** 2 * height * width).fill(ignored),
});

/** Paints the samples from `start` to before `end` of a row. */
const fillSpan = (canvas: Canvas, row: number, start: number, end: number, ink: Ink): void => {
  const { label, light, shade, cover } = ink;
  const base = row * canvas.width * perPixel;
  if (label !== undefined) canvas.labels.fill(label, base + start, base + end);
  if (light === undefined) return;
  const unit = 1 / (perPixel * canvas.height);
  const y = (row + 0.5) * unit;
  for (let column = start; column < end; column++) {
    const x = (column + 0.5) * unit;
    const strength = shade === undefined ? 1 : shade(x, y);
    const share = cover === undefined ? 1 : cover(x, y);
    const at = 3 * (base + column);
    for (let channel = 0; channel < 3; channel++) {
      const below = canvas.light[at + channel] as number;
      canvas.light[at + channel] = below + share * (strength * (light[channel] as number) - below);
    }
  }
};

/** Puts where the border of a polygon crosses a horizontal line into `found`, in samples from left to right, and returns how often. */
const cross = (points: readonly Point[], y: number, scale: number, found: Float64Array): number => {
  let count = 0;
  let [x0, y0] = points.at(-1) as Point; // a polygon has points
  for (let k = 0; k < points.length; k++) {
    const point = points[k] as Point; // k < length
    const x1 = point[0];
    const y1 = point[1];
    if (y0 <= y !== y1 <= y) {
      const x = scale * (x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
      let place = count++;
      for (; place > 0 && (found[place - 1] as number) > x; place--)
        found[place] = found[place - 1] as number;
      found[place] = x;
    }
    x0 = x1;
    y0 = y1;
  }
  return count;
};

/** Fills a polygon, by the even-odd rule: a sample is inside when its middle is. What lies outside the canvas is left out. */
export const fill = (canvas: Canvas, points: readonly Point[], ink: Ink): void => {
  const scale = perPixel * canvas.height; // samples in a height
  const columns = perPixel * canvas.width;
  let [top, bottom] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const point of points) {
    top = Math.min(top, point[1]);
    bottom = Math.max(bottom, point[1]);
  }
  const first = Math.max(0, Math.ceil(top * scale - 0.5));
  const last = Math.min(scale - 1, Math.floor(bottom * scale - 0.5));
  if (last < first) return;
  const xs = new Float64Array(points.length);
  for (let row = first; row <= last; row++) {
    const count = cross(points, (row + 0.5) / scale, scale, xs);
    for (let k = 0; k + 1 < count; k += 2) {
      const start = Math.max(0, Math.ceil((xs[k] as number) - 0.5));
      const end = Math.min(columns, Math.ceil((xs[k + 1] as number) - 0.5));
      if (start < end) fillSpan(canvas, row, start, end, ink);
    }
  }
};

/** The label that most of four samples have; of those with as many, the first's in order of samples. */
const majority = (a: number, b: number, c: number, d: number): number => {
  if (a === b || a === c || a === d) return a;
  if (b === c || b === d) return b;
  return c === d ? c : a;
};

/** The label of each pixel [height, width]: what most of its samples have. */
export const labelsOf = ({ height, width, labels }: Canvas): Uint8Array => {
  const result = new Uint8Array(height * width);
  const row = perPixel * width;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = perPixel * (y * row + x);
      const [a, b] = [labels[at] as number, labels[at + 1] as number];
      const [c, d] = [labels[at + row] as number, labels[at + row + 1] as number];
      result[y * width + x] = majority(a, b, c, d);
    }
  return result;
};

/** The light of each pixel [height, width, 3]: the mean of its samples. */
export const lightOf = ({ height, width, light }: Canvas): Float32Array => {
  const result = new Float32Array(height * width * 3);
  const row = 3 * perPixel * width;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < 3; channel++) {
        const at = perPixel * (y * row + 3 * x) + channel;
        const upper = (light[at] as number) + (light[at + 3] as number);
        const lower = (light[at + row] as number) + (light[at + row + 3] as number);
        result[3 * (y * width + x) + channel] = (upper + lower) / 4;
      }
  return result;
};
