// The ground: what lies beside the street, the pavements with their kerbs and slabs, the road with its marks, mended places and shadows.

import { street } from "../streetClasses.ts";
import { type Brush, darken, drawColor, paint } from "./brush.ts";
import { nearest, onGround } from "./camera.ts";
import type { Light, Point } from "./canvas.ts";
import { box } from "./shapes.ts";

/** How wide a street is, in metres, and what it is like. */
export interface Profile {
  /** From the middle of the road to a kerb. */
  readonly half: number;
  /** Widths of the left and the right pavement. */
  readonly pavements: readonly [number, number];
  /** The side on which one drives: 1 for the right. */
  readonly drivesOn: -1 | 1;
  /** What lies beyond the pavements. */
  readonly beyond: "grass" | "slabs";
}

/** How far the ground is painted, in metres. */
export const farthest = 300;
const whole: readonly [number, number] = [nearest, farthest];

/** The shade of the ground: rough with a grain in metres, which fades with the distance; `joints` apart where it has slabs. */
const groundShade = (
  { view, texture }: Brush,
  strength: number,
  grain: number,
  joints?: number,
) => {
  const { vanishing, offset, focus } = view;
  const isJoint = (u: number): boolean => u - Math.floor(u) < 0.08;
  return (x: number, y: number): number => {
    const z = view.depthAt(y);
    const across = offset + ((x - vanishing) * z) / focus;
    const seen = Math.min(1, 9 / z);
    const rough = strength * seen * texture(across / grain, z / (2 * grain));
    const broad = 0.06 * texture(across / 3 + 31, z / 9);
    const isDark = joints !== undefined && (isJoint(across / joints) || isJoint(z / joints));
    return 1 + rough + broad - (isDark ? 0.22 * Math.min(1, 6 / z) : 0);
  };
};

type Range = readonly [number, number];

/** Paints a band along the street in strips of distance, so that the haze grows. */
const paintBand = (
  brush: Brush,
  sides: Range,
  ranges: readonly Range[],
  label: number,
  color: Light,
  shade?: (x: number, y: number) => number,
): void => {
  for (const range of ranges)
    paint(brush, onGround(brush.view, sides, range), label, color, range[0], {
      ...(shade === undefined ? {} : { shade }),
    });
};

const strips: readonly Range[] = [
  [60, farthest],
  [35, 60],
  [20, 35],
  [12, 20],
  [nearest, 12],
];

/** Paints the ground, from the horizon to the camera. */
export const paintGround = (brush: Brush, profile: Profile): void => {
  const { canvas, view, dice } = brush;
  const { half, pavements, beyond } = profile;
  const field = box(0, view.horizon, canvas.width / canvas.height, 1);
  const isGrass = beyond === "grass";
  paint(
    brush,
    field,
    isGrass ? street.tree : street.pavement,
    drawColor(dice, isGrass ? "grass" : "slabs"),
    30,
    { shade: groundShade(brush, 0.25, 0.3) },
  );
  const slabs = drawColor(dice, "slabs");
  const asphalt = drawColor(dice, "asphalt");
  const slabShade = groundShade(brush, 0.12, 0.25, dice.pick([undefined, 0.6, 0.9]));
  const [left, right] = pavements;
  paintBand(brush, [-half - left, -half], strips, street.pavement, slabs, slabShade);
  paintBand(brush, [half, half + right], strips, street.pavement, slabs, slabShade);
  const roadShade = groundShade(brush, dice.between(0.08, 0.22), 0.12);
  paintBand(brush, [-half, half], strips, street.road, asphalt, roadShade);
  paintPatches(brush, half, asphalt, roadShade);
  paintMarks(brush, profile);
  const kerb = drawColor(dice, "slabs");
  for (const side of [-1, 1] as const) {
    const edge = side * half;
    const sides: Range = side < 0 ? [edge - 0.15, edge] : [edge, edge + 0.15];
    paintBand(brush, sides, strips, street.pavement, kerb);
  }
};

const paintPatches = (
  brush: Brush,
  half: number,
  [r, g, b]: Light,
  shade: (x: number, y: number) => number,
): void => {
  const { dice } = brush;
  for (let count = dice.integer(0, 4); count > 0; count--) {
    const [x, z] = [dice.between(-half, half), dice.logBetween(3, 40)];
    const [width, length] = [dice.between(0.4, 2.5), dice.between(0.5, 8)];
    const tone = dice.between(0.7, 1.15);
    const sides: Range = [Math.max(-half, x - width), Math.min(half, x + width)];
    const color: Light = [r * tone, g * tone, b * tone];
    paintBand(brush, sides, [[z, z + length]], street.road, color, shade);
  }
};

const paintMarks = (brush: Brush, { half }: Profile): void => {
  const { dice } = brush;
  const white: Light = dice.chance(0.85) ? [0.88, 0.88, 0.86] : [0.8, 0.66, 0.2];
  const worn = dice.between(0.75, 1);
  const color: Light = [white[0] * worn, white[1] * worn, white[2] * worn];
  const mark = (sides: Range, range: Range) => paintBand(brush, sides, [range], street.road, color);
  const [dash, gap, phase] = [dice.between(1.5, 5), dice.between(2, 6), dice.between(0, 6)];
  if (dice.chance(0.85))
    for (let z = nearest + phase; z < 90; z += dash + gap) mark([-0.07, 0.07], [z, z + dash]);
  for (const side of [-1, 1]) {
    if (!dice.chance(0.6)) continue;
    const edge = side * (half - dice.between(0.25, 0.5));
    mark([edge - 0.06, edge + 0.06], whole);
    if (dice.chance(0.4)) mark([edge - 0.06 - side * 0.22, edge + 0.06 - side * 0.22], whole);
  }
  if (dice.chance(0.25)) {
    const z = dice.between(6, 22); // a crossing
    for (let x = -half + 0.4; x < half - 0.4; x += 1) mark([x, x + 0.5], [z, z + 3]);
  }
};

/** Darkens the ground where something of a height between two distances keeps off the sun; it stands `x` from the middle of the road. */
export const paintShadow = (
  brush: Brush,
  x: number,
  height: number,
  range: Range,
  reach: number,
): void => {
  const { shadow, sun } = brush.weather;
  if (shadow < 0.02) return;
  const tip = x - sun * height * reach;
  darken(brush, onGround(brush.view, x < tip ? [x, tip] : [tip, x], range), shadow);
};

/** Darkens an ellipse on the ground, below what stands there. */
export const paintContact = (
  brush: Brush,
  [x, z]: readonly [number, number],
  radiusX: number,
  radiusZ: number,
): void => {
  const corners = Array.from({ length: 12 }, (_, k): Point => {
    const angle = (2 * Math.PI * k) / 12;
    const depth = Math.max(nearest, z + radiusZ * Math.sin(angle));
    return brush.view.see(x + radiusX * Math.cos(angle), 0, depth);
  });
  darken(brush, corners, 0.28 + 0.5 * brush.weather.shadow);
};
