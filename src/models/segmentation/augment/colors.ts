// Changes of colour as one affine map of red, green and blue: brightness, contrast, saturation and hue, composed before any pixel is seen.

/** red′ = m0·red + m1·green + m2·blue + m3, and so on for green′ and blue′: three rows of four. */
export type ColorMap = readonly number[];

/** The grey of a colour: its luma, as ITU-R BT.601 weighs it. */
const luma = [0.299, 0.587, 0.114] as const;

/** What stays as it is. */
export const sameColors: ColorMap = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];

/** How colours are changed; 1, 1, 1 and 0 leave them. */
export interface ColorChange {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** In turns. */
  readonly hue: number;
}

/** One map after another. */
export const compose =
  (next: ColorMap) =>
  (first: ColorMap): ColorMap =>
    Array.from({ length: 12 }, (_, at) => {
      const [row, column] = [at >> 2, at & 3];
      const product = [0, 1, 2].reduce(
        (sum, k) => sum + (next[4 * row + k] as number) * (first[4 * k + column] as number),
        0,
      );
      return column === 3 ? product + (next[4 * row + 3] as number) : product;
    });

/** c ↦ factor · c + offset. */
const scaled = (factor: number, offset: number): ColorMap =>
  sameColors.map((value, at) => ((at & 3) === 3 ? offset : value * factor));

/** c ↦ grey(c) + factor · (c − grey(c)). */
const saturated = (factor: number): ColorMap =>
  sameColors.map((value, at) =>
    (at & 3) === 3 ? 0 : factor * value + (1 - factor) * (luma[at & 3] as number),
  );

/**
 * Turns the plane of equal grey, with red, green and blue minus grey as its coordinates, by an angle: in Y, B − Y, R − Y, scaled so that
 * a turn keeps lengths as the U and V of television measure them. Grey stays as it is.
 */
const turned = (turns: number): ColorMap => {
  const [cos, sin] = [Math.cos(2 * Math.PI * turns), Math.sin(2 * Math.PI * turns)];
  const [u, v] = [0.492, 0.877]; // of B − Y and R − Y
  const [r, g, b] = luma;
  const rows: ColorMap = [
    r,
    g,
    b,
    0,
    -u * r,
    -u * g,
    u * (1 - b),
    0,
    v * (1 - r),
    -v * g,
    -v * b,
    0,
  ];
  const turn: ColorMap = [1, 0, 0, 0, 0, cos, -sin, 0, 0, sin, cos, 0];
  // Red is Y + V / v, blue is Y + U / u, and green what Y leaves.
  const back: ColorMap = [1, 0, 1 / v, 0, 1, -b / (g * u), -r / (g * v), 0, 1, 1 / u, 0, 0];
  return compose(back)(compose(turn)(rows));
};

/**
 * The map of a change, for pictures with a mean grey in 0…255:
 *
 *   brightness   c ↦ brightness · c
 *   contrast     c ↦ m + contrast · (c − m),                 m the mean grey after brightness
 *   saturation   c ↦ grey(c) + saturation · (c − grey(c)),   grey = 0.299 red + 0.587 green + 0.114 blue
 *   hue          a turn of the plane (U, V) of equal grey
 *
 * in this order. What leaves 0…255 on the way may come back: values are clamped once, at the end.
 *
 * @example
 * colorMap({ brightness: 2, contrast: 1, saturation: 1, hue: 0 }, 100)[0] // 2
 */
export const colorMap = (change: ColorChange, meanGrey: number): ColorMap => {
  const { brightness, contrast, saturation, hue } = change;
  const middle = brightness * meanGrey;
  const light = scaled(contrast * brightness, middle - contrast * middle);
  const colored = compose(saturated(saturation))(light);
  return hue === 0 ? colored : compose(turned(hue))(colored);
};

/** The mean red, green and blue of pixels [n, 3]; black where there are none. */
export const meanColor = (pixels: Uint8Array): readonly [number, number, number] => {
  let [red, green, blue] = [0, 0, 0];
  for (let at = 0; at < pixels.length; at += 3) {
    red += pixels[at] as number; // at + 2 < length
    green += pixels[at + 1] as number;
    blue += pixels[at + 2] as number;
  }
  const count = Math.max(1, pixels.length / 3);
  return [red / count, green / count, blue / count];
};

/** The grey of a colour. */
export const greyOf = ([red, green, blue]: readonly [number, number, number]): number =>
  luma[0] * red + luma[1] * green + luma[2] * blue;
