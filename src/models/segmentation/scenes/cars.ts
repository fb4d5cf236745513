// Cars, vans and buses: a body and a cabin as boxes in perspective, with windows, lights, wheels and a shadow.

import type { Dice } from "../../dice.ts";
import { street } from "../streetClasses.ts";
import { type Brush, drawColor, fray, paint } from "./brush.ts";
import { acrossStreet, nearest } from "./camera.ts";
import type { Light, Point } from "./canvas.ts";
import { paintContact } from "./ground.ts";

/** A vehicle on the road, in metres. */
export interface Car {
  /** Its middle. */
  readonly x: number;
  /** Its end towards the camera. */
  readonly z: number;
  readonly length: number;
  readonly width: number;
  readonly height: number;
  /** How high its body is, without the cabin. */
  readonly body: number;
  /** Whether it comes towards the camera. */
  readonly comes: boolean;
}

interface Build {
  readonly share: number;
  readonly length: readonly [number, number];
  readonly width: readonly [number, number];
  readonly height: readonly [number, number];
  /** Of the height, without the cabin. */
  readonly body: number;
}

const builds: readonly Build[] = [
  { share: 0.72, length: [3.6, 4.7], width: [1.65, 1.85], height: [1.38, 1.6], body: 0.58 },
  { share: 0.2, length: [4.6, 5.6], width: [1.8, 2.05], height: [1.8, 2.4], body: 0.5 },
  { share: 0.08, length: [9, 12], width: [2.4, 2.55], height: [2.8, 4.2], body: 0.4 },
];

/** A vehicle at a place. */
export const drawCar = (dice: Dice, x: number, z: number, comes: boolean): Car => {
  const { length, width, height, body } = dice.pick(builds, ({ share }) => share);
  const tall = dice.between(...height);
  return {
    x,
    z,
    length: dice.between(...length),
    width: dice.between(...width),
    height: tall,
    body: tall * body,
    comes,
  };
};

const label = street.car;

/** Paints a vehicle. */
export const paintCar = (brush: Brush, car: Car): void => {
  const { view, weather, dice } = brush;
  const { x, z, length, width, height, body } = car;
  const half = width / 2;
  const color = drawColor(dice, "paint");
  const [far, clearance] = [z + length, 0.22];
  paintContact(brush, [x, z + length / 2], half + 0.25, length / 2 + 0.2);
  const inner = half * 0.8;
  const [back, front] = [z + 0.12 * length, z + 0.85 * length]; // the cabin
  // The side that is turned to the camera.
  const side = x > view.offset ? -1 : 1;
  const flank = x + side * half;
  const flankFacing = side === weather.sun ? 1 : 0.72;
  const rear = acrossStreet(view, [x - half, x + half], [clearance, body], z);
  const isNearer = (depth: number) => Math.max(nearest, depth);
  const quad = (
    from: number,
    to: number,
    bottom: readonly [at: number, level: number],
    top: readonly [at: number, level: number],
    slant = 0,
  ): Point[] => [
    view.see(top[0], top[1], isNearer(from + slant)),
    view.see(top[0], top[1], isNearer(to - slant)),
    view.see(bottom[0], bottom[1], isNearer(to)),
    view.see(bottom[0], bottom[1], isNearer(from)),
  ];
  const cabin = [
    view.see(x - half, body, z),
    view.see(x - inner, height, back),
    view.see(x + inner, height, back),
    view.see(x + half, body, z),
  ];
  const sideBody = quad(z, far, [flank, clearance], [flank, body]);
  const sideCabin = quad(z, far, [flank, body], [x + side * inner, height], 0.13 * length);
  if (dice.chance(0.6)) for (const shape of [rear, cabin, sideBody, sideCabin]) fray(brush, shape);
  const glass: Light = [0.14, 0.16, 0.19];
  paint(brush, sideBody, label, color, z, { facing: flankFacing });
  paint(brush, sideCabin, label, color, z, { facing: flankFacing });
  const pane = 0.16 * (height - body);
  const paneAt = (level: number) =>
    flank + ((x + side * inner - flank) * (level - body)) / (height - body);
  const [low, high] = [body + pane, height - pane];
  const panes = quad(
    z + 0.12 * length,
    far - 0.14 * length,
    [paneAt(low), low],
    [paneAt(high), high],
    0.09 * length,
  );
  paint(brush, panes, label, glass, z);
  const roof = [
    view.see(x - inner, height, back),
    view.see(x - inner, height, front),
    view.see(x + inner, height, front),
    view.see(x + inner, height, back),
  ];
  paint(brush, roof, label, color, z, { facing: 1.15 });
  for (const axle of [0.18, 0.8]) paintWheel(brush, flank, z + axle * length);
  paint(brush, cabin, label, color, z, { facing: 0.95 });
  paintEnd(brush, car, color, rear, cabin);
};

const paintEnd = (
  brush: Brush,
  { x, z, width, body, comes }: Car,
  color: Light,
  end: readonly Point[],
  cabin: readonly Point[],
): void => {
  const { view, weather, dice } = brush;
  const half = width / 2;
  const detail = (
    sides: readonly [number, number],
    levels: readonly [number, number],
    light: Light,
    facing = 1,
  ) => paint(brush, acrossStreet(view, sides, levels, z), label, light, z, { facing });
  for (const side of [-1, 1]) {
    const wheel = x + side * (half - 0.2);
    detail([wheel - 0.12, wheel + 0.12], [0, 0.5], [0.06, 0.06, 0.06]);
  }
  paint(brush, end, label, color, z, { facing: 0.88 - 0.2 * weather.shadow });
  const [cx, cy] = [0, 1].map(
    (axis) => cabin.reduce((sum, p) => sum + (p[axis] as number), 0) / 4,
  ) as [number, number]; // two axes
  const pane = cabin.map(([px, py]): Point => [cx + 0.82 * (px - cx), cy + 0.74 * (py - cy)]);
  paint(brush, pane, label, [0.15, 0.17, 0.2], z);
  detail([x - half, x + half], [0.22, 0.22 + 0.2 * body], [0.13, 0.13, 0.14]);
  detail([x - 0.28, x + 0.28], [0.42, 0.54], comes ? [0.9, 0.9, 0.88] : [0.88, 0.76, 0.2]);
  const shine = dice.chance(0.3) ? 1.6 : 1;
  const lamp: Light = comes ? [0.85, 0.85, 0.8] : [0.7, 0.08, 0.06];
  for (const side of [-1, 1]) {
    const [a, b] = [x + side * (half - 0.32), x + side * (half - 0.04)];
    detail([Math.min(a, b), Math.max(a, b)], [body - 0.28, body - 0.08], lamp, shine);
  }
};

const paintWheel = (brush: Brush, x: number, z: number): void => {
  if (z < nearest + 0.4) return;
  const circle = (radius: number): Point[] =>
    Array.from({ length: 12 }, (_, k) => {
      const angle = (2 * Math.PI * k) / 12;
      return brush.view.see(x, 0.32 + radius * Math.sin(angle), z + radius * Math.cos(angle));
    });
  paint(brush, circle(0.32), label, [0.07, 0.07, 0.07], z);
  paint(brush, circle(0.17), label, [0.5, 0.5, 0.52], z);
};
