// Pixels that pictures are made of: labels as colours, colours over a picture, and where a prediction is wrong. Everything here is plain
// bytes; `imageGrid` makes pictures of them.

/** Red, green and blue in 0…255. */
export type Color = readonly [red: number, green: number, blue: number];

/** Pixels in colour. */
export interface Image {
  readonly height: number;
  readonly width: number;
  /** [height, width, 3], row by row, 0…255 */
  readonly pixels: Uint8Array;
}

/** The class of each pixel. */
export interface LabelMap {
  readonly height: number;
  readonly width: number;
  /** [height, width], row by row: a class from 0, or what stands for none. */
  readonly labels: Uint8Array;
}

/** Which label stands for no class; 255 without. */
export interface Ignoring {
  readonly ignored?: number;
}

/** A class as it is painted. */
export interface NamedColor {
  readonly name: string;
  readonly color: Color;
}

// Far apart in lightness, so that errors are seen with any colour vision, and in print.
const paleGrey: Color = [238, 238, 238];
const middleGrey: Color = [176, 180, 186];
const red: Color = [196, 34, 44];

/** Labels as an image, each class in its colour; what is ignored is pale. Throws a RangeError for a class without a colour. */
export const paint = (
  map: LabelMap,
  colors: readonly Color[],
  { ignored = 255, ignoredColor = paleGrey }: Ignoring & { readonly ignoredColor?: Color } = {},
): Image =>
  imageOf(map, (i) => {
    const label = labelAt(map, i);
    return label === ignored ? ignoredColor : colorOf("paint", colors, label);
  });

/** How labels lie over an image. */
export interface OverlayOptions extends Ignoring {
  /** How much of a class's colour there is, 0…1; 0.5 without. */
  readonly opacity?: number;
  /** Whether a class has its full colour where it meets another one to the right or below; false without. */
  readonly outline?: boolean;
}

/** An image with the colours of its labels over it; what is ignored stays as it is. Throws a RangeError for another size. */
export const overlay = (
  image: Image,
  map: LabelMap,
  colors: readonly Color[],
  { ignored = 255, opacity = 0.5, outline = false }: OverlayOptions = {},
): Image => {
  sameSize("overlay", image, map);
  return imageOf(map, (i) => {
    const [label, below] = [labelAt(map, i), pixelAt(image, i)];
    if (label === ignored) return below;
    const part = outline && isBorder(map, i) ? 1 : opacity;
    return mix(below, colorOf("overlay", colors, label), part);
  });
};

/** Where a prediction is right (grey), wrong (red), and not judged (pale). Throws a RangeError for another size. */
export const errorMap = (
  truth: LabelMap,
  prediction: LabelMap,
  { ignored = 255 }: Ignoring = {},
): Image => {
  sameSize("errorMap", truth, prediction);
  return imageOf(truth, (i) => {
    const label = labelAt(truth, i);
    if (label === ignored) return paleGrey;
    return label === labelAt(prediction, i) ? middleGrey : red;
  });
};

type Size = Pick<Image, "height" | "width">;

/** The image whose pixels have these colours. */
const imageOf = ({ height, width }: Size, colorAt: (pixel: number) => Color): Image => {
  const pixels = new Uint8Array(height * width * 3);
  for (let i = 0; i < height * width; i++) pixels.set(colorAt(i), 3 * i);
  return { height, width, pixels };
};

const labelAt = ({ labels }: LabelMap, i: number): number => labels[i] as number; // below height · width
const pixelAt = ({ pixels }: Image, i: number): Color =>
  [pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]] as unknown as Color; // below height · width

const colorOf = (who: string, colors: readonly Color[], label: number): Color => {
  const color = colors[label];
  if (color === undefined)
    throw new RangeError(`${who}: a class below ${colors.length} expected, got ${label}`);
  return color;
};

const mix = (below: Color, above: Color, opacity: number): Color => {
  const part = (k: 0 | 1 | 2): number => Math.round(below[k] + (above[k] - below[k]) * opacity);
  return [part(0), part(1), part(2)];
};

/** Whether the pixel to the right or below has another label. */
const isBorder = (map: LabelMap, i: number): boolean => {
  const [label, { width, height }] = [labelAt(map, i), map];
  const isLast = i % width === width - 1;
  const isLowest = i >= (height - 1) * width;
  return (
    (!isLast && labelAt(map, i + 1) !== label) || (!isLowest && labelAt(map, i + width) !== label)
  );
};

const sameSize = (who: string, a: Size, b: Size): void => {
  if (a.height !== b.height || a.width !== b.width)
    throw new RangeError(
      `${who}: two of one size expected, got ${a.height} × ${a.width} and ${b.height} × ${b.width}`,
    );
};
