// Houses along a street: walls in perspective with rows of windows, shop fronts, roofs and chimneys.

import { street } from "../streetClasses.ts";
import { type Brush, drawColor, fray, paint, roughness } from "./brush.ts";
import { acrossStreet, alongStreet, nearest } from "./camera.ts";
import type { Light, Point } from "./canvas.ts";

/** Where a house stands. */
export interface House {
  readonly side: -1 | 1;
  /** Metres from the middle of the road to its front. */
  readonly front: number;
  readonly near: number;
  readonly far: number;
  readonly height: number;
  readonly hasRoof: boolean;
}

const label = street.building;
const glassOf = (brush: Brush): Light => {
  const [r, g, b] = brush.weather.zenith;
  const tone = brush.dice.between(0.12, 0.4); // windows show the sky, darkly
  return [0.08 + r * tone, 0.08 + g * tone, 0.09 + b * tone];
};

/** Paints a house; what is nearer than `nearest` is left out. */
export const paintHouse = (brush: Brush, house: House): void => {
  const { view, weather, dice } = brush;
  const { side, front, near, far, height } = house;
  const x = side * front;
  const wall = drawColor(dice, "wall");
  const isLit = side !== weather.sun;
  const facing = isLit ? 1 : 1 - 0.9 * weather.shadow;
  const shade = roughness(brush, near + 2, 0.12, 0.4);
  const face = alongStreet(view, x, [0, height], [near, far]);
  if (dice.chance(0.5)) fray(brush, face);
  const wallIsSeen = near > nearest + 1;
  if (wallIsSeen) paintEnd(brush, house, wall);
  if (house.hasRoof) paintRoof(brush, house, facing);
  paint(brush, face, label, wall, near, { facing, shade });
  paintOpenings(brush, house, wall, facing);
};

const paintEnd = (brush: Brush, house: House, wall: Light): void => {
  const { view, weather, dice } = brush;
  const { side, front, near, height, hasRoof } = house;
  const [inner, outer] = [side * front, side * (front + 9)];
  const facing = 0.88 - 0.3 * weather.shadow;
  const shade = roughness(brush, near, 0.12, 0.4);
  const ridge = view.see((inner + outer) / 2, height + 3, near);
  const base = acrossStreet(view, [inner, outer], [0, height], near);
  const shape: Point[] = hasRoof ? [base[0] as Point, ridge, ...base.slice(1)] : base;
  if (dice.chance(0.5)) fray(brush, shape);
  paint(brush, shape, label, wall, near, { facing, shade });
  if (dice.chance(0.5)) return;
  const glass = glassOf(brush);
  for (let floor = 1; floor * 3 < height; floor++)
    for (const at of [2.2, 5.6]) {
      const sides = [inner + side * at, inner + side * (at + 1.2)] as const;
      const levels = [floor * 3 - 2, floor * 3 - 0.6] as const;
      paint(brush, acrossStreet(view, sides, levels, near), label, glass, near);
    }
};

const paintRoof = (brush: Brush, house: House, facing: number): void => {
  const { view, dice } = brush;
  const { side, front, near, far, height } = house;
  const [eaves, ridge] = [side * (front - 0.3), side * (front + 4.5)];
  const roof = [
    view.see(eaves, height, near),
    view.see(eaves, height, far),
    view.see(ridge, height + 3, far),
    view.see(ridge, height + 3, near),
  ];
  if (dice.chance(0.5)) fray(brush, roof);
  paint(brush, roof, label, drawColor(dice, "roof"), near, { facing });
  for (let count = dice.integer(0, 2); count > 0; count--) {
    const z = dice.between(near, far);
    const across = [ridge - 0.5, ridge + 0.5] as const;
    const chimney = acrossStreet(view, across, [height + 1.5, height + 4.4], z);
    paint(brush, chimney, label, drawColor(dice, "wall"), z, { facing: 0.85 });
  }
};

const paintOpenings = (brush: Brush, house: House, wall: Light, facing: number): void => {
  const { view, dice } = brush;
  const { side, front, near, far, height } = house;
  const x = side * front;
  const glass = glassOf(brush);
  const tone = dice.pick([0.7, 0.85, 1.25]);
  const frame: Light = [wall[0] * tone, wall[1] * tone, wall[2] * tone];
  const [storey, spacing] = [dice.between(2.7, 3.6), dice.between(1.9, 4)];
  const [width, tall] = [spacing * dice.between(0.35, 0.75), storey * dice.between(0.42, 0.62)];
  const isShop = dice.chance(0.4);
  const opening = (level: number, top: number, z: number, end: number, color: Light) =>
    paint(brush, alongStreet(view, x, [level, top], [z, end]), label, color, z, { facing });
  const count = Math.max(1, Math.floor((far - near) / spacing));
  const margin = (far - near - count * spacing + spacing - width) / 2;
  for (let floor = isShop ? 1 : 0; (floor + 1) * storey <= height + 0.4; floor++)
    for (let k = 0; k < count; k++) {
      const z = near + margin + k * spacing;
      if (z > 70) break; // a window is smaller than a sample there
      const sill = floor * storey + 0.9;
      opening(sill - 0.15, sill + tall + 0.12, z - 0.12, z + width + 0.12, frame);
      const isDoor = floor === 0 && k % 3 === 1;
      if (isDoor) opening(0, 2.1, z, z + 1, drawColor(dice, "paint"));
      else opening(sill, sill + tall, z, z + width, dice.chance(0.1) ? frame : glass);
    }
  if (!isShop) return;
  opening(0.4, 2.4, near + 0.4, far - 0.4, glass);
  opening(2.5, 3.1, near + 0.2, far - 0.2, drawColor(dice, "board")); // what is over a shop looks like a sign
  for (let z = near + 2; z < far - 1; z += 2.6) opening(0, 2.5, z, z + 0.25, frame);
};
