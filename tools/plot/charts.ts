// The charts that studies need, each from plain records: lines with bands, forecasts over what came, bars with deviations.

import type { Picture } from "./picture.ts";
import { Plot, type PlotOptions, plot } from "./plot.ts";
import { categoryColors, defaultWidth, ink, muted, widthOf } from "./theme.ts";

/** What every chart takes. */
export interface Frame {
  readonly title?: string;
  /** Below the chart, in small print. */
  readonly caption?: string;
  /** In pixels of the page, 720 without. */
  readonly width?: number;
  /** In pixels of the page, without title, legend and caption. */
  readonly height?: number;
}

/** An axis of numbers. */
export interface Axis {
  /** What the numbers are, with their unit. */
  readonly label: string;
  readonly isLog?: boolean;
  /** The least and the greatest number; those of the data without. What lies outside is not drawn. */
  readonly range?: readonly [number, number];
}

/** Numbers over numbers, drawn in one colour. */
export interface Curve {
  readonly name: string;
  /** 0, 1, 2, … without. */
  readonly x?: readonly number[];
  readonly y: readonly number[];
  /** Half the height of a band around y at each place. */
  readonly band?: readonly number[];
  /** A line without. */
  readonly look?: "line" | "dashes" | "dots";
  /** The next of the theme without. Curves of one name have one colour. */
  readonly color?: string;
  /** The part of the chart that the curve is in; one for all without. */
  readonly panel?: string;
}

/** Means and deviations over runs of equal length. */
export const overRuns = (
  runs: readonly (readonly number[])[],
): { readonly y: readonly number[]; readonly band: readonly number[] } => {
  const places = [...Array(Math.min(...runs.map((run) => run.length))).keys()];
  const statistics = places.map((i) => statisticsOf(runs.map((run) => run[i] as number)));
  return {
    y: statistics.map(({ mean }) => mean),
    band: statistics.map(({ deviation }) => deviation),
  };
};

/** The mean of numbers and their deviation, with n − 1 below the sum; 0 for one number. */
export const statisticsOf = (
  numbers: readonly number[],
): { readonly mean: number; readonly deviation: number } => {
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  const squares = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, deviation: numbers.length < 2 ? 0 : Math.sqrt(squares / (numbers.length - 1)) };
};

