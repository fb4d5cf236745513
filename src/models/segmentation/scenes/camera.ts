// From the street to the picture: a pinhole camera that looks along a street, which may bend. Lengths are in metres: x rightwards from
// the middle of the road, y upwards from its surface, z ahead of the camera.

import type { Dice } from "../../dice.ts";
import type { Point } from "./canvas.ts";

/** Where a camera stands and how it looks; places in the picture are in heights of it. */
export interface Camera {
  /** Of the lens, in heights of the picture. */
  readonly focus: number;
  /** How far below the upper border the horizon is. */
  readonly horizon: number;
  /** How far from the left border the street's vanishing point is. */
  readonly vanishing: number;
  /** Metres above the road. */
  readonly eye: number;
  /** Metres to the right of the middle of the road. */
  readonly offset: number;
  /** Curvature of the street, 1/m: positive bends to the right. */
  readonly bend: number;
}

/** What is nearer than this, in metres, is not painted. */
export const nearest = 1;

/** A camera in a lane, for pictures as wide as `aspect` heights. */
export const drawCamera = (dice: Dice, aspect: number, lane: number): Camera => ({
  focus: dice.between(0.95, 1.35),
  horizon: dice.between(0.38, 0.54),
  vanishing: aspect * dice.between(0.3, 0.7),
  eye: dice.between(1.15, 2.2),
  offset: lane + dice.between(-0.6, 0.6),
  bend: dice.chance(0.4) ? dice.between(-0.004, 0.004) : 0,
});

/** The places of the street in the picture. */
export interface View extends Camera {
  /** Where a place of the street is seen; z is at least `nearest`. */
  readonly see: (x: number, y: number, z: number) => Point;
  /** How long a metre is at a distance, in heights. */
  readonly metre: (z: number) => number;
  /** How far away the ground is that is seen at a height below the horizon. */
  readonly depthAt: (y: number) => number;
}

/** The view of a camera. */
export const viewOf = (camera: Camera): View => {
  const { focus, horizon, vanishing, eye, offset, bend } = camera;
  return {
    ...camera,
    see: (x, y, z) => [
      vanishing + (focus * (x - offset + (bend * z * z) / 2)) / z,
      horizon + (focus * (eye - y)) / z,
    ],
    metre: (z) => focus / z,
    depthAt: (y) => (focus * eye) / Math.max(y - horizon, 1e-3),
  };
};

/** A rectangle on the ground between two distances, as a polygon whose sides follow the bend. */
export const onGround = (
  view: View,
  [left, right]: readonly [number, number],
  [near, far]: readonly [number, number],
): Point[] => {
  // Evenly spread in 1/z, as they are seen.
  const steps = view.bend === 0 ? 1 : 8;
  const depths = Array.from({ length: steps + 1 }, (_, k) => {
    const share = k / steps;
    return 1 / ((1 - share) / near + share / far);
  });
  return [
    ...depths.map((z) => view.see(left, 0, z)),
    ...depths.toReversed().map((z) => view.see(right, 0, z)),
  ];
};

/** A wall along the street: upper near, upper far, lower far, lower near. */
export const alongStreet = (
  view: View,
  x: number,
  [bottom, top]: readonly [number, number],
  [near, far]: readonly [number, number],
): Point[] => [
  view.see(x, top, near),
  view.see(x, top, far),
  view.see(x, bottom, far),
  view.see(x, bottom, near),
];

/** A wall across the street, seen from the front: upper left, upper right, lower right, lower left. */
export const acrossStreet = (
  view: View,
  [left, right]: readonly [number, number],
  [bottom, top]: readonly [number, number],
  z: number,
): Point[] => [
  view.see(left, top, z),
  view.see(right, top, z),
  view.see(right, bottom, z),
  view.see(left, bottom, z),
];
