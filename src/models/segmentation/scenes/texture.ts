// Roughness of surfaces: value noise, the numbers of a grid and what lies between them (Perlin, "An image synthesizer", 1985, §value
// functions), from a tile that repeats.

import { philox } from "../../prng.ts";

const side = 64;

/** A smooth function of the plane with values in −1…1 that changes over a length of about 1 and repeats after 64. */
export type Texture = (x: number, y: number) => number;

/** The texture of a key and a stream: coarse changes and, half as strong, finer ones. */
export const textureOf = (key: number, stream: number): Texture => {
  const tile = Float32Array.from(
    { length: side * side },
    (_, at) => philox(key, stream, at)[0] / 2 ** 31 - 1,
  );
  return (x, y) => (between(tile, x, y) + 0.5 * between(tile, 2.7 * x + 17.3, 2.7 * y + 5.1)) / 1.5;
};

/** What lies between the numbers of a tile: bilinear. */
const between = (tile: Float32Array, x: number, y: number): number => {
  const i = Math.floor(x);
  const j = Math.floor(y);
  const u = x - i;
  const upper = (j & (side - 1)) * side;
  const lower = ((j + 1) & (side - 1)) * side;
  const left = i & (side - 1);
  const right = (i + 1) & (side - 1);
  const a = (1 - u) * (tile[upper + left] as number) + u * (tile[upper + right] as number);
  const b = (1 - u) * (tile[lower + left] as number) + u * (tile[lower + right] as number);
  return a + (y - j) * (b - a);
};
