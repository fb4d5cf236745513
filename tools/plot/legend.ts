// Legends, drawn: those of Plot are HTML, which no picture holds.

import { escapeXml } from "./picture.ts";
import { sizes, widthOf } from "./theme.ts";

/** A piece of SVG and how high it is. */
export interface Piece {
  readonly svg: string;
  readonly height: number;
}

/** The part of a colour scale of Plot that legends need. */
export interface ColorScale {
  readonly type: string;
  readonly domain?: readonly unknown[];
  readonly label?: string | undefined;
  readonly apply: (value: unknown) => string;
}

const indent = 12;
const lineHeight = 20;
const swatch = 12;
const gap = 18;

/** What colours mean: a word for each category, or a ramp of numbers. */
export const legendOf = (scale: ColorScale, width: number): Piece => {
  if (scale.type !== "ordinal") return ramp(scale);
  const { domain = [], apply } = scale;
  return swatches(
    domain.map((value) => ({ name: String(value), fill: apply(value) })),
    width,
  );
};

/** A colour with its name. */
export interface Swatch {
  readonly name: string;
  readonly fill: string;
  /** The colour of a thin border; there is none without. */
  readonly stroke?: string;
}

/** Coloured squares with words, in as many lines as they need. */
export const swatches = (all: readonly Swatch[], width: number): Piece => {
  let [x, line] = [indent, 0];
  const parts = all.map(({ name, fill, stroke }) => {
    const length = swatch + 6 + widthOf(name);
    if (x > indent && x + length > width) [x, line] = [indent, line + 1];
    const y = 4 + line * lineHeight;
    const border = stroke === undefined ? "" : ` stroke="${stroke}"`;
    const part =
      `<rect x="${x}" y="${y + 3}" width="${swatch}" height="${swatch}" rx="2" fill="${fill}"${border}/>` +
      `<text x="${x + swatch + 6}" y="${y + 14}">${escapeXml(name)}</text>`;
    x += length + gap;
    return part;
  });
  return { svg: parts.join(""), height: (line + 1) * lineHeight + 6 };
};

const rampWidth = 240;
const rampSteps = 60;

/** A strip of colours with numbers below its ends and its middle. */
const ramp = ({ domain = [], label, apply }: ColorScale): Piece => {
  const numbers = domain.map(Number);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const at = (part: number): number => low + part * (high - low);
  const step = rampWidth / rampSteps;
  const top = label === undefined ? 4 : 22;
  const strip = Array.from({ length: rampSteps }, (_, i) => {
    const fill = apply(at((i + 0.5) / rampSteps));
    return `<rect x="${indent + i * step}" y="${top}" width="${step + 0.5}" height="10" fill="${fill}"/>`;
  });
  const ticks = [0, 0.5, 1].map((part) => {
    const anchor = part === 0 ? "start" : part === 1 ? "end" : "middle";
    const words = String(Number(at(part).toPrecision(3)));
    return `<text x="${indent + part * rampWidth}" y="${top + 24}" font-size="${sizes.text - 2}" text-anchor="${anchor}">${words}</text>`;
  });
  const title = label === undefined ? "" : `<text x="${indent}" y="15">${escapeXml(label)}</text>`;
  return { svg: [title, ...strip, ...ticks].join(""), height: top + 32 };
};
