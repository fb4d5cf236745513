// What is said and shown of a network: its scores, class by class, and pictures beside what was found in them.

import { Segmentation } from "../../src/models/index.ts";
import {
  type Cell,
  errorMap,
  imageGrid,
  muted,
  overlay,
  type Picture,
  Plot,
  paint,
  plot,
} from "../../tools/plot/index.ts";

const { ignored } = Segmentation;

const percent = (share: number): string => (Number.isNaN(share) ? "–" : (100 * share).toFixed(1));

/** The scores of a network, class by class and in all, in percent. */
export const printScores = (
  classes: readonly Segmentation.ClassInfo[],
  { areas, outlines }: Segmentation.Judgement,
): string => {
  const width = Math.max(...classes.map(({ name }) => name.length), "mean".length);
  const line = (name: string, ...numbers: readonly number[]): string =>
    [name.padEnd(width), ...numbers.map((x) => percent(x).padStart(11))].join(" ");
  const head = ["IoU", "accuracy", "boundary F1"].map((title) => title.padStart(11)).join(" ");
  return [
    `${"percent".padEnd(width)} ${head}`,
    ...classes.map(({ name }, i) =>
      line(
        name,
        areas.iou[i] as number,
        areas.classAccuracy[i] as number,
        outlines.f1[i] as number,
      ),
    ),
    line("mean", areas.meanIou, areas.meanClassAccuracy, outlines.meanF1),
    `global accuracy ${percent(areas.globalAccuracy)} %`,
  ].join("\n");
};

/** A picture with what is known of it and what was found in it. */
export interface Shown {
  readonly picture: Segmentation.LabelledPicture;
  /** By the name of who found it, labels [height, width]. */
  readonly found: Readonly<Record<string, Uint8Array>>;
}

/** Pictures in rows: input, truth, and what each network found; with one network, where it was wrong, too. */
export const showcase = (
  classes: readonly Segmentation.ClassInfo[],
  shown: readonly Shown[],
): Picture => {
  const names = Object.keys(shown[0]?.found ?? {});
  const colors = classes.map(({ color }) => color);
  const isAlone = names.length === 1;
  return imageGrid({
    columnLabels: ["picture", "truth", ...names, ...(isAlone ? ["errors"] : [])],
    classes,
    rows: shown.map(({ picture, found }): readonly Cell[] => {
      const { height, width } = picture;
      const maps = names.map((name) => ({ height, width, labels: found[name] as Uint8Array })); // its own keys
      return [
        picture,
        paint(picture, colors, { ignored }),
        ...maps.map((map) => paint(map, colors, { ignored })),
        ...(isAlone ? maps.map((map) => errorMap(picture, map, { ignored })) : []),
      ];
    }),
  });
};

/** A picture with what was found in it painted over it. */
export const overlaid = (
  picture: Segmentation.Picture,
  labels: Uint8Array,
  classes: readonly Segmentation.ClassInfo[],
): Segmentation.Picture =>
  overlay(
    picture,
    { ...picture, labels },
    classes.map(({ color }) => color),
    { opacity: 0.55 },
  );

/** Which pictures of a set to show: `count` of them, evenly from first to last. */
export const chosen = (length: number, count: number): readonly number[] => {
  const n = Math.min(length, count);
  return Array.from({ length: n }, (_, i) => Math.floor(((i + 0.5) * length) / n));
};

/** Shares of classes as dots on a logarithmic axis, 0.2 to 50 percent, in the order that the classes are given in; a colour for each name. */
export const classDots = (
  title: string,
  label: string,
  classes: readonly string[],
  sharesByName: Readonly<Record<string, readonly number[]>>,
): Picture => {
  const names = Object.keys(sharesByName);
  const points = names.flatMap((name) =>
    classes.map((it, i) => ({ name, class: it, percent: 100 * (sharesByName[name]?.[i] ?? 0) })),
  );
  const place = { x: "percent", y: "class" };
  return plot({
    title,
    color: { type: "categorical", domain: names, legend: names.length > 1 },
    x: { type: "log", label, domain: [0.2, 50], ticks: [0.3, 1, 3, 10, 30] },
    y: { label: null, domain: [...classes] },
    marginLeft: 100,
    height: 300,
    marks: [
      Plot.ruleY(points, Plot.groupY({ x1: "min", x2: "max" }, { ...place, stroke: muted })),
      Plot.dot(points, { ...place, fill: "name", r: 5 }),
    ],
  });
};
