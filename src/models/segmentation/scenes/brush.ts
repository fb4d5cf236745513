// What everything in a scene is painted with, and the colours it has. Classes share colours: there are grey cars on grey roads, brown
// walls behind brown trunks, and coats in any of them, so that a pixel's colour alone does not say what it is.

import type { Dice } from "../../dice.ts";
import { ignored } from "../images.ts";
import type { View } from "./camera.ts";
import { type Canvas, fill, type Ink, type Light, type Point } from "./canvas.ts";
import { outline } from "./shapes.ts";
import type { Texture } from "./texture.ts";
import { lit, type Weather } from "./weather.ts";

/** What a painter has at hand. */
export interface Brush {
  readonly canvas: Canvas;
  readonly view: View;
  readonly weather: Weather;
  readonly dice: Dice;
  readonly texture: Texture;
}

/** Base colours of things, in white light. */
export const palettes = {
  wall: [
    [0.58, 0.34, 0.26],
    [0.48, 0.36, 0.27],
    [0.72, 0.64, 0.5],
    [0.82, 0.78, 0.7],
    [0.55, 0.55, 0.54],
    [0.4, 0.4, 0.42],
    [0.9, 0.9, 0.88],
    [0.66, 0.5, 0.4],
  ],
  roof: [
    [0.4, 0.24, 0.2],
    [0.3, 0.3, 0.33],
    [0.45, 0.4, 0.36],
  ],
  asphalt: [
    [0.4, 0.4, 0.42],
    [0.48, 0.47, 0.46],
    [0.33, 0.33, 0.36],
    [0.5, 0.46, 0.44],
  ],
  slabs: [
    [0.55, 0.53, 0.5],
    [0.47, 0.46, 0.46],
    [0.6, 0.5, 0.44],
    [0.42, 0.41, 0.42],
  ],
  leaves: [
    [0.24, 0.36, 0.14],
    [0.34, 0.42, 0.18],
    [0.18, 0.28, 0.16],
    [0.5, 0.4, 0.16],
    [0.46, 0.28, 0.14],
  ],
  bark: [
    [0.3, 0.24, 0.19],
    [0.4, 0.35, 0.3],
    [0.24, 0.21, 0.19],
  ],
  grass: [
    [0.32, 0.46, 0.18],
    [0.42, 0.46, 0.24],
    [0.36, 0.34, 0.2],
  ],
  metal: [
    [0.5, 0.51, 0.52],
    [0.22, 0.23, 0.24],
    [0.66, 0.67, 0.67],
    [0.2, 0.3, 0.25],
    [0.36, 0.29, 0.22],
  ],
  paint: [
    [0.62, 0.63, 0.65],
    [0.42, 0.43, 0.45],
    [0.12, 0.12, 0.14],
    [0.9, 0.9, 0.9],
    [0.6, 0.12, 0.1],
    [0.14, 0.22, 0.46],
    [0.2, 0.32, 0.24],
    [0.55, 0.48, 0.36],
  ],
  cloth: [
    [0.12, 0.12, 0.15],
    [0.2, 0.24, 0.36],
    [0.46, 0.44, 0.42],
    [0.6, 0.16, 0.14],
    [0.8, 0.78, 0.74],
    [0.4, 0.32, 0.22],
    [0.26, 0.34, 0.2],
    [0.78, 0.82, 0.2],
  ],
  skin: [
    [0.85, 0.66, 0.54],
    [0.62, 0.44, 0.32],
    [0.36, 0.24, 0.18],
  ],
  board: [
    [0.75, 0.1, 0.1],
    [0.1, 0.25, 0.62],
    [0.92, 0.92, 0.9],
    [0.88, 0.74, 0.12],
    [0.08, 0.4, 0.26],
    [0.3, 0.22, 0.16],
  ],
  bricks: [
    [0.55, 0.38, 0.28],
    [0.5, 0.47, 0.43],
    [0.36, 0.33, 0.3],
  ],
} as const satisfies Record<string, readonly Light[]>;

/** A colour of a palette, a little lighter or darker and of another hue. */
export const drawColor = (dice: Dice, palette: keyof typeof palettes): Light => {
  const [r, g, b] = dice.pick<Light>(palettes[palette]);
  const strength = dice.between(0.82, 1.15);
  const vary = (channel: number) => channel * strength * dice.between(0.93, 1.07);
  return [vary(r), vary(g), vary(b)];
};

/** Fills a polygon of a class at a distance with a colour in the scene's light. */
export const paint = (
  { canvas, weather }: Brush,
  points: readonly Point[],
  label: number,
  color: Light,
  z: number,
  { facing = 1, shade }: { readonly facing?: number; readonly shade?: Ink["shade"] } = {},
): void =>
  fill(canvas, points, {
    label,
    light: lit(weather, color, z, facing),
    ...(shade === undefined ? {} : { shade }),
  });

/** Gives a polygon a label and leaves its light. */
export const claim = ({ canvas }: Brush, points: readonly Point[], label: number): void =>
  fill(canvas, points, { label });

/** Darkens what is painted, for shadows: by a share of its light, in 0…1. */
export const darken = ({ canvas }: Brush, points: readonly Point[], share: number): void =>
  fill(canvas, points, { light: [0, 0, 0], cover: () => share });

const borderWidth = 0.013; // half of it is painted over: 0.6 of a pixel is left at a height of 90

/** Surrounds a polygon, before it is painted, with pixels that belong to no class: people who label leave such borders. */
export const fray = (brush: Brush, points: readonly Point[]): void => {
  for (const side of outline(points, borderWidth)) claim(brush, side, ignored);
};

/** The shade of a rough surface seen at a distance: strength in 0…1, grain in metres, but none finer than a pixel of a small picture. */
export const roughness = (
  { view, texture }: Brush,
  z: number,
  strength: number,
  grain: number,
): NonNullable<Ink["shade"]> => {
  const perHeight = 1 / Math.max(grain * view.metre(z), 0.012);
  return (x, y) => 1 + strength * texture(x * perHeight + z, y * perHeight);
};
