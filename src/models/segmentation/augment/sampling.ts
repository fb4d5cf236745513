// Where the rows and columns of a new picture lie in the old one, when it has been mirrored, scaled and cropped: one map for each axis,
// so that the pixels themselves are gone through once.

/** How an axis is changed. */
export interface AxisChange {
  /** Pixels of the old picture. */
  readonly from: number;
  /** Pixels of the new one. */
  readonly to: number;
  readonly scale: number;
  /** Where the new picture begins, in whole pixels of the scaled one; negative where that begins later. */
  readonly start: number;
  readonly isMirrored: boolean;
}

/** For each pixel of a new axis, the two old ones it lies between, the weight of the second, and the nearest. */
export interface AxisMap {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly weight: Float64Array;
  /** −1 outside the old picture. */
  readonly nearest: Int32Array;
}

/**
 * Where a window of `to` pixels begins in a scaled axis, from a number in [0, 1): anywhere that it is full, or, where it is larger than
 * the scaled axis, anywhere that the whole of this is in it. A whole number, so that without a scale pixels keep their bytes.
 */
export const startOf = (scaled: number, to: number, share: number): number => {
  const room = Math.floor(Math.abs(scaled - to));
  const start = Math.floor(share * (room + 1));
  return scaled >= to ? start : -start || 0; // not −0
};

/**
 * The map of an axis. The middle of new pixel i lies at (i + ½ + start) / scale − ½ in old pixels, counted from the other end where it is
 * mirrored. Between pixels: linear, with the outermost pixel continued; nearest: the pixel in which the place lies.
 *
 * @example
 * const map = axisMap({ from: 3, to: 4, scale: 1, start: -1, isMirrored: false });
 * [...map.nearest] // [-1, 0, 1, 2]
 */
export const axisMap = ({ from, to, scale, start, isMirrored }: AxisChange): AxisMap => {
  const map = {
    first: new Int32Array(to),
    second: new Int32Array(to),
    weight: new Float64Array(to),
    nearest: new Int32Array(to),
  };
  const turn = (i: number): number => (isMirrored ? from - 1 - i : i);
  const clamp = (i: number): number => Math.min(from - 1, Math.max(0, i));
  for (let i = 0; i < to; i++) {
    const edge = (i + 0.5 + start) / scale; // from the border of the old picture
    const before = Math.floor(edge - 0.5);
    const nearest = Math.floor(edge);
    map.first[i] = turn(clamp(before));
    map.second[i] = turn(clamp(before + 1));
    map.weight[i] = edge - 0.5 - before;
    map.nearest[i] = nearest < 0 || nearest >= from ? -1 : turn(nearest);
  }
  return map;
};
