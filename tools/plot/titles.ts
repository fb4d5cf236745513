// What stands around a drawing: a title and a legend above it, a caption below.

import type { Piece } from "./legend.ts";
import { escapeXml, makePicture, type Picture } from "./picture.ts";
import { muted, sizes, wrap } from "./theme.ts";

/** Words and a legend around a drawing. */
export interface Around {
  readonly title?: string | undefined;
  readonly legend?: Piece | undefined;
  /** In small print. */
  readonly caption?: string | undefined;
}

const margin = 12;

interface Look {
  readonly size: number;
  /** The base of the first line, and from line to line. */
  readonly first: number;
  readonly step: number;
  readonly attribute: string;
}

const textPiece =
  ({ size, first, step, attribute }: Look) =>
  (text: string, width: number): Piece => {
    const lines = wrap(text, width - 2 * margin, size).map((line, i) => {
      const y = first + i * step;
      return `<text x="${margin}" y="${y}" font-size="${size}" ${attribute}>${escapeXml(line)}</text>`;
    });
    return { svg: lines.join(""), height: first + (lines.length - 1) * step + 10 };
  };

const bold = 'font-weight="bold"';
const heading = textPiece({ size: sizes.title, first: 22, step: 20, attribute: bold });
const pale = `fill="${muted}"`;
const remark = textPiece({ size: sizes.text - 2, first: 14, step: 15, attribute: pale });

/** A picture of a drawing of some size with words around it; the drawing is told how far from the top it is. */
export const framed = (
  { title, legend, caption }: Around,
  { width, height }: Pick<Picture, "width" | "height">,
  draw: (top: number) => string,
): Picture => {
  let top = 0;
  const at = ({ svg, height: own }: Piece): string => {
    const part = `<g transform="translate(0, ${top})">${svg}</g>`;
    top += own;
    return part;
  };
  const parts = [
    ...(title === undefined ? [] : [at(heading(title, width))]),
    ...(legend === undefined ? [] : [at(legend)]),
    draw(top),
  ];
  top += height;
  if (caption !== undefined) parts.push(at(remark(caption, width)));
  return makePicture(width, top, parts.join(""));
};
