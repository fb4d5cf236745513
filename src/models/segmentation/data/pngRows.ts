// From the rows of a PNG to its samples: filters undone (W3C PNG, third edition, section 9), samples of less than a byte taken apart
// (section 7.2), and the seven passes of an interlaced picture put in their places (section 8.2).

/** How rows are laid out. */
export interface RowLayout {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Bits of a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  readonly isInterlaced: boolean;
}

/** Samples as they are in the file, [height, width, channels]; of two bytes where they have 16 bits. */
export type Samples = Uint8Array | Uint16Array;

/** A part of a picture: every `down`-th row from `top`, every `right`-th pixel from `left`. */
interface Pass {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly down: number;
  readonly rows: number;
  readonly columns: number;
}

const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

const passesOf = ({ height, width, isInterlaced }: RowLayout): readonly Pass[] =>
  (isInterlaced ? adam7 : ([[0, 0, 1, 1]] as const))
    .map(([left, top, right, down]) => ({
      ...{ left, top, right, down },
      rows: Math.ceil((height - top) / down),
      columns: Math.ceil((width - left) / right),
    }))
    .filter(({ rows, columns }) => rows > 0 && columns > 0);

const lineBytes = ({ channels, depth }: RowLayout, columns: number): number =>
  Math.ceil((columns * channels * depth) / 8);

/** How many bytes the rows of such a picture take, with the filter's byte before each. */
export const rowBytes = (layout: RowLayout): number =>
  passesOf(layout).reduce(
    (sum, { rows, columns }) => sum + rows * (1 + lineBytes(layout, columns)),
    0,
  );

/** The samples in `rowBytes(layout)` bytes of rows, which are changed on the way; undefined if a row has a filter that does not exist. */
export const samplesIn = (layout: RowLayout, rows: Uint8Array): Samples | undefined => {
  const { height, width, channels, depth } = layout;
  const count = height * width * channels;
  const samples = depth === 16 ? new Uint16Array(count) : new Uint8Array(count);
  const step = Math.max(1, (channels * depth) / 8); // from a byte to the one left of it that filters look at
  let at = 0;
  for (const pass of passesOf(layout)) {
    const length = lineBytes(layout, pass.columns);
    for (let row = 0; row < pass.rows; row++) {
      const above = row === 0 ? undefined : rows.subarray(at - length, at);
      const line = rows.subarray(at + 1, at + 1 + length);
      if (!unfilter(rows[at] as number, line, above, step)) return undefined;
      place(layout, pass, row, line, samples);
      at += 1 + length;
    }
  }
  return samples;
};

/** Undoes the filter of a line in place; whether there is such a filter. */
const unfilter = (
  filter: number,
  line: Uint8Array,
  above: Uint8Array | undefined,
  step: number,
): boolean => {
  const up = above ?? new Uint8Array(line.length);
  const n = line.length;
  // Indices are below the lengths; what is left of the line counts as 0.
  switch (filter) {
    case 0:
      return true;
    case 1:
      for (let i = step; i < n; i++) line[i]! += line[i - step]!;
      return true;
    case 2:
      for (let i = 0; i < n; i++) line[i]! += up[i]!;
      return true;
    case 3:
      for (let i = 0; i < Math.min(step, n); i++) line[i]! += up[i]! >> 1;
      for (let i = step; i < n; i++) line[i]! += (line[i - step]! + up[i]!) >> 1;
      return true;
    case 4:
      for (let i = 0; i < Math.min(step, n); i++) line[i]! += up[i]!;
      for (let i = step; i < n; i++) line[i]! += paeth(line[i - step]!, up[i]!, up[i - step]!);
      return true;
    default:
      return false;
  }
};

/** Which of the three is nearest to left + up − corner, section 9.4. */
const paeth = (left: number, up: number, corner: number): number => {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
};

/** Writes the samples of a line to where its pass has them. */
const place = (
  { width, channels, depth }: RowLayout,
  { left, top, right, down, columns }: Pass,
  row: number,
  line: Uint8Array,
  samples: Samples,
): void => {
  const start = (top + row * down) * width + left;
  if (depth === 8 && right === 1) {
    samples.set(line, start * channels);
    return;
  }
  const sample = sampleOf(depth, line);
  for (let column = 0; column < columns; column++)
    for (let k = 0; k < channels; k++)
      samples[(start + column * right) * channels + k] = sample(column * channels + k);
};

const sampleOf = (depth: number, line: Uint8Array): ((i: number) => number) => {
  if (depth === 8) return (i) => line[i] as number;
  if (depth === 16) return (i) => ((line[2 * i] as number) << 8) | (line[2 * i + 1] as number);
  const [inByte, mask] = [8 / depth, 2 ** depth - 1];
  return (i) =>
    ((line[Math.floor(i / inByte)] as number) >> (8 - depth * (1 + (i % inByte)))) & mask;
};
