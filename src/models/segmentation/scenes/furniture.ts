// What stands on pavements: lamp posts, signs, traffic lights, fences and walls of gardens.

import { ignored } from "../images.ts";
import { street } from "../streetClasses.ts";
import { type Brush, claim, drawColor, fray, paint, roughness } from "./brush.ts";
import { acrossStreet, alongStreet, nearest } from "./camera.ts";
import type { Light, Point } from "./canvas.ts";
import { bar, box, ellipse } from "./shapes.ts";

type Place = readonly [x: number, z: number];

/** Paints a post from the ground to a height and returns its colour. */
const paintPost = (brush: Brush, [x, z]: Place, height: number, width: number): Light => {
  const { view, dice } = brush;
  const metal = drawColor(dice, "metal");
  const post = bar(
    view.see(x, 0, z),
    view.see(x, height, z),
    width * view.metre(z),
    0.8 * width * view.metre(z),
  );
  if (dice.chance(0.15)) fray(brush, post);
  paint(brush, post, street.pole, metal, z);
  return metal;
};

/** Paints a lamp post whose arm reaches `arm` metres to the right. */
export const paintLamp = (brush: Brush, [x, z]: Place, height: number, arm: number): void => {
  const { view, dice } = brush;
  const metre = view.metre(z);
  const metal = paintPost(brush, [x, z], height, dice.between(0.14, 0.24));
  const [top, end] = [view.see(x, height, z), view.see(x + arm, height + 0.25, z)];
  paint(brush, bar(top, end, 0.16 * metre), street.pole, metal, z);
  paint(brush, ellipse(end, 0.35 * metre, 0.13 * metre, 10), street.pole, metal, z, {
    facing: 0.8,
  });
};

type Board = "disc" | "triangle" | "plate" | "panel";

const boardShape = (kind: Board, [x, y]: Point, size: number): Point[] => {
  switch (kind) {
    case "disc":
      return ellipse([x, y], size / 2);
    case "triangle":
      return [
        [x, y - 0.55 * size],
        [x + 0.55 * size, y + 0.45 * size],
        [x - 0.55 * size, y + 0.45 * size],
      ];
    case "plate":
      return box(x - 0.4 * size, y - 0.5 * size, x + 0.4 * size, y + 0.5 * size);
    case "panel":
      return box(x - size, y - 0.5 * size, x + size, y + 0.5 * size);
  }
};

/** Paints a street sign on its post. */
export const paintSign = (brush: Brush, [x, z]: Place): void => {
  const { view, dice } = brush;
  const kind = dice.pick<Board>(["disc", "disc", "triangle", "plate", "panel"]);
  const size = kind === "panel" ? dice.between(0.8, 1.5) : dice.between(0.7, 1.1);
  const level = dice.between(2.1, 3);
  paintPost(brush, [x, z], level + 0.3 * size, dice.between(0.09, 0.16));
  const centre = view.see(x, level, z);
  const [outer, inner] = [drawColor(dice, "board"), drawColor(dice, "board")];
  const [edge, middle] = [size * view.metre(z), size * view.metre(z) * dice.between(0.5, 0.8)];
  const shape = boardShape(kind, centre, edge);
  if (dice.chance(0.25)) fray(brush, shape);
  paint(brush, shape, street.sign, outer, z);
  paint(brush, boardShape(kind, centre, middle), street.sign, inner, z);
};

/** Paints a traffic light: one lamp of three shines. */
export const paintTrafficLight = (brush: Brush, [x, z]: Place): void => {
  const { view, dice } = brush;
  paintPost(brush, [x, z], 2.6, 0.15);
  const housing = acrossStreet(view, [x - 0.3, x + 0.3], [2.4, 3.6], z);
  paint(brush, housing, street.sign, [0.1, 0.1, 0.11], z);
  const shining = dice.integer(0, 2);
  const lamps: readonly Light[] = [
    [0.95, 0.15, 0.1],
    [0.95, 0.65, 0.1],
    [0.2, 0.9, 0.5],
  ];
  lamps.forEach((color, k) => {
    const isOn = k === shining;
    const disc = ellipse(view.see(x, 3.35 - 0.36 * k, z), 0.13 * view.metre(z));
    paint(brush, disc, street.sign, isOn ? color : [0.16, 0.14, 0.13], z);
  });
};

/** Paints a bin, a box or a bollard: such things belong to no class. */
export const paintOddment = (brush: Brush, [x, z]: Place): void => {
  const { view, dice } = brush;
  const [width, height] = [dice.between(0.2, 0.7), dice.between(0.7, 1.4)];
  const front = acrossStreet(view, [x - width / 2, x + width / 2], [0, height], z);
  paint(brush, front, ignored, drawColor(dice, "paint"), z);
};

/** How a fence looks: bars to look through, or a wall. */
export type FenceKind = "bars" | "planks" | "wall";

/** Paints a panel of a fence along the street, `x` from the middle of the road. */
export const paintFence = (
  brush: Brush,
  x: number,
  [near, far]: readonly [number, number],
  height: number,
  kind: FenceKind,
  color: Light,
): void => {
  const { view, weather } = brush;
  const facing = x * weather.sun > 0 ? 1 - 0.7 * weather.shadow : 1;
  const stretch = (levels: readonly [number, number], range: readonly [number, number]) =>
    alongStreet(view, x, levels, [Math.max(nearest, range[0]), Math.max(nearest, range[1])]);
  const whole = stretch([0, height], [near, far]);
  if (kind !== "bars") {
    const shade = roughness(brush, near, 0.2, 0.3);
    paint(brush, whole, street.fence, color, near, { facing, shade });
    if (kind === "planks")
      for (let z = near; z < far && z < 40; z += 0.5)
        paint(brush, stretch([0, height], [z, z + 0.08]), street.fence, color, near, {
          facing: 0.5 * facing,
        });
    return;
  }
  claim(brush, whole, street.fence); // what shows between the bars counts as fence
  for (const level of [0.15, height - 0.1])
    paint(brush, stretch([level, level + 0.1], [near, far]), street.fence, color, near, { facing });
  for (let z = near; z < far; z += 0.45)
    paint(brush, stretch([0, height], [z, z + 0.14]), street.fence, color, near, { facing });
};
