// How pictures look: dark text on white, sizes that are legible at the width of a notebook, colours that people with any colour
// vision tell apart.

/** Colours of categories, in the order in which they are given out: Okabe & Ito, "Color Universal Design", 2008, without the yellow, which is too light on white. */
export const categoryColors: readonly string[] = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#4d4d4d",
];

/** Text and axes. */
export const ink = "#24292f";

/** What stands behind: measured values, grids, remarks. */
export const muted = "#6e7781";

/** The paper. */
export const background = "#ffffff";

/** Names of fonts, the one that pictures are drawn with first. */
export const fonts = "DejaVu Sans, Verdana, sans-serif";

/** Sizes of text in pixels of the page. */
export const sizes = { text: 13, title: 16 } as const;

/** The width of a picture in pixels of the page: the column of a notebook. */
export const defaultWidth = 720;

// Advances of DejaVu Sans in units of the font size, rounded up, by kinds of letters. No measurement: room for legends needs no more.
const advances: readonly (readonly [RegExp, number])[] = [
  [/[ijlI.,:;|!'’()[\]/\\ ]/, 0.4],
  [/[ftr"-]/, 0.45],
  [/[mwMWQO@%—]/, 0.95],
  [/[A-Z]/, 0.74],
];

/** About how wide a text is, in pixels. */
export const widthOf = (text: string, size: number = sizes.text): number =>
  [...text].reduce((sum, letter) => sum + advanceOf(letter), 0) * size;

const advanceOf = (letter: string): number =>
  advances.find(([kind]) => kind.test(letter))?.[1] ?? 0.64;

/** A text in lines that are about as wide as there is room, broken between words only. */
export const wrap = (text: string, room: number, size: number = sizes.text): readonly string[] => {
  const [first = "", ...others] = text.split(" ");
  const lines = [first];
  for (const word of others) {
    const longer = `${lines.at(-1)} ${word}`;
    if (widthOf(longer, size) > room) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
};
