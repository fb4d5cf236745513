// Pictures: their size, that something is drawn in the colours of the theme, legends, charts from plain records.

import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import * as assert from "uvu/assert";
import { outputOf } from "../../tools/notebook/rich.ts";
import {
  bars,
  categoryColors,
  forecast,
  heatMap,
  lines,
  overRuns,
  type Picture,
  Plot,
  plot,
  row,
  serviceGraph,
  stack,
  statisticsOf,
} from "../../tools/plot/index.ts";
import { crossingsIn, type Edge, layersOf } from "../../tools/plot/layers.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";
import { readPng } from "./png.ts";

const test = suite("plot");

const [blue = "", orange = "", green = ""] = categoryColors;
const x = { label: "step" };
const y = { label: "loss" };

/** How many pixels of a picture of its own size have a colour. */
const countOf = (picture: Picture, color: string): number =>
  readPng(picture.png(1)).counts.get(color) ?? 0;
/** The words of a picture. */
const wordsOf = ({ svg }: Picture): readonly string[] =>
  [...svg.matchAll(/>([^<]+)<\/(?:text|tspan)>/g)].map(([, word]) => word as string);

const dots = {
  marks: [
    Plot.dot(
      [
        [1, 2],
        [3, 5],
      ] as const,
      { r: 6, fill: blue },
    ),
  ],
};

test("is as large as asked for, twice that in PNG, with something on white paper", () => {
  const picture = plot({ width: 300, height: 200, ...dots });
  assert.equal([picture.width, picture.height], [300, 200]);
  const { width, height, at, counts } = readPng(picture.png());
  assert.equal([width, height], [600, 400]);
  assert.is(at(0, 0), "#ffffff");
  assert.ok((counts.get(blue) ?? 0) > 2 * 400, "two dots of radius 12");
  assert.is(readPng(picture.png(1)).width, 300);
});

test("is 720 × 320 without a wish, and higher by title, legend and caption", () => {
  assert.equal([plot(dots).width, plot(dots).height], [720, 320]);
  const marks = [Plot.dot([1, 2], { x: [1, 2], y: [1, 2], fill: ["a", "b"] })];
  const picture = plot({ title: "Title", caption: "Caption", color: { legend: true }, marks });
  assert.ok(picture.height > 320 + 60);
  for (const word of ["Title", "Caption", "a", "b"])
    assert.ok(wordsOf(picture).includes(word), word);
  const { at } = readPng(picture.png(1));
  const top = [...Array(100).keys()].flatMap((i) => [...Array(30).keys()].map((j) => at(i, j)));
  assert.ok(top.includes("#24292f"), "ink of the title");
});

test("gives colours of the theme to categories, and a scheme to numbers", () => {
  const place = { x: [1, 2, 3], y: [1, 1, 1], r: 8 };
  const categories = plot({ marks: [Plot.dot([1, 2, 3], { ...place, fill: ["a", "b", "c"] })] });
  for (const color of [blue, orange, green]) assert.ok(countOf(categories, color) > 100, color);
  const numbers = plot({
    color: { legend: true, label: "CPU, cores" },
    marks: [Plot.dot([1, 2, 3], { ...place, fill: [0, 0.5, 1] })],
  });
  assert.is(countOf(numbers, orange), 0);
  for (const word of ["CPU, cores", "0", "0.5", "1"])
    assert.ok(wordsOf(numbers).includes(word), word);
});

test("writes legends in as many lines as they need, and any words", () => {
  const names = [...Array(12).keys()].map((i) => `category <${i}> & "more"`);
  const draw = (count: number) =>
    plot({
      color: { legend: true },
      marks: [Plot.dot(names.slice(0, count), { x: 1, y: 1, fill: (name) => name })],
    });
  assert.ok(draw(12).height > draw(2).height);
  assert.ok(wordsOf(draw(12)).includes("category &lt;11&gt; &amp; &quot;more&quot;"));
  assert.ok(countOf(draw(12), blue) > 100);
});

