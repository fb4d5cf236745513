// SVG to PNG. The fonts come from a package and never from the system, so that pictures are the same on every machine.

import { createRequire } from "node:module";
import { Resvg } from "@resvg/resvg-js";
import { background } from "./theme.ts";

const { resolve } = createRequire(import.meta.url);
const fontFiles = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((name) =>
  resolve(`dejavu-fonts-ttf/ttf/${name}`),
);

/** The bytes of a PNG with `scale` pixels for each pixel of the drawing. */
export const rasterize = (svg: string, scale: number): Uint8Array =>
  new Resvg(svg, {
    background,
    fitTo: { mode: "zoom", value: scale },
    font: { loadSystemFonts: false, fontFiles, defaultFontFamily: "DejaVu Sans" },
  })
    .render()
    .asPng();
