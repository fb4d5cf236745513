// Pictures made of pixels: that every pixel of an image is a square of the PNG, what labels are painted as, and the words around.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { decode } from "fast-png";
import * as assert from "uvu/assert";
import { outputOf } from "../../tools/notebook/rich.ts";
import {
  type Cell,
  type Color,
  categoryColors,
  classBars,
  classLegend,
  errorMap,
  type Image,
  imageGrid,
  type LabelMap,
  overlay,
  type Picture,
  paint,
  row,
  stack,
} from "../../tools/plot/index.ts";
import { testOnData } from "../support/data.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";
import { type Pixels, readPng } from "./png.ts";

const hex = (color: Iterable<number>): string => `#${Buffer.from([...color]).toString("hex")}`;
const pixelOf = ({ pixels, width }: Image, x: number, y: number): string =>
  hex(pixels.subarray(3 * (y * width + x), 3 * (y * width + x) + 3));
const colorsIn = (image: Image): readonly string[] =>
  [...Array(image.height * image.width).keys()].map((i) => pixelOf(image, i, 0));

/** The words of a picture. */
const wordsOf = ({ svg }: Picture): readonly string[] =>
  [...svg.matchAll(/>([^<]+)<\/(?:text|tspan)>/g)].map(([, word]) => word as string);

/** Where the images of a picture begin, in pixels of the page. */
const placesOf = ({ svg }: Picture): readonly (readonly [number, number])[] =>
  [...svg.matchAll(/<image x="([^"]+)" y="([^"]+)"/g)].map(([, x, y]) => [Number(x), Number(y)]);

/** Whether a PNG has every pixel of an image as a square of so many of its own. */
const holds = (png: Pixels, image: Image, [left, top]: readonly [number, number], side: number) => {
  for (let y = 0; y < image.height * side; y++)
    for (let x = 0; x < image.width * side; x++) {
      const [i, j] = [Math.floor(x / side), Math.floor(y / side)];
      assert.is(png.at(left + x, top + y), pixelOf(image, i, j), `${i}, ${j}`);
    }
};

const images = fc
  .record({ height: fc.integer({ min: 1, max: 5 }), width: fc.integer({ min: 1, max: 5 }) })
  .chain(({ height, width }) => {
    const size = { minLength: 3 * height * width, maxLength: 3 * height * width };
    return fc.uint8Array(size).map((pixels): Image => ({ height, width, pixels }));
  });
const cells = fc.oneof(
  { weight: 4, arbitrary: images },
  { weight: 1, arbitrary: fc.constant(null) },
);

const grid = suite("imageGrid");

grid(
  "has every pixel of every image as a square, whatever stands around it",
  forAll({
    rows: fc.array(fc.array(cells, { maxLength: 3 }), { maxLength: 3 }),
    enlarge: fc.constantFrom(0.5, 1, 1.5, 2, 3),
    gap: fc.integer({ min: 0, max: 9 }),
    label: fc.constantFrom("", "a", "a long name with many words"),
  })(({ rows, enlarge, gap, label }) => {
    const picture = imageGrid({
      rows,
      enlarge,
      gap,
      rowLabels: rows.map(() => label),
      columnLabels: ["first", label],
      title: "Title",
    });
    const png = readPng(picture.png(2));
    const shown = rows.flat().filter((cell) => cell !== null);
    const places = placesOf(picture);
    assert.is(places.length, shown.length);
    for (const [i, image] of shown.entries()) {
      const [x, y] = places[i] as readonly [number, number];
      holds(png, image, [2 * x, 2 * y], 2 * enlarge);
    }
  }),
);

const solid = (height: number, width: number, color: Color): Image => ({
  height,
  width,
  pixels: Uint8Array.from({ length: 3 * height * width }, (_, i) => color[i % 3] as number),
});
const lime: Color = [1, 254, 3];
const countOf = (picture: Picture, color: Color): number =>
  readPng(picture.png(1)).counts.get(hex(color)) ?? 0;