test("prints powers of ten as people write them", () => {
  const words = wordsOf(
    lines({ curves: [{ name: "a", y: [1, 0.1, 0.01] }], x, y: { ...y, isLog: true } }),
  );
  assert.ok(words.includes("0.1") && words.includes("0.01"));
  assert.not.ok(words.some((word) => /\d[mµn]$/.test(word)));
});

test("keeps nothing that only browsers understand, and no fonts but those of the theme", () => {
  const { svg } = plot({ ...dots, marks: [...dots.marks, Plot.tip(["tip"], { x: 2, y: 3 })] });
  assert.not.match(svg, /var\(|<style|:where/);
  assert.match(svg, /font-family="DejaVu Sans/);
});

test("is the same twice, byte for byte", () => {
  const draw = () => lines({ curves: [{ name: "a", y: [1, 3, 2], band: [1, 1, 1] }], x, y });
  assert.equal(Buffer.compare(draw().png(), draw().png()), 0);
});

test("is shown in notebooks as a PNG with its size on the page, and as words", () => {
  const picture = plot({ width: 200, height: 100, ...dots });
  const { data, metadata } = outputOf(picture);
  assert.equal(metadata, { "image/png": { width: 200, height: 100 } });
  assert.is(readPng(Buffer.from(data["image/png"] ?? "", "base64")).width, 400);
  assert.is(data["text/plain"], "[picture, 200 × 100]");
});

test("is saved by the ending of the name", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pullback-plot-"));
  const picture = plot(dots);
  await picture.save(join(folder, "a.svg"));
  assert.is(readFileSync(join(folder, "a.svg"), "utf8"), picture.svg);
  await picture.save(join(folder, "a.png"));
  assert.is(readPng(readFileSync(join(folder, "a.png"))).width, 1440);
  let message = "";
  await picture.save(join(folder, "a.gif")).catch((error: Error) => {
    message = error.message;
  });
  assert.match(message, /save: a name in \.png or \.svg expected/);
});

test("goes below and beside others", () => {
  const [a, b] = [
    plot({ width: 200, height: 100, ...dots }),
    plot({ width: 150, height: 120, ...dots }),
  ];
  const size = ({ width, height }: Picture) => [width, height];
  assert.equal(size(stack([a, b])), [200, 220]);
  assert.equal(size(row([a, b])), [350, 120]);
  assert.ok(countOf(row([a, b]), blue) >= countOf(a, blue) + countOf(b, blue) - 20);
});

test("lines have a band, dots, panels and the colours that they ask for", () => {
  const steps = [...Array(20).keys()];
  const curve = { y: steps.map((i) => i), band: steps.map(() => 3) };
  const plain = lines({ curves: [{ name: "a", y: curve.y }], x, y });
  const banded = lines({ curves: [{ name: "a", ...curve }], x, y });
  const pale = "#cce3f0"; // blue at a fifth on white
  assert.is(countOf(plain, pale), 0);
  assert.ok(countOf(banded, pale) > 5000);
  const panels = lines({
    curves: [
      { name: "a", panel: "left", y: curve.y, look: "dots", color: green },
      { name: "b", panel: "right", y: curve.y, look: "dashes" },
    ],
    x,
    y,
  });
  assert.ok(wordsOf(panels).includes("left") && wordsOf(panels).includes("right"));
  assert.ok(countOf(panels, green) > 100 && countOf(panels, blue) > 100);
});

test("forecasts show what came in grey, a panel below the other", () => {
  const series = ["frontend", "cart"].map((panel) => ({
    panel,
    truth: [1, 2, 3, 2],
    predictions: { ours: [1, 2, 2, 2], last: [1, 1, 2, 3] },
  }));
  const picture = forecast({ series, x: { label: "minute" }, y: { label: "cores" } });
  for (const word of ["measured", "ours", "last", "frontend", "cart"])
    assert.ok(wordsOf(picture).includes(word), word);
  for (const color of ["#6e7781", blue, orange]) assert.ok(countOf(picture, color) > 100, color);
});

test("bars are as high as their values, with lines for deviations", () => {
  const values = [
    { group: "g", name: "a", value: 1 },
    { group: "g", name: "b", value: 2, deviation: 0.5 },
    { group: "h", name: "a", value: 0 },
  ];
  const picture = bars({ values, y: { label: "MAE", range: [0, 3] } });
  const ratio = countOf(picture, orange) / countOf(picture, blue);
  assert.ok(ratio > 1.8 && ratio < 2.1, `${ratio}, without the line in front of it`);
  for (const word of ["g", "h", "a", "b"]) assert.ok(wordsOf(picture).includes(word), word);
});

test("heat maps write numbers into the cells", () => {
  const picture = heatMap({
    rows: ["road", "sky"],
    columns: ["road", "sky"],
    values: [
      [0.75, 0.25],
      [0, 1],
    ],
    label: "share",
    decimals: 2,
  });
  for (const word of ["road", "sky", "share", "0.75", "1.00"])
    assert.ok(wordsOf(picture).includes(word), word);
  assert.ok(countOf(picture, "#08306b") > 1000, "the darkest blue");
  const signed = heatMap({
    rows: ["a"],
    columns: ["b", "c"],
    values: [[-1, 1]],
    label: "r",
    isSigned: true,
  });
  assert.ok(countOf(signed, "#67001f") > 1000 && countOf(signed, "#053061") > 1000);
});

test("a graph of services has their names, an arrow for each call, and a colour for each value", () => {
  const names = ["front", "cart", "db"];
  const picture = serviceGraph({
    names,
    edges: [
      [0, 1],
      [1, 2],
      [0, 2],
      [2, 2],
    ],
    values: [0, 1, 2],
    label: "load",
  });
  for (const word of [...names, "load"]) assert.ok(wordsOf(picture).includes(word), word);
  const arrows = [...picture.svg.matchAll(/aria-label="arrow".*?<\/g>/gs)].join("");
  assert.is(arrows.split("<path").length - 1, 3);
  assert.ok(countOf(picture, "#08306b") > 100);
  assert.ok(serviceGraph({ names: ["alone"], edges: [] }).height > 0);
});

test("means and deviations over runs are those of each place", () => {
  assert.equal(
    overRuns([
      [1, 5],
      [3, 5],
      [5, 5],
    ]),
    { y: [3, 5], band: [2, 0] },
  );
  assert.equal(statisticsOf([2]), { mean: 2, deviation: 0 });
});

const graphs = fc.integer({ min: 1, max: 8 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    edges: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 14 }),
  }),
);

