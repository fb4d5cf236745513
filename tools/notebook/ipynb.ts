// A notebook with its outputs as an .ipynb file: nbformat 4.5, for the TypeScript kernel of Deno. Equal notebooks give equal
// bytes: nothing in it tells the time, and cells are named after what they hold.
// https://nbformat.readthedocs.io/en/latest/format_description.html

import { createHash } from "node:crypto";
import { type CellOutput, type Lines, linesOf } from "./outputs.ts";
import type { Cell } from "./source.ts";

/** A cell as it is written. */
type WrittenCell = {
  readonly id: string;
  readonly metadata: { readonly title?: string; readonly tags?: readonly string[] };
  readonly source: Lines;
} & (
  | { readonly cell_type: "markdown" }
  | {
      readonly cell_type: "code";
      readonly execution_count: number;
      readonly outputs: readonly CellOutput[];
    }
);

const metadata = {
  kernelspec: { display_name: "Deno", language: "typescript", name: "deno" },
  language_info: {
    codemirror_mode: "typescript",
    file_extension: ".ts",
    mimetype: "text/x.typescript",
    name: "typescript",
    nbconvert_exporter: "script",
    pygments_lexer: "typescript",
  },
};

/** The text of an .ipynb file; `outputs` has those of each code cell, in order. */
export const printNotebook = (
  cells: readonly Cell[],
  outputs: readonly (readonly CellOutput[])[],
): string => {
  const ids = idsOf(cells);
  let count = 0;
  const written = cells.map(({ kind, title, tags, text }, i): WrittenCell => {
    const id = ids[i] as string; // one of each cell
    const own = { ...(title !== "" && { title }), ...(tags.length > 0 && { tags }) };
    const common = { id, metadata: own, source: linesOf(text) };
    if (kind === "markdown") return { cell_type: "markdown", ...common };
    const shown = outputs[count++] ?? [];
    return { cell_type: "code", execution_count: count, outputs: shown, ...common };
  });
  return print({ cells: written, metadata, nbformat: 4, nbformat_minor: 5 });
};

/** For each cell a name made of what it holds, so that a change of one cell leaves the names of the others. */
const idsOf = (cells: readonly Cell[]): readonly string[] => {
  const seen = new Map<string, number>();
  return cells.map(({ kind, text }) => {
    const hash = createHash("sha256").update(`${kind}\n${text}`).digest("hex").slice(0, 12);
    const times = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, times);
    return times === 1 ? hash : `${hash}-${times}`;
  });
};

/** JSON as Jupyter writes it: names in order, an indent of 1, so that saving there changes nothing. */
const print = (value: unknown): string => `${JSON.stringify(sorted(value), null, 1)}\n`;

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);
  return Object.fromEntries(
    Object.entries(value)
      .sort(byName)
      .map(([name, item]) => [name, sorted(item)]),
  );
};
