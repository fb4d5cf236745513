// Pictures: drawings that can be looked at in a notebook, saved, and put together.

import { writeFile } from "node:fs/promises";
import { type Rich, richData, richMetadata } from "../notebook/rich.ts";
import { rasterize } from "./rasterize.ts";
import { background, fonts, ink, sizes } from "./theme.ts";

/** A drawing. In a notebook it is a PNG of twice its size, which is sharp on fine screens. */
export interface Picture extends Rich {
  /** In pixels of the page. */
  readonly width: number;
  /** In pixels of the page. */
  readonly height: number;
  /** A document of its own. */
  readonly svg: string;
  /** The bytes of a PNG, with `scale` (2) pixels for each pixel of the page. */
  readonly png: (scale?: number) => Uint8Array;
  /** Writes it to a file, SVG or PNG as the name ends. */
  readonly save: (path: string) => Promise<void>;
}

/** The picture of some content in SVG. */
export const makePicture = (width: number, height: number, content: string): Picture => {
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    ` font-family="${fonts}" font-size="${sizes.text}" color="${ink}" fill="${ink}">`,
    `<rect width="100%" height="100%" fill="${background}"/>${content}</svg>`,
  ].join("");
  const png = (scale = 2): Uint8Array => rasterize(svg, scale);
  return {
    width,
    height,
    svg,
    png,
    save: async (path) => writeFile(path, path.endsWith(".svg") ? svg : pngFor(path, png)),
    [richData]: () => ({
      "image/png": Buffer.from(png()).toString("base64"),
      "text/plain": `[picture, ${width} × ${height}]`,
    }),
    [richMetadata]: () => ({ "image/png": { width, height } }),
  };
};

const pngFor = (path: string, png: () => Uint8Array): Uint8Array => {
  if (!path.endsWith(".png")) throw new Error(`save: a name in .png or .svg expected, got ${path}`);
  return png();
};

/** A piece of SVG at a place. */
export const placed = (svg: string, x: number, y: number): string =>
  svg.replace("<svg ", `<svg x="${x}" y="${y}" `);

/** Pictures below each other. */
export const stack = (pictures: readonly Picture[]): Picture => {
  const width = Math.max(0, ...pictures.map((it) => it.width));
  let height = 0;
  const parts = pictures.map((it) => {
    const part = placed(it.svg, 0, height);
    height += it.height;
    return part;
  });
  return makePicture(width, height, parts.join(""));
};

/** Pictures beside each other. */
export const row = (pictures: readonly Picture[]): Picture => {
  const height = Math.max(0, ...pictures.map((it) => it.height));
  let width = 0;
  const parts = pictures.map((it) => {
    const part = placed(it.svg, width, 0);
    width += it.width;
    return part;
  });
  return makePicture(width, height, parts.join(""));
};

/** A text for SVG. */
export const escapeXml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