test(
  "layers: no two nodes in one place, and where there is no cycle callers are to the left",
  forAll(graphs)(({ count, edges }) => {
    const places = layersOf(count, edges);
    const names = places.map(({ layer, position }) => `${layer},${position}`);
    assert.is(new Set(names).size, count);
    const downward = edges.filter(([from, to]) => from < to);
    const acyclic = layersOf(count, downward);
    for (const [from, to] of downward)
      assert.ok((acyclic[from]?.layer ?? 0) < (acyclic[to]?.layer ?? 0));
  }),
);

test("layers: edges that need not cross do not", () => {
  const edges: readonly Edge[] = [
    [0, 5],
    [1, 4],
    [2, 3],
    [5, 6],
    [4, 7],
  ];
  const places = layersOf(8, edges);
  const at = (layer: number): number[] => {
    const nodes = [...Array(8).keys()].filter((node) => places[node]?.layer === layer);
    return nodes.sort((a, b) => (places[a]?.position ?? 0) - (places[b]?.position ?? 0));
  };
  assert.is(crossingsIn([at(0), at(1), at(2)], edges), 0);
  assert.is(
    crossingsIn(
      [
        [0, 1],
        [2, 3],
      ],
      [
        [0, 3],
        [1, 2],
      ],
    ),
    1,
  );
});

test.run();
