// `plot(options)`: any chart of Observable Plot as a picture, in the theme of this project, without a browser.

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { type ColorScale, legendOf } from "./legend.ts";
import { type Picture, placed } from "./picture.ts";
import { background, categoryColors, defaultWidth, fonts, sizes } from "./theme.ts";
import { framed } from "./titles.ts";

/** What marks there are; a notebook takes them from here rather than from the package. */
export * as Plot from "@observablehq/plot";

/** Options of Plot. Titles and the legend of colours become part of the picture. */
export interface PlotOptions extends Omit<Plot.PlotOptions, "title" | "subtitle" | "caption"> {
  readonly title?: string | undefined;
  /** Below the chart, in small print. */
  readonly caption?: string | undefined;
}

const { document } = parseHTML("<!doctype html><html><body></body></html>");

/** The chart as a picture of 720 × 320 pixels, unless the options say otherwise; titles and legends add to the height. */
export const plot = ({ title, caption, ...options }: PlotOptions): Picture => {
  const { width = defaultWidth, height = 320, marginLeft = 60 } = options;
  const { legend, ...color } = options.color ?? {};
  const draw = (colors: Plot.ScaleOptions) =>
    Plot.plot({
      grid: true,
      marginBottom: 42,
      marginTop: 28,
      ...options,
      width,
      height,
      marginLeft,
      document: document as unknown as Document, // as much of one as Plot needs
      style: { fontFamily: fonts, fontSize: `${sizes.text}px`, background, overflow: "visible" },
      color: colors,
      ...readableLogs(options),
    });
  const chart = draw({ ...ourColors(color, draw(color).scale("color")?.type), ...color });
  const scale = chart.scale("color") as ColorScale | undefined; // what a colour scale has
  const label = color.label ?? undefined;
  const legendPiece =
    legend !== true || scale === undefined ? undefined : legendOf({ ...scale, label }, width);
  return framed({ title, legend: legendPiece, caption }, { width, height }, (top) =>
    placed(svgOf(chart), 0, top),
  );
};

/**
 * Our colours for categories; for numbers a scheme that is light where they are small. What Plot makes of the data, it says
 * after drawing only, where categories are "ordinal" too.
 */
const ourColors = (
  { type, range, scheme }: Plot.ScaleOptions,
  found: Plot.ScaleType | null | undefined,
): Plot.ScaleOptions => {
  if (range !== undefined || scheme !== undefined || !found || found.startsWith("diverging"))
    return {};
  if (found !== "ordinal") return { scheme: "blues" };
  return type === "ordinal" ? { scheme: "viridis" } : { range: [...categoryColors] };
};

/** Logarithmic axes with numbers as people write them: Plot's own format prints 0.5 as "500m". */
const readableLogs = ({ x, y }: PlotOptions): Pick<Plot.PlotOptions, "x" | "y"> => ({
  ...(x?.type === "log" && { x: { tickFormat: "~r", ...x } }),
  ...(y?.type === "log" && { y: { tickFormat: "~r", ...y } }),
});

/** A chart as text, without what only browsers understand. */
const svgOf = (chart: Element): string =>
  chart.outerHTML
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .replaceAll("var(--plot-background)", background);
