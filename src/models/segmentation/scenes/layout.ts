// What stands where in a street: rows of houses and gaps, and all that is between them and on the road. Things are painted from the
// far ones to the near ones, so that the near hide the far.

import type { Dice } from "../../dice.ts";
import { type Brush, drawColor } from "./brush.ts";
import { type House, paintHouse } from "./buildings.ts";
import { nearest } from "./camera.ts";
import { type Car, drawCar, paintCar } from "./cars.ts";
import {
  type FenceKind,
  paintFence,
  paintLamp,
  paintOddment,
  paintSign,
  paintTrafficLight,
} from "./furniture.ts";
import { type Profile, paintShadow } from "./ground.ts";
import { type Person, paintBicyclist, paintPedestrian } from "./people.ts";
import { paintBush, paintTree } from "./plants.ts";

/** Something in the street: how far its far end is, in metres, and how it is painted. */
export interface Thing {
  readonly z: number;
  readonly paint: (brush: Brush) => void;
  /** The shadow it throws, which is painted before everything that stands. */
  readonly shadow?: (brush: Brush) => void;
}

type Side = -1 | 1;
const sides: readonly Side[] = [-1, 1];

/** The profile of a street. */
export const drawProfile = (dice: Dice): Profile => ({
  half: dice.between(3, 6),
  pavements: [dice.between(1.2, 3), dice.between(1.2, 3)],
  drivesOn: dice.chance(0.5) ? 1 : -1,
  beyond: dice.chance(0.6) ? "grass" : "slabs",
});

const pavementOf = ({ pavements }: Profile, side: Side): number => pavements[side < 0 ? 0 : 1];

/** How often what is seen in a kind of street, and how high it is built. */
interface Style {
  readonly share: number;
  readonly heights: readonly [number, number];
  readonly setback: readonly [number, number];
  readonly house: number;
  readonly fence: number;
  readonly tree: number;
}

const styles: readonly Style[] = [
  { share: 0.45, heights: [7, 15], setback: [0, 0.5], house: 0.92, fence: 0.08, tree: 0.25 }, // the middle of a town
  { share: 0.35, heights: [5, 9], setback: [2, 6], house: 0.75, fence: 0.35, tree: 0.5 }, // where people live
  { share: 0.2, heights: [4, 12], setback: [1, 12], house: 0.4, fence: 0.3, tree: 0.75 }, // the edge of a town
];

const fenceThings = (
  dice: Dice,
  x: number,
  [near, far]: readonly [number, number],
): readonly Thing[] => {
  const kind = dice.pick<FenceKind>(["bars", "bars", "planks", "wall"]);
  const height = dice.between(0.8, kind === "planks" ? 1.9 : 1.3);
  const color = drawColor(dice, kind === "wall" ? "bricks" : kind === "planks" ? "bark" : "metal");
  const panel = 3;
  return Array.from({ length: Math.ceil((far - near) / panel) }, (_, k) => {
    const start = near + k * panel;
    const end = Math.min(far, start + panel);
    return { z: end, paint: (brush) => paintFence(brush, x, [start, end], height, kind, color) };
  });
};

const houseThing = (house: House): Thing => ({
  z: house.far,
  paint: (brush) => paintHouse(brush, house),
  shadow: (brush) => {
    const { side, front, height, near, far } = house;
    if (side === brush.weather.sun)
      paintShadow(brush, side * front, height, [near, far], brush.weather.reach);
  },
});

/** Houses, gardens and gaps of one side. */
const row = (dice: Dice, profile: Profile, style: Style, side: Side): readonly Thing[] => {
  const edge = profile.half + pavementOf(profile, side);
  const things: Thing[] = [];
  const base = dice.between(...style.setback);
  for (let z = nearest; z < 150; ) {
    const length = dice.logBetween(5, 24);
    const far = z + length;
    const front = edge + Math.max(0, base + dice.between(-0.5, 1));
    if (dice.chance(style.house)) {
      const height = dice.between(...style.heights);
      const hasRoof = dice.chance(0.55);
      things.push(houseThing({ side, front, near: z, far, height, hasRoof }));
    } else
      for (let at = z + 1; at < far; at += dice.between(2, 6)) {
        const place = [side * (edge + dice.between(1.5, 12)), at] as const;
        const height = dice.between(4, 12);
        if (dice.chance(0.6))
          things.push({ z: at, paint: (brush) => paintTree(brush, place, height) });
        else things.push({ z: at, paint: (brush) => paintBush(brush, place, height / 6) });
      }
    if (dice.chance(style.fence)) things.push(...fenceThings(dice, side * edge, [z, far]));
    z = far + (dice.chance(0.25) ? dice.between(1, 5) : 0);
  }
  return things;
};

const treeShadow =
  (x: number, z: number, height: number) =>
  (brush: Brush): void =>
    paintShadow(brush, x, height, [z - 0.12 * height, z + 0.12 * height], brush.weather.reach);