/** One point of a curve. */
interface Point extends Pick<Curve, "name" | "panel"> {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

/** What a chart of curves takes. */
export interface Lines extends Frame {
  readonly curves: readonly Curve[];
  readonly x: Axis;
  readonly y: Axis;
  /** How panels lie; beside each other without. */
  readonly panels?: "across" | "down";
}

/** Curves with their bands, and panels with common axes. On a logarithmic axis bands end above 0. */
export const lines = ({ curves, x, y, panels = "across", ...frame }: Lines): Picture => {
  const names = [...new Set(curves.map(({ name }) => name))];
  const places = [...new Set(curves.flatMap(({ panel }) => (panel === undefined ? [] : [panel])))];
  const facet = panels === "across" ? "fx" : "fy";
  const common = {
    x: "x",
    clip: x.range !== undefined || y.range !== undefined,
    ...(places.length > 0 && { [facet]: "panel" }),
  };
  return plot({
    ...(panels === "down" && places.length > 0 && roomForPanels(places)),
    ...frame,
    color: {
      type: "categorical",
      legend: names.length > 1,
      domain: names,
      range: colorsOf(names, curves),
    },
    ...(places.length > 0 && { [facet]: { label: null, domain: places } }),
    x: axis(x),
    y: axis(y),
    marks: curves.flatMap((curve) => marksOf(curve, common, y.isLog === true)),
  });
};

/** Each panel as high as a small chart, and its name to the right of it. */
const roomForPanels = (places: readonly string[]) => ({
  height: 70 + 130 * places.length,
  marginRight: 16 + Math.max(...places.map((place) => widthOf(place))),
});

const colorsOf = (names: readonly string[], curves: readonly Curve[]): string[] => {
  const chosen = names.map((name) => curves.find((it) => it.name === name && it.color)?.color);
  let next = 0;
  return chosen.map(
    (color) => color ?? (categoryColors[next++ % categoryColors.length] as string), // the index is below the length
  );
};

const marksOf = (
  curve: Curve,
  common: Readonly<Record<string, string | boolean>>,
  isLog: boolean,
): readonly Plot.Markish[] => {
  const points = pointsOf(curve, isLog);
  const band = { ...common, y1: "low", y2: "high", fill: "name", fillOpacity: 0.2 };
  const look = {
    line: { stroke: "name", strokeWidth: 2 },
    dashes: { stroke: "name", strokeWidth: 2, strokeDasharray: "6,4" },
    dots: { fill: "name", r: 2.5, fillOpacity: 0.7 },
  }[curve.look ?? "line"];
  const draw = curve.look === "dots" ? Plot.dot : Plot.lineY;
  return [
    ...(curve.band === undefined ? [] : [Plot.areaY(points, band)]),
    draw(points, { ...common, y: "y", ...look }),
  ];
};

const pointsOf = ({ name, panel, x, y, band }: Curve, isLog: boolean): readonly Point[] =>
  y.map((middle, i): Point => {
    const half = band?.[i] ?? 0;
    const low = isLog ? Math.max(middle - half, middle / 10) : middle - half;
    return { name, panel, x: x?.[i] ?? i, y: middle, low, high: middle + half };
  });

const axis = ({ label, isLog = false, range }: Axis): NonNullable<PlotOptions["x"]> => ({
  label: label === "" ? null : label,
  ...(isLog && { type: "log" }),
  ...(range !== undefined && { domain: [...range] }),
});

/** What came, and what was forecast for it. */
export interface ForecastSeries {
  /** The part of the chart that it is in, such as a service; one for all without. */
  readonly panel?: string;
  readonly truth: readonly number[];
  /** By the name of the predictor, as many numbers as `truth`. */
  readonly predictions: Readonly<Record<string, readonly number[]>>;
}

/** Forecasts over what came: truth in grey, a colour for each predictor, a panel below the other. */
export const forecast = ({
  times,
  series,
  ...chart
}: Omit<Lines, "curves"> & {
  readonly times?: readonly number[];
  readonly series: readonly ForecastSeries[];
}): Picture => {
  const curves = series.flatMap(({ panel, truth, predictions }) => {
    const common = {
      ...(times !== undefined && { x: times }),
      ...(panel !== undefined && { panel }),
    };
    return [
      { ...common, name: "measured", y: truth, color: muted },
      ...Object.entries(predictions).map(([name, y]) => ({ ...common, name, y })),
    ];
  });
  return lines({ panels: "down", ...chart, curves });
};

/** One bar. */
export interface Bar {
  /** Bars of a group stand together; one group for all without. */
  readonly group?: string;
  readonly name: string;
  readonly value: number;
  /** Half the length of the line that shows how far values spread. */
  readonly deviation?: number;
}

/** The names of groups below them; aslant where they would touch each other, which makes the chart higher. */
const groupAxis = (groups: readonly string[], { width = defaultWidth, height = 320 }: Frame) => {
  const fx = { label: null, domain: groups, axis: "bottom" as const, padding: 0.2 };
  const longest = Math.max(...groups.map((group) => widthOf(group)));
  if (longest * groups.length <= width - 80) return { fx, height }; // 80: the axis, and the margin to the right
  const slant = 0.6;
  const room = Math.ceil(longest * Math.sin(slant)) - 18;
  return {
    fx: { ...fx, tickRotate: (-slant * 180) / Math.PI },
    height: height + room,
    marginBottom: 42 + room,
  };
};

/** Bars in groups, a colour for each name, with lines for their deviations. */
export const bars = ({
  values,
  y,
  ...frame
}: Frame & { readonly values: readonly Bar[]; readonly y: Axis }): Picture => {
  const rows = values.map(({ group = "", name, value, deviation = 0 }) => {
    return { group, name, value, low: value - deviation, high: value + deviation };
  });
  const names = [...new Set(rows.map(({ name }) => name))];
  const groups = [...new Set(rows.map(({ group }) => group))];
  const place = { x: "name", fx: "group" };
  return plot({
    ...frame,
    ...groupAxis(groups, frame),
    color: { type: "categorical", legend: true, domain: names },
    x: { axis: null, domain: names, padding: 0.1 },
    y: axis(y),
    grid: false,
    marks: [
      Plot.gridY(),
      Plot.barY(rows, { ...place, y: "value", fill: "name" }),
      Plot.ruleX(rows, { ...place, y1: "low", y2: "high", stroke: ink, strokeWidth: 1.5 }),
      Plot.ruleY([0]),
    ],
  });
};
