// Trees, in leaf and bare, and bushes.

import { street } from "../streetClasses.ts";
import { type Brush, claim, drawColor, fray, paint, roughness } from "./brush.ts";
import type { Light, Point } from "./canvas.ts";
import { paintContact } from "./ground.ts";
import { bar, blob } from "./shapes.ts";

const label = street.tree;

const ragged = ({ dice }: Brush, centre: Point, radius: number, height: number): Point[] =>
  blob(
    centre,
    radius,
    height,
    Array.from({ length: 14 }, () => dice.between(0.78, 1.15)),
  );

/** Paints a tree that stands at a place and is `height` metres tall. */
export const paintTree = (
  brush: Brush,
  [x, z]: readonly [number, number],
  height: number,
): void => {
  const { view, dice } = brush;
  paintContact(brush, [x, z], 0.22 * height, 0.1 * height);
  const bark = drawColor(dice, "bark");
  const metre = view.metre(z);
  const [foot, fork] = [view.see(x, 0, z), view.see(x, 0.42 * height, z)];
  const width = Math.max(0.045 * height, 0.2) * metre;
  const isBare = dice.chance(0.3);
  if (isBare)
    claim(
      brush,
      ragged(brush, view.see(x, 0.66 * height, z), 0.26 * height * metre, 0.32 * height * metre),
      label,
    );
  paint(brush, bar(foot, fork, width, 0.7 * width), label, bark, z);
  if (isBare)
    paintTwigs(brush, fork, -Math.PI / 2, {
      length: 0.2 * height * metre,
      width: 0.7 * width,
      bark,
      z,
      forks: 5,
    });
  else paintCrown(brush, [x, z], height);
};

const paintCrown = (brush: Brush, [x, z]: readonly [number, number], height: number): void => {
  const { view, weather, dice } = brush;
  const leaves = drawColor(dice, "leaves");
  const spread = dice.between(0.16, 0.26) * height;
  const isPointed = dice.chance(0.2);
  const clumps = Array.from({ length: dice.integer(5, 9) }, () => {
    const level = dice.between(0.45, 0.9);
    const room = isPointed ? 1.3 * (1 - level) : 1;
    const radius = dice.between(0.12, 0.2) * height * Math.max(0.35, room) * view.metre(z);
    const centre = view.see(x + dice.between(-spread, spread) * room, level * height, z);
    return { shape: ragged(brush, centre, radius, radius * dice.between(0.8, 1.1)), level };
  });
  if (dice.chance(0.4)) for (const { shape } of clumps) fray(brush, shape);
  const shade = roughness(brush, z, 0.45, 0.35);
  for (const { shape, level } of clumps) {
    const facing = 0.75 + 0.4 * level - 0.4 * weather.shadow * (1 - level);
    paint(brush, shape, label, leaves, z, { facing: facing * dice.between(0.85, 1.1), shade });
  }
};

/** A branch: how long and wide it is in the picture, and how often it and its twigs fork. */
interface Branch {
  readonly length: number;
  readonly width: number;
  readonly bark: Light;
  readonly z: number;
  readonly forks: number;
}

/** A branch and those that grow from it; an angle of −π/2 is upwards. */
const paintTwigs = (brush: Brush, from: Point, angle: number, branch: Branch): void => {
  const { dice } = brush;
  const { length, width, bark, z, forks } = branch;
  if (length < 0.008) return;
  const to: Point = [from[0] + length * Math.cos(angle), from[1] + length * Math.sin(angle)];
  const twig = bar(from, to, Math.max(width, 0.005), Math.max(0.6 * width, 0.004));
  paint(brush, twig, label, bark, z);
  if (forks === 0) return;
  for (const turn of [-0.5, 0.1, 0.55]) {
    const next = {
      ...branch,
      length: length * dice.between(0.6, 0.82),
      width: 0.6 * width,
      forks: forks - 1,
    };
    paintTwigs(brush, to, angle + turn + dice.between(-0.25, 0.25), next);
  }
};

/** Paints a bush that stands at a place. */
export const paintBush = (
  brush: Brush,
  [x, z]: readonly [number, number],
  height: number,
): void => {
  const { view, dice } = brush;
  const leaves = drawColor(dice, "leaves");
  const shade = roughness(brush, z, 0.4, 0.25);
  const metre = view.metre(z);
  for (let count = dice.integer(2, 4); count > 0; count--) {
    const radius = height * dice.between(0.4, 0.6);
    const centre = view.see(x + dice.between(-height, height) * 0.6, height - radius, z);
    paint(
      brush,
      ragged(brush, centre, 1.2 * radius * metre, radius * metre * 1.1),
      label,
      leaves,
      z,
      { shade },
    );
  }
};
