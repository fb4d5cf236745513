// Pictures made of pixels, beside and below each other. They lie in the SVG as PNGs and are enlarged without smoothing, so that each of
// their pixels is a square of the picture that is saved.

import { encode } from "fast-png";
import type { Frame } from "./charts.ts";
import { type Piece, swatches } from "./legend.ts";
import { escapeXml, type Picture } from "./picture.ts";
import type { Image, NamedColor } from "./pixels.ts";
import { defaultWidth, muted, sizes, widthOf, wrap } from "./theme.ts";
import { framed } from "./titles.ts";

/** An image with a few words below it. */
export interface Cell extends Image {
  readonly caption?: string;
}

/** Images in rows and columns. */
export interface ImageGrid extends Pick<Frame, "title" | "caption"> {
  /** From top to bottom, each from left to right; a place without an image is null. */
  readonly rows: readonly (readonly (Cell | null)[])[];
  readonly rowLabels?: readonly string[];
  readonly columnLabels?: readonly string[];
  /** What colours mean, above the images; nothing is said without. */
  readonly classes?: readonly NamedColor[];
  /**
   * Pixels of the page for each pixel of an image, a multiple of ½, so that a PNG of twice the page's size has whole squares; as
   * many as fit the width of a notebook without, and columns of 240 at most.
   */
  readonly enlarge?: number;
  /** Pixels of the page between images; 6 without. */
  readonly gap?: number;
}

const margin = 12;
/** Above and below everything. */
const edge = 6;
const small = sizes.text - 2;
const lineHeight = 16;
const widestColumn = 240;

/** Images in rows and columns, with words. Throws a RangeError for an image of another number of bytes, and for other enlargements. */
export const imageGrid = (grid: ImageGrid): Picture => {
  const { rows, classes, title, caption, enlarge = 1 } = grid;
  for (const cell of rows.flat()) if (cell !== null) checkBytes(cell);
  if (!(enlarge > 0 && Number.isInteger(2 * enlarge)))
    throw new RangeError(`imageGrid: a multiple of 0.5 expected for enlarge, got ${enlarge}`);
  const layout = layoutOf(grid);
  const legend = classes === undefined ? undefined : swatchesOf(classes, layout.width);
  return framed({ title, legend, caption }, layout, (top) => drawAll(rows, layout, top));
};

/** Where everything is, in pixels of the page below the legend. */
interface Layout {
  readonly width: number;
  readonly height: number;
  readonly enlarge: number;
  /** Of columns, and behind them where another one would begin. */
  readonly lefts: readonly number[];
  /** Of rows, and behind them where another one would begin. */
  readonly tops: readonly number[];
  /** Of the images of each row. */
  readonly heights: readonly number[];
  readonly columnLabels: Words;
  readonly rowLabels: (row: number, top: number) => string;
  /** Below the images of each row. */
  readonly captions: readonly Words[];
}

const layoutOf = ({ rows, gap = 6, ...grid }: ImageGrid): Layout => {
  const columns = [...Array(Math.max(0, ...rows.map((row) => row.length))).keys()];
  const natural = columns.map((j) => largest(rows.map((row) => row[j]?.width)));
  const enlarge = grid.enlarge ?? fitting(natural, gap);
  const widths = natural.map((width) => Math.ceil(width * enlarge));
  const heights = rows.map((row) => Math.ceil(largest(row.map((cell) => cell?.height)) * enlarge));
  const rowLabels = wordsBeside(grid.rowLabels ?? [], heights);
  const columnLabels = wordsAcross(grid.columnLabels ?? [], widths, sizes.text);
  const captions = rows.map((row) => {
    const texts = row.map((cell) => cell?.caption ?? "");
    return wordsAcross(texts, widths, small);
  });
  const rowHeights = heights.map((height, i) => height + (captions[i]?.height ?? 0));
  const lefts = runningSums(margin + rowLabels.room, widths, gap);
  const tops = runningSums(edge + columnLabels.height, rowHeights, gap);
  return {
    width: largest(lefts) - gap + margin,
    height: largest(tops) - gap + edge,
    enlarge,
    lefts,
    tops,
    heights,
    columnLabels,
    rowLabels: rowLabels.draw,
    captions,
  };
};