/** Trees, lamps and signs near the kerb of one side. */
const kerbside = (dice: Dice, profile: Profile, style: Style, side: Side): readonly Thing[] => {
  const things: Thing[] = [];
  const x = side * (profile.half + dice.between(0.3, 0.6));
  const lamps = dice.between(18, 36);
  const arm = -side * dice.between(0.8, 2);
  const tall = dice.between(5, 9);
  if (dice.chance(0.75))
    for (let z = dice.between(5, 5 + lamps); z < 110; z += lamps)
      things.push({ z, paint: (brush) => paintLamp(brush, [x, z], tall, arm) });
  const trees = dice.between(8, 18);
  if (dice.chance(style.tree))
    for (let z = dice.between(8, 8 + trees); z < 90; z += trees) {
      const height = dice.between(4, 9);
      const place = [side * (profile.half + pavementOf(profile, side) * 0.7), z] as const;
      things.push({
        z,
        paint: (brush) => paintTree(brush, place, height),
        shadow: treeShadow(...place, height),
      });
    }
  for (let count = dice.integer(1, 3); count > 0; count--) {
    const z = dice.logBetween(7, 45);
    things.push({ z, paint: (brush) => paintSign(brush, [x, z]) });
  }
  if (dice.chance(0.25)) {
    const z = dice.between(9, 30);
    things.push({ z, paint: (brush) => paintTrafficLight(brush, [x, z]) });
  }
  if (dice.chance(0.3)) {
    const z = dice.between(6, 25);
    things.push({ z, paint: (brush) => paintOddment(brush, [x + 0.3 * side, z]) });
  }
  if (dice.chance(0.12)) {
    const near = dice.between(5, 20); // a railing at the kerb
    things.push(
      ...fenceThings(dice, side * (profile.half + 0.25), [near, near + dice.between(4, 15)]),
    );
  }
  return things;
};

const carThing = (car: Car): Thing => ({
  z: car.z + car.length / 2,
  paint: (brush) => paintCar(brush, car),
});

/** Whether something of a width and length, whose near end is at a place, would stand in a car. */
const isIn = (
  car: Car,
  x: number,
  z: number,
  { width, length }: { readonly width: number; readonly length: number },
): boolean =>
  Math.abs(x - car.x) < (car.width + width) / 2 &&
  z < car.z + car.length + 0.5 &&
  car.z < z + length + 0.5;

/** Cars that drive and cars that are parked. */
const traffic = (dice: Dice, { half, drivesOn }: Profile): readonly Car[] => {
  const cars: Car[] = [];
  const add = (x: number, z: number, comes: boolean): void => {
    const car = drawCar(dice, x, z, comes);
    if (!cars.some((other) => isIn(other, x, z, car))) cars.push(car);
  };
  const busy = dice.between(0.05, 0.6);
  for (const side of sides) {
    const comes = side !== drivesOn;
    const isParkedIn = half > 4.6 && dice.chance(0.6);
    const middle = side * (isParkedIn ? half - 2.2 : half) * 0.48;
    for (let z = comes ? 6 : 9; z < 120; z += dice.between(12, 24))
      if (dice.chance(busy)) add(middle + dice.between(-0.2, 0.2), z, comes);
    if (!isParkedIn) continue;
    for (let z = dice.between(4, 9); z < 80; z += dice.between(5.6, 7.5))
      if (dice.chance(0.6)) add(side * (half - 1.05), z, dice.chance(0.5) !== comes);
  }
  return cars;
};

type Painter = (brush: Brush, person: Person) => void;

/** People on the pavements, on crossings and on bicycles. */
const people = (dice: Dice, profile: Profile, cars: readonly Car[]): readonly Thing[] => {
  const things: Thing[] = [];
  const add = (person: Person, length: number, paint: Painter): void => {
    const { x, z } = person;
    if (cars.some((car) => isIn(car, x, z - length / 2, { width: 0.8, length }))) return;
    things.push({ z, paint: (brush) => paint(brush, person) });
  };
  for (let count = dice.integer(0, 8); count > 0; count--) {
    const side = dice.pick(sides);
    const z = dice.logBetween(5, 35);
    const goesAcross = dice.chance(0.25);
    const onPavement = side * (profile.half + dice.between(0.5, pavementOf(profile, side)));
    const x = goesAcross && dice.chance(0.5) ? dice.between(-1, 1) * profile.half : onPavement;
    const person = { x, z, height: dice.between(1.3, 1.9), goesAcross };
    add(person, 0.5, paintPedestrian);
  }
  for (let count = dice.integer(0, 2); count > 0; count--) {
    const side = dice.pick(sides);
    const z = dice.logBetween(6, 30);
    const x = side * (profile.half - dice.between(0.5, 1.6));
    const person = { x, z, height: dice.between(1.55, 1.9), goesAcross: dice.chance(0.2) };
    add(person, 1.8, paintBicyclist);
  }
  return things;
};

/** All that stands in a street, from the far end to the near one. */
export const drawThings = (dice: Dice, profile: Profile): readonly Thing[] => {
  const style = dice.pick(styles, ({ share }) => share);
  const cars = traffic(dice, profile);
  return [
    ...sides.flatMap((side) => row(dice, profile, style, side)),
    ...sides.flatMap((side) => kerbside(dice, profile, style, side)),
    ...cars.map(carThing),
    ...people(dice, profile, cars),
  ].sort((a, b) => b.z - a.z);
};
