// Pictures of streets from a seed, with the class of each pixel: a data set that is always at hand. Each is drawn from (seed, index)
// alone, so any of them can be had in any order and in any thread. Painters' algorithm: Newell, Newell & Sancha, 1972.

import * as TE from "fp-ts/lib/TaskEither.js";
import { fail } from "../../../core/errors.ts";
import { makeDice } from "../../dice.ts";
import { philox } from "../../prng.ts";
import type { LabelledPicture, LabelledPictures } from "../images.ts";
import { streetClasses } from "../streetClasses.ts";
import type { Brush } from "./brush.ts";
import { drawCamera, viewOf } from "./camera.ts";
import { canvasOf, labelsOf, lightOf } from "./canvas.ts";
import { paintGround } from "./ground.ts";
import { drawProfile, drawThings } from "./layout.ts";
import { paintBackdrop, paintSky } from "./sky.ts";
import { textureOf } from "./texture.ts";
import { drawWeather } from "./weather.ts";

/** Which scenes. */
export interface SceneOptions {
  /** A whole number in 0…2³² − 1. */
  readonly seed: number;
  /** How many, 1 or more. */
  readonly count: number;
  /** Of a picture, in pixels: 90 where absent, 24 or more. */
  readonly height?: number;
  /** Of a picture, in pixels: 120 where absent, 32 or more. */
  readonly width?: number;
}

const mostPixels = 2 ** 24;

const requireOptions = ({ seed, count, height, width }: Required<SceneOptions>): void => {
  const isWhole = (n: number, least: number, most: number): boolean =>
    Number.isInteger(n) && n >= least && n <= most;
  const rules: readonly (readonly [holds: boolean, rule: string, got: number])[] = [
    [isWhole(seed, 0, 2 ** 32 - 1), "a whole seed in 0…2³² − 1 expected", seed],
    [isWhole(count, 1, 2 ** 32 - 1), "a whole count in 1…2³² − 1 expected", count],
    [isWhole(height, 24, mostPixels), "a whole height of at least 24 expected", height],
    [isWhole(width, 32, mostPixels), "a whole width of at least 32 expected", width],
    [height * width <= mostPixels, "at most 2²⁴ pixels expected", height * width],
  ];
  const broken = rules.find(([holds]) => !holds);
  if (broken !== undefined) fail("scenes", "InvalidArgument", broken[1], `${broken[2]}`);
};

/**
 * Pictures of streets in CamVid's eleven classes, drawn from (seed, index): the same place gives the same bytes. The number `count`
 * changes no picture, and another size shows the same street.
 *
 * A wrong option throws; loading what is not below `count` gives a Left.
 *
 * @example
 * const pictures = scenes({ seed: 1, count: 60 });
 * pictures.names.length // 60
 * const loaded = await pictures.load(59)();
 * "right" in loaded && [loaded.right.height, loaded.right.width] // [90, 120]
 */
export const scenes = (options: SceneOptions): LabelledPictures => {
  const { seed, count, height = 90, width = 120 } = options;
  requireOptions({ seed, count, height, width });
  return {
    classes: streetClasses,
    names: Array.from({ length: count }, (_, index) => nameOf(seed, index)),
    load: (index) =>
      Number.isInteger(index) && index >= 0 && index < count
        ? TE.fromIO(() => sceneAt(seed, index, height, width))
        : TE.left({
            _tag: "InvalidOption",
            file: "scenes",
            rule: `an index in 0…${count - 1} expected`,
            got: `${index}`,
          }),
  };
};

const nameOf = (seed: number, index: number): string =>
  `scene-${seed}-${String(index).padStart(5, "0")}`;

const sceneAt = (seed: number, index: number, height: number, width: number): LabelledPicture => {
  const dice = makeDice(seed, index);
  const key = philox(seed, index, 2 ** 32 - 1)[0]; // farther than dice are thrown
  const profile = drawProfile(dice);
  const lane = profile.drivesOn * profile.half * 0.48;
  const brush: Brush = {
    canvas: canvasOf(height, width),
    view: viewOf(drawCamera(dice, width / height, lane)),
    weather: drawWeather(dice),
    dice,
    texture: textureOf(key, 0),
  };
  paintSky(brush);
  paintBackdrop(brush);
  paintGround(brush, profile);
  const things = drawThings(dice, profile);
  for (const { shadow } of things) shadow?.(brush);
  for (const { paint } of things) paint(brush);
  return {
    height,
    width,
    name: nameOf(seed, index),
    labels: labelsOf(brush.canvas),
    pixels: exposed(lightOf(brush.canvas), key, dice.between(1, 5)),
  };
};

/**
 * Bytes of light, with grain of a deviation in steps of a byte. The grain of a channel is the sum of two even numbers; neighbouring
 * channels share one of them, as those of a camera with one sensor do.
 */
const exposed = (light: Float32Array, key: number, deviation: number): Uint8Array => {
  const bytes = new Uint8Array(light.length);
  const scale = (deviation * Math.sqrt(6)) / 2 ** 16; // the sum of two numbers below 2¹⁶ deviates by 2¹⁶ / √6
  const expose = (at: number, first: number, second: number): void => {
    const value = 255 * (light[at] as number) + (first + second - 2 ** 16) * scale;
    bytes[at] = Math.min(255, Math.max(0, Math.round(value)));
  };
  for (let at = 0; at < light.length; at += 3) {
    const [a, b] = philox(key, 1, at);
    expose(at, a & 0xffff, a >>> 16);
    expose(at + 1, a >>> 16, b & 0xffff);
    expose(at + 2, b & 0xffff, b >>> 16);
  }
  return bytes;
};