const drawAll = (
  rows: ImageGrid["rows"],
  { enlarge, lefts, tops, heights, columnLabels, rowLabels, captions }: Layout,
  top: number,
): string => {
  const drawRow = (row: ImageGrid["rows"][number], i: number): readonly string[] => {
    const y = top + (tops[i] as number); // one more than rows
    return [
      ...row.map((cell, j) => (cell === null ? "" : drawn(cell, lefts[j] as number, y, enlarge))),
      captions[i]?.draw(lefts, y + (heights[i] as number)) ?? "",
      rowLabels(i, y),
    ];
  };
  return [columnLabels.draw(lefts, top + 4), ...rows.flatMap(drawRow)].join("");
};

/** Squares of colour with the names of classes. */
export const swatchesOf = (classes: readonly NamedColor[], width: number): Piece =>
  swatches(
    classes.map(({ name, color }) => {
      return { name, fill: `rgb(${color.join(", ")})`, stroke: muted };
    }),
    width,
  );

const largest = (numbers: readonly (number | undefined)[]): number =>
  Math.max(0, ...numbers.map((x) => x ?? 0));

/** Where things of these sizes begin, and behind them where the next one would. */
const runningSums = (first: number, all: readonly number[], gap: number): readonly number[] => {
  let next = first;
  const begins = all.map((size) => {
    const begin = next;
    next += size + gap;
    return begin;
  });
  return [...begins, next];
};

/** As large as the page lets it be, in steps of ½, and ½ at least. */
const fitting = (widths: readonly number[], gap: number): number => {
  const room = defaultWidth - 2 * margin - 2 * lineHeight - gap * widths.length;
  const sum = widths.reduce((a, b) => a + b, 0);
  const factor = Math.min(room / sum, widestColumn / largest(widths));
  return Number.isFinite(factor) ? Math.max(0.5, Math.floor(2 * factor) / 2) : 1;
};

const checkBytes = ({ pixels, height, width }: Image): void => {
  if (pixels.length !== 3 * height * width)
    throw new RangeError(
      `imageGrid: ${3 * height * width} bytes expected for ${height} × ${width} pixels, got ${pixels.length}`,
    );
};

/** An image at a place. resvg 2.6 enlarges without smoothing for "optimizeSpeed", but not for CSS's "pixelated". */
const drawn = ({ pixels, height, width }: Image, x: number, y: number, enlarge: number): string => {
  const png = encode({ width, height, data: pixels, channels: 3, depth: 8 });
  return (
    `<image x="${x}" y="${y}" width="${width * enlarge}" height="${height * enlarge}" preserveAspectRatio="none"` +
    ` image-rendering="optimizeSpeed" href="data:image/png;base64,${Buffer.from(png).toString("base64")}"/>`
  );
};

/** Words for columns, and how much room they take. */
interface Words {
  readonly height: number;
  readonly draw: (lefts: readonly number[], top: number) => string;
}

/** Words in the middle of columns, in as many lines as they need. */
const wordsAcross = (texts: readonly string[], widths: readonly number[], size: number): Words => {
  const all = texts.map((text, j) => (text === "" ? [] : wrap(text, widths[j] ?? 0, size)));
  const count = largest(all.map((lines) => lines.length));
  const drawLine = (line: string, x: number, y: number): string =>
    `<text x="${x}" y="${y}" font-size="${size}" text-anchor="middle">${escapeXml(line)}</text>`;
  return {
    height: count === 0 ? 0 : count * lineHeight + 4,
    draw: (lefts, top) =>
      all
        .flatMap((lines, j) => {
          const x = (lefts[j] ?? 0) + (widths[j] ?? 0) / 2;
          return lines.map((line, k) => drawLine(line, x, top + (k + 1) * lineHeight - 2));
        })
        .join(""),
  };
};

/** Words to the left of rows: upright where the rows are high enough for all, level otherwise. */
const wordsBeside = (texts: readonly string[], heights: readonly number[]) => {
  const isUpright = texts.every((text, i) => widthOf(text) <= (heights[i] ?? 0));
  const room = isUpright ? lineHeight : 8 + largest(texts.map((text) => widthOf(text)));
  return {
    room: texts.length === 0 ? 0 : Math.ceil(room) + 4,
    draw: (row: number, top: number): string => {
      if (texts[row] === undefined) return "";
      const middle = top + (heights[row] ?? 0) / 2;
      const place = isUpright
        ? `text-anchor="middle" transform="translate(${margin + 10}, ${middle}) rotate(-90)"`
        : `x="${margin + room - 4}" y="${middle + 5}" text-anchor="end"`;
      return `<text ${place}>${escapeXml(texts[row])}</text>`;
    },
  };
};