grid("stays exact beside and below others, and in a notebook", () => {
  const one = imageGrid({ rows: [[solid(4, 6, lime)]], enlarge: 3 });
  const all = stack([row([one, one]), one]);
  assert.is(countOf(all, lime), 3 * 4 * 6 * 9);
  const { data, metadata } = outputOf(one);
  assert.equal(metadata, { "image/png": { width: one.width, height: one.height } });
  const png = readPng(Buffer.from(data["image/png"] ?? "", "base64"));
  assert.is(png.counts.get(hex(lime)), 4 * 6 * 36);
});

grid("is enlarged as far as a notebook is wide, in halves, and columns to 240 at most", () => {
  const wide = (count: number): Picture =>
    imageGrid({ rows: [Array.from({ length: count }, () => solid(90, 120, lime))] });
  for (const [count, enlarge] of [
    [1, 2],
    [3, 1.5],
    [5, 1],
    [9, 0.5],
  ] as const)
    assert.is(countOf(wide(count), lime), count * 90 * 120 * enlarge ** 2, `${count} columns`);
  for (const count of [2, 3, 4, 5, 6, 8]) assert.ok(wide(count).width <= 720, `${count} columns`);
});

grid("has words for rows, columns, images and classes, broken where there is no room", () => {
  const cell: Cell = { ...solid(40, 60, lime), caption: "mean IoU 0.5 of 1" };
  const picture = imageGrid({
    rows: [[cell, null], [cell]],
    enlarge: 1,
    rowLabels: ["a <b>", "c"],
    columnLabels: ["truth"],
    classes: [
      { name: "Sky", color: [128, 128, 200] },
      { name: "Road", color: [128, 64, 128] },
    ],
    title: "Title",
    caption: "Caption",
  });
  const words = [
    "a &lt;b&gt;",
    "c",
    "truth",
    "mean IoU",
    "0.5 of 1",
    "Sky",
    "Road",
    "Title",
    "Caption",
  ];
  for (const word of words) assert.ok(wordsOf(picture).includes(word), word);
  for (const color of [
    [128, 128, 200],
    [128, 64, 128],
  ] as const)
    assert.ok(countOf(picture, color) > 80);
  assert.is((picture.svg.match(/rotate\(-90\)/g) ?? []).length, 2);
  const named = imageGrid({ rows: [[cell]], rowLabels: ["0016E5_08037 and more"], enlarge: 1 });
  assert.not.match(named.svg, "rotate");
  assert.ok(named.width > 60 + 24 + 100);
});

grid("says what is wrong with an image or an enlargement", () => {
  const short = { height: 2, width: 2, pixels: new Uint8Array(4) };
  assert.throws(
    () => imageGrid({ rows: [[short]] }),
    /imageGrid: 12 bytes expected for 2 × 2 pixels, got 4/,
  );
  for (const enlarge of [0, -1, 0.3])
    assert.throws(
      () => imageGrid({ rows: [], enlarge }),
      `imageGrid: a multiple of 0.5 expected for enlarge, got ${enlarge}`,
    );
});

testOnData(grid, "camvid", "shows a picture of CamVid as it is", (folder) => {
  const path = join(folder, "quarter_120x90", "train", "0001TP_006690.png");
  const { height, width, data } = decode(readFileSync(path));
  const image = { height, width, pixels: Uint8Array.from(data) };
  const picture = imageGrid({ rows: [[image]], enlarge: 1 });
  const [[x, y]] = placesOf(picture) as readonly [readonly [number, number]];
  holds(readPng(picture.png(2)), image, [2 * x, 2 * y], 2);
});

grid.run();

const labels = suite("labels as pixels");

const colors: readonly Color[] = [
  [10, 20, 30],
  [200, 100, 0],
];
/** Maps of one size with two classes and what is ignored, and an image of that size. */
const scenes = fc
  .record({ height: fc.integer({ min: 1, max: 5 }), width: fc.integer({ min: 1, max: 5 }) })
  .chain(({ height, width }) => {
    const count = height * width;
    const size = { minLength: count, maxLength: count };
    const map = fc
      .array(fc.constantFrom(0, 1, 255), size)
      .map((all): LabelMap => ({ height, width, labels: Uint8Array.from(all) }));
    const image = fc
      .uint8Array({ minLength: 3 * count, maxLength: 3 * count })
      .map((pixels): Image => ({ height, width, pixels }));
    return fc.record({ truth: map, prediction: map, image });
  });

