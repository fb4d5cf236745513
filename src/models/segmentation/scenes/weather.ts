// The light of a scene: the time of day, what the sky looks like, where the sun stands, and how far one sees.

import type { Dice } from "../../dice.ts";
import type { Light } from "./canvas.ts";

/** What lights a scene. */
export interface Weather {
  /** What colours are multiplied by. */
  readonly tint: Light;
  readonly zenith: Light;
  /** The sky above the horizon; far things fade to it. */
  readonly haze: Light;
  /** Metres after which 63 % of a thing is haze. */
  readonly sight: number;
  /** How much darker than the light the shadows are, in 0…1; 0 without sun. */
  readonly shadow: number;
  /** The side that the sun is on. */
  readonly sun: -1 | 1;
  /** Length of shadows across the street, for a metre of height. */
  readonly reach: number;
  /** How much of the sky is in clouds, in 0…1. */
  readonly clouds: number;
  readonly cloud: Light;
}

type Sky = Pick<Weather, "zenith" | "haze" | "cloud"> & {
  readonly tint: Light;
  readonly shadow: readonly [number, number];
  readonly clouds: readonly [number, number];
  readonly share: number;
};

const skies: readonly Sky[] = [
  {
    share: 0.35, // a clear day
    tint: [1.05, 1, 0.94],
    zenith: [0.32, 0.52, 0.85],
    haze: [0.82, 0.9, 0.98],
    cloud: [1, 1, 1],
    shadow: [0.35, 0.55],
    clouds: [0.1, 0.5],
  },
  {
    share: 0.35, // a grey day
    tint: [0.8, 0.82, 0.86],
    zenith: [0.68, 0.71, 0.75],
    haze: [0.88, 0.89, 0.9],
    cloud: [0.95, 0.95, 0.96],
    shadow: [0, 0.08],
    clouds: [0.5, 0.9],
  },
  {
    share: 0.18, // a low sun
    tint: [0.88, 0.68, 0.5],
    zenith: [0.38, 0.42, 0.62],
    haze: [0.98, 0.76, 0.55],
    cloud: [0.98, 0.7, 0.58],
    shadow: [0.3, 0.5],
    clouds: [0.2, 0.7],
  },
  {
    share: 0.12, // dusk
    tint: [0.34, 0.36, 0.44],
    zenith: [0.3, 0.36, 0.46],
    haze: [0.55, 0.6, 0.66],
    cloud: [0.62, 0.64, 0.68],
    shadow: [0, 0.1],
    clouds: [0.4, 0.9],
  },
];

const scaled = ([r, g, b]: Light, factor: number): Light => [r * factor, g * factor, b * factor];

/** A time of day, with a strength and a hue of its own. */
export const drawWeather = (dice: Dice): Weather => {
  const sky = dice.pick(skies, ({ share }) => share);
  const exposure = dice.between(0.8, 1.12);
  const tinted = ([r, g, b]: Light): Light => [
    r * dice.between(0.95, 1.05),
    g,
    b * dice.between(0.93, 1.07),
  ];
  return {
    tint: scaled(tinted(sky.tint), exposure),
    zenith: scaled(tinted(sky.zenith), exposure),
    haze: scaled(tinted(sky.haze), exposure),
    cloud: scaled(sky.cloud, exposure),
    sight: dice.logBetween(120, 700),
    shadow: dice.between(...sky.shadow),
    sun: dice.chance(0.5) ? 1 : -1,
    reach: dice.between(0.3, 1.2),
    clouds: dice.between(...sky.clouds),
  };
};

/** How a colour is seen from a distance, under the light and through the haze; `facing` scales it for how it faces the light. */
export const lit = (
  { tint, haze, sight }: Weather,
  [r, g, b]: Light,
  z: number,
  facing = 1,
): Light => {
  const fog = 1 - Math.exp(-z / sight);
  const seen = (color: number, channel: 0 | 1 | 2): number =>
    (1 - fog) * color * facing * tint[channel] + fog * haze[channel];
  return [seen(r, 0), seen(g, 1), seen(b, 2)];
};
