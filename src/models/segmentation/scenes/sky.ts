// The sky: a gradient, clouds, and what closes the street far away.

import { street } from "../streetClasses.ts";
import { type Brush, claim, drawColor, fray, paint, roughness } from "./brush.ts";
import { fill } from "./canvas.ts";
import { blob, box } from "./shapes.ts";

const smooth = (x: number): number => {
  const t = Math.min(1, Math.max(0, x));
  return t * t * (3 - 2 * t);
};

/** Paints the sky, to below the horizon. */
export const paintSky = (brush: Brush): void => {
  const { canvas, view, weather, dice, texture } = brush;
  const whole = box(0, 0, canvas.width / canvas.height, view.horizon + 0.02);
  claim(brush, whole, street.sky);
  fill(canvas, whole, { light: weather.haze });
  fill(canvas, whole, {
    light: weather.zenith,
    cover: (_, y) => smooth(1 - y / view.horizon) ** 0.8,
  });
  const [shift, scale] = [dice.between(0, 64), dice.between(2, 5)];
  const threshold = 1 - 1.6 * weather.clouds;
  const density = (x: number, y: number): number => {
    // Clouds are flatter and smaller towards the horizon.
    const far = 1 / (0.25 + Math.max(0, view.horizon - y));
    const coarse = texture(x * scale * 0.6 * far ** 0.5 + shift, y * scale * far);
    return coarse + 0.4 * texture(x * scale * 2.3 + shift, y * scale * 5) - threshold;
  };
  fill(canvas, whole, {
    light: weather.cloud,
    cover: (x, y) => 0.9 * smooth(density(x, y) + 0.4),
    shade: (x, y) => 0.9 + 0.12 * texture(x * scale + shift, y * scale * 3),
  });
};

/** Paints houses and trees at the end of the street, from side to side. */
export const paintBackdrop = (brush: Brush): void => {
  const { canvas, view, dice } = brush;
  const aspect = canvas.width / canvas.height;
  const z = dice.between(130, 260);
  for (let x = -0.1; x < aspect; ) {
    const width = dice.between(0.05, 0.2);
    const height = dice.between(3, 11) * view.metre(z);
    const isTree = dice.chance(0.5);
    const shape = isTree
      ? blob(
          [x + width / 2, view.horizon],
          width * 0.7,
          height,
          Array.from({ length: 12 }, () => dice.between(0.75, 1.1)),
        )
      : box(x, view.horizon - height, x + width, view.horizon + 0.01);
    if (dice.chance(0.3)) fray(brush, shape);
    const label = isTree ? street.tree : street.building;
    const color = drawColor(dice, isTree ? "leaves" : "wall");
    paint(brush, shape, label, color, z, { shade: roughness(brush, z, 0.25, 1), facing: 0.8 });
    x += width * dice.between(0.6, 1);
  }
};