labels("are their colours, and pale where they are ignored", () => {
  const map = { height: 1, width: 3, labels: Uint8Array.of(1, 255, 0) };
  assert.equal(colorsIn(paint(map, colors)), ["#c86400", "#eeeeee", "#0a141e"]);
  const other = { height: 1, width: 2, labels: Uint8Array.of(1, 11) };
  const black: Color = [0, 0, 0];
  const painted = paint(other, colors, { ignored: 11, ignoredColor: black });
  assert.equal(colorsIn(painted), ["#c86400", "#000000"]);
  assert.throws(() => paint(other, colors), /paint: a class below 2 expected, got 11/);
});

labels(
  "over an image are nothing at opacity 0, and all at 1 but where they are ignored",
  forAll({ scene: scenes })(({ scene: { image, truth } }) => {
    assert.equal(overlay(image, truth, colors, { opacity: 0 }), image);
    const full = colorsIn(overlay(image, truth, colors, { opacity: 1 }));
    const [painted, below] = [colorsIn(paint(truth, colors)), colorsIn(image)];
    for (const [i, label] of truth.labels.entries())
      assert.is(full[i], label === 255 ? below[i] : painted[i]);
  }),
);

labels("over an image are mixed with it, and full where they meet others if asked for", () => {
  const image = solid(2, 3, [100, 100, 100]);
  const map = { height: 2, width: 3, labels: Uint8Array.of(0, 0, 1, 0, 0, 0) };
  const [low, high] = ["#373c41", "#966432"]; // halfway from 100 to 10, 20, 30 and to 200, 100, 0
  assert.equal(colorsIn(overlay(image, map, colors)), [low, low, high, low, low, low]);
  const outlined = colorsIn(overlay(image, map, colors, { outline: true }));
  assert.equal(outlined, [low, "#0a141e", "#c86400", low, low, low]);
  assert.throws(
    () => overlay(solid(3, 2, lime), map, colors),
    /overlay: two of one size expected, got 3 × 2 and 2 × 3/,
  );
});

labels(
  "of truth and prediction give red where they differ, pale where truth is ignored, grey elsewhere",
  forAll({ scene: scenes })(({ scene: { truth, prediction } }) => {
    const found = colorsIn(errorMap(truth, prediction));
    for (const [i, label] of truth.labels.entries()) {
      const other = label === prediction.labels[i] ? "#b0b4ba" : "#c4222c";
      assert.is(found[i], label === 255 ? "#eeeeee" : other);
    }
  }),
);

labels.run();

const charts = suite("charts of classes");

const names = "Sky Building Pole Road Pavement Tree SignSymbol Fence Car Pedestrian Bicyclist";
const classes = names.split(" ");

charts("a legend has every name beside its colour, in as many lines as they need", () => {
  const all = classes.map((name, i) => ({ name, color: [20 * i, 7, 200 - 10 * i] as const }));
  const legend = classLegend(all, { title: "Classes" });
  for (const { name, color } of all) {
    assert.ok(wordsOf(legend).includes(name), name);
    assert.ok(countOf(legend, color) > 80, name);
  }
  assert.is(legend.width, 720);
  assert.ok(classLegend(all, { width: 300 }).height > legend.height);
});

charts(
  "bars have a group for each class, aslant where names would touch, and none for no number",
  () => {
    const series = ["a", "b"].map((name) => {
      const values = classes.map((_, i) => (name === "b" && i > 0 ? Number.NaN : 0.5));
      return { name, values, deviations: classes.map(() => 0.1) };
    });
    const picture = classBars({ classes, series });
    for (const word of [...classes, "a", "b"]) assert.ok(wordsOf(picture).includes(word), word);
    assert.ok(wordsOf(picture).some((word) => word.includes("IoU")));
    assert.match(picture.svg, /rotate\(-34/);
    const [blue = "", orange = ""] = categoryColors;
    const { counts } = readPng(picture.png(1));
    const ratio = (counts.get(blue) ?? 0) / (counts.get(orange) ?? 0);
    assert.ok(ratio > 8 && ratio < 12, `${ratio}: eleven bars beside one`);
    const few = classBars({ classes: ["Sky", "Road"], series });
    assert.not.match(few.svg, /rotate\(-34/);
    assert.ok(picture.height > few.height);
  },
);

charts.run();
