// People, on foot and on bicycles: limbs of a width in metres between places in the street.

import { street } from "../streetClasses.ts";
import { type Brush, drawColor, fray, paint } from "./brush.ts";
import type { Light, Point } from "./canvas.ts";
import { paintContact } from "./ground.ts";
import { bar, ellipse, outline } from "./shapes.ts";

/** A person somewhere in the street. */
export interface Person {
  readonly x: number;
  readonly z: number;
  /** Metres. */
  readonly height: number;
  /** Whether they go across the street or along it. */
  readonly goesAcross: boolean;
}

/** Paints somebody on foot. */
export const paintPedestrian = (brush: Brush, { x, z, height, goesAcross }: Person): void => {
  const { view, dice } = brush;
  const label = street.pedestrian;
  const metre = view.metre(z);
  const at = (across: number, level: number): Point =>
    view.see(x + across * height, level * height, z);
  const limb = (from: Point, to: Point, width: number, color: Light, facing = 1): void =>
    paint(
      brush,
      bar(from, to, width * height * metre, 0.85 * width * height * metre),
      label,
      color,
      z,
      { facing },
    );
  paintContact(brush, [x, z], 0.35, 0.25);
  const [legs, coat, skin] = [
    drawColor(dice, "cloth"),
    drawColor(dice, "cloth"),
    drawColor(dice, "skin"),
  ];
  const stride = goesAcross ? dice.between(0.06, 0.15) : dice.between(0.03, 0.07);
  const hem = dice.chance(0.3) ? 0.3 : 0.47; // a long coat or a jacket
  const [hip, neck] = [at(0, 0.48), at(0, 0.83)];
  if (dice.chance(0.3)) fray(brush, bar(at(0, 0), at(0, 0.95), 0.26 * height * metre));
  limb(hip, at(-stride, 0), 0.085, legs);
  limb(hip, at(stride, 0.01), 0.085, legs, 0.85);
  limb(neck, at(0, hem), goesAcross ? 0.17 : 0.24, coat);
  const swing = goesAcross ? dice.between(0.04, 0.12) : 0.13;
  limb(at(-0.08, 0.8), at(-swing, 0.47), 0.06, coat, 0.9);
  limb(at(0.08, 0.8), at(swing, 0.47), 0.06, coat, 0.8);
  const head = at(0, 0.92);
  paint(brush, ellipse(head, 0.055 * height * metre, 0.075 * height * metre, 10), label, skin, z);
  const hair = drawColor(dice, "bark");
  paint(
    brush,
    ellipse(at(0, 0.955), 0.058 * height * metre, 0.045 * height * metre, 10),
    label,
    hair,
    z,
  );
  if (!dice.chance(0.3)) return;
  limb(at(swing, 0.5), at(swing, 0.3), 0.12, drawColor(dice, "cloth")); // a bag
};

/** Paints somebody on a bicycle, which counts as part of them. */
export const paintBicyclist = (brush: Brush, { x, z, height, goesAcross }: Person): void => {
  const { view, dice } = brush;
  const label = street.bicyclist;
  const metre = view.metre(z);
  const way = dice.chance(0.5) ? 1 : -1;
  // A little askew where it goes along, so that its wheels are seen.
  const [across, along] = goesAcross ? [way, 0] : [0.18 * way, 0.98];
  const at = (ahead: number, level: number, aside = 0): Point =>
    view.see(x + across * ahead + aside, level, z + along * ahead);
  const limb = (from: Point, to: Point, width: number, color: Light, facing = 1): void =>
    paint(brush, bar(from, to, width * metre), label, color, z, { facing });
  paintContact(brush, [x, z], 0.2 + 0.7 * Math.abs(across), 0.2 + 0.7 * along);
  const [frame, coat, legs] = [
    drawColor(dice, "paint"),
    drawColor(dice, "cloth"),
    drawColor(dice, "cloth"),
  ];
  const tyre: Light = [0.09, 0.09, 0.1];
  for (const hub of [0.52, -0.52]) {
    const wheel = Array.from({ length: 12 }, (_, k): Point => {
      const angle = (2 * Math.PI * k) / 12;
      return at(hub + 0.33 * Math.cos(angle), 0.34 + 0.33 * Math.sin(angle));
    });
    for (const side of outline(wheel, Math.max(0.07 * metre, 0.004)))
      paint(brush, side, label, tyre, z);
  }
  const [saddle, crank, bars] = [at(-0.2, 0.9), at(0, 0.3), at(0.42, 1)];
  for (const [from, to] of [
    [saddle, crank],
    [crank, bars],
    [bars, at(0.52, 0.34)],
    [saddle, at(-0.52, 0.34)],
  ] as const)
    limb(from, to, 0.06, frame);
  const size = height / 1.75;
  const [hip, shoulder] = [at(-0.18, 1), at(0.12, 1 + 0.48 * size)];
  const [width, shoulders] = goesAcross ? [0.26, 0.02] : [0.42, 0.18];
  if (dice.chance(0.3)) fray(brush, bar(at(0, 0), at(0, 1.6), 0.6 * metre));
  for (const [pedal, aside] of [
    [0.45, -0.1],
    [0.2, 0.1],
  ] as const) {
    const knee = at(0.22, 0.62 + pedal / 3, aside);
    limb(hip, knee, 0.15, legs);
    limb(knee, at(0.05, pedal, aside), 0.11, legs, 0.9);
  }
  limb(hip, shoulder, width, coat);
  for (const aside of [-shoulders, shoulders])
    limb(at(0.1, 1.4, aside), at(0.42, 1.04, 1.3 * aside), 0.09, coat, 0.85);
  const head = at(0.18, 1.16 + 0.48 * size);
  paint(brush, ellipse(head, 0.1 * metre, 0.13 * metre, 10), label, drawColor(dice, "skin"), z);
  const helmet = drawColor(dice, dice.chance(0.5) ? "board" : "bark");
  paint(
    brush,
    ellipse(at(0.18, 1.23 + 0.48 * size), 0.11 * metre, 0.08 * metre, 10),
    label,
    helmet,
    z,
  );
};
