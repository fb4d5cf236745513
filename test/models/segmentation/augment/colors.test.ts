// Changes of colour: what each keeps, the order, and small cases by hand.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  type ColorChange,
  type ColorMap,
  colorMap,
  greyOf,
  meanColor,
  sameColors,
} from "../../../../src/models/segmentation/augment/colors.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("colorMap");

type Rgb = readonly [number, number, number];
const none: ColorChange = { brightness: 1, contrast: 1, saturation: 1, hue: 0 };
const byte = fc.integer({ min: 0, max: 255 });
const color: fc.Arbitrary<Rgb> = fc.tuple(byte, byte, byte);
const factor = fc.double({ min: 0, max: 2, noNaN: true });
const turns = fc.double({ min: -0.5, max: 0.5, noNaN: true });

const applied = (map: ColorMap, [r, g, b]: Rgb): Rgb =>
  [0, 4, 8].map(
    (row) => map[row]! * r + map[row + 1]! * g + map[row + 2]! * b + map[row + 3]!,
  ) as unknown as Rgb; // three rows
/** Equal but for the rounding of numbers below 1000 in double precision. */
const near = (a: Rgb, b: Rgb): void => {
  for (const k of [0, 1, 2] as const)
    assert.ok(Math.abs(a[k] - b[k]) < 1e-9, `${a.join()} and ${b.join()}`);
};

test("leaves colours where nothing is to change", () => {
  assert.equal(colorMap(none, 93), sameColors);
});

test(
  "brightness scales light",
  forAll({ c: color, brightness: factor, mean: byte })(({ c, brightness, mean }) => {
    const [r, g, b] = c;
    const bright: Rgb = [r * brightness, g * brightness, b * brightness];
    near(applied(colorMap({ ...none, brightness }, mean), c), bright);
  }),
);

test(
  "contrast keeps the mean grey and scales what differs from it",
  forAll({ c: color, contrast: factor, mean: byte })(({ c, contrast, mean }) => {
    const map = colorMap({ ...none, contrast }, mean);
    near(applied(map, [mean, mean, mean]), [mean, mean, mean]);
    const [r, g, b] = c.map((value) => mean + contrast * (value - mean)) as unknown as Rgb; // of three
    near(applied(map, c), [r, g, b]);
  }),
);

test(
  "saturation and hue keep greys, and the grey of every colour",
  forAll({ c: color, grey: byte, saturation: factor, hue: turns, mean: byte })(
    ({ c, grey, saturation, hue, mean }) => {
      const map = colorMap({ ...none, saturation, hue }, mean);
      near(applied(map, [grey, grey, grey]), [grey, grey, grey]);
      assert.ok(Math.abs(greyOf(applied(map, c)) - greyOf(c)) < 1e-9);
    },
  ),
);

test(
  "a turn and its opposite leave a colour as it was",
  forAll({ c: color, hue: turns })(({ c, hue }) => {
    const there = applied(colorMap({ ...none, hue }, 0), c);
    near(applied(colorMap({ ...none, hue: -hue }, 0), there), c);
  }),
);

test(
  "is brightness, contrast, saturation and hue, one after the other",
  forAll({
    c: color,
    mean: byte,
    brightness: factor,
    contrast: factor,
    saturation: factor,
    hue: turns,
  })(({ c, mean, ...change }) => {
    const { brightness, contrast, saturation, hue } = change;
    const steps = [
      colorMap({ ...none, brightness }, mean),
      colorMap({ ...none, contrast }, brightness * mean),
      colorMap({ ...none, saturation }, mean),
      colorMap({ ...none, hue }, mean),
    ];
    near(
      applied(colorMap(change, mean), c),
      steps.reduce<Rgb>((value, step) => applied(step, value), c),
    );
  }),
);

test("by hand: no saturation is grey, and half a turn makes red the blue-green of its grey", () => {
  near(applied(colorMap({ ...none, saturation: 0 }, 0), [100, 0, 0]), [29.9, 29.9, 29.9]);
  near(applied(colorMap({ ...none, hue: 0.5 }, 0), [100, 0, 0]), [-40.2, 59.8, 59.8]);
});

test("the mean colour of pixels", () => {
  assert.equal(meanColor(Uint8Array.of(0, 10, 20, 100, 30, 22)), [50, 20, 21]);
  assert.equal(meanColor(new Uint8Array(0)), [0, 0, 0]);
});

test.run();
