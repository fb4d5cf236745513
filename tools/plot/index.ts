// Pictures for notebooks: any chart of Observable Plot, and those that studies need. docs/notebooks.md shows how.

export {
  type Axis,
  type Bar,
  bars,
  type Curve,
  type ForecastSeries,
  type Frame,
  forecast,
  type Lines,
  lines,
  overRuns,
  statisticsOf,
} from "./charts.ts";
export { type ClassSeries, classBars, classLegend } from "./classes.ts";
export { type ServiceGraph, serviceGraph } from "./graph.ts";
export { type HeatMap, heatMap } from "./heatMap.ts";
export { type Cell, type ImageGrid, imageGrid } from "./imageGrid.ts";
export type { Edge } from "./layers.ts";
export { type Picture, row, stack } from "./picture.ts";
export {
  type Color,
  errorMap,
  type Ignoring,
  type Image,
  type LabelMap,
  type NamedColor,
  type OverlayOptions,
  overlay,
  paint,
} from "./pixels.ts";
export { Plot, type PlotOptions, plot } from "./plot.ts";
export { background, categoryColors, ink, muted } from "./theme.ts";
