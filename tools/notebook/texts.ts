// Rich values made of text: Markdown, HTML, tables.

import { type Rich, richData } from "./rich.ts";

/** A text that is shown as Markdown. */
export const markdown = (text: string): Rich => ({
  [richData]: () => ({ "text/markdown": text, "text/plain": text }),
});

/** A piece of HTML, and what stands for it where there is none. */
export const html = (text: string, plain: string): Rich => ({
  [richData]: () => ({ "text/html": text, "text/plain": plain }),
});

/** An entry of a table; numbers stand to the right. */
export type Entry = string | number | boolean | undefined;

/** How a table is written. */
export interface TableOptions {
  /** Significant digits of numbers that are not whole, 4 without. */
  readonly digits?: number;
}

/** One column, ready to be written. */
interface Column {
  readonly title: string;
  readonly isNumeric: boolean;
  readonly words: readonly string[];
}

/**
 * Records as a table, a row each. The columns are the fields of all records, in order of appearance; numbers are rounded to
 * `digits` significant digits, and what a record lacks is a dash.
 */
export const table = (
  rows: readonly Readonly<Record<string, Entry>>[],
  { digits = 4 }: TableOptions = {},
): Rich => {
  const titles = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = titles.map((title): Column => {
    const entries = rows.map((row) => row[title]);
    const isNumeric = entries.every((entry) => typeof entry !== "string");
    return { title, isNumeric, words: entries.map((entry) => wordOf(entry, digits)) };
  });
  return html(htmlTable(columns, rows.length), plainTable(columns, rows.length));
};

const wordOf = (entry: Entry, digits: number): string => {
  if (entry === undefined) return "–";
  if (typeof entry !== "number" || Number.isInteger(entry) || !Number.isFinite(entry))
    return String(entry);
  return String(Number(entry.toPrecision(digits)));
};

const plainTable = (columns: readonly Column[], rows: number): string => {
  const widths = columns.map(({ title, words }) =>
    Math.max(title.length, ...words.map((word) => word.length)),
  );
  const line = (wordIn: (column: Column) => string): string =>
    columns
      .map((column, i) => {
        const word = wordIn(column);
        const width = widths[i] as number; // one of each column
        return column.isNumeric ? word.padStart(width) : word.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [line(({ title }) => title), ...range(rows).map((i) => line(wordAt(i)))].join("\n");
};

const htmlTable = (columns: readonly Column[], rows: number): string => {
  const cell = (tag: string, column: Column, word: string): string =>
    `<${tag} style="text-align: ${column.isNumeric ? "right" : "left"}">${escapeHtml(word)}</${tag}>`;
  const head = columns.map((column) => cell("th", column, column.title)).join("");
  const body = range(rows).map(
    (i) => `<tr>${columns.map((column) => cell("td", column, wordAt(i)(column))).join("")}</tr>`,
  );
  return [
    "<table>",
    `<thead><tr>${head}</tr></thead>`,
    "<tbody>",
    ...body,
    "</tbody>",
    "</table>",
  ].join("\n");
};

const range = (n: number): readonly number[] => [...Array(n).keys()];
const wordAt =
  (row: number) =>
  ({ words }: Column): string =>
    words[row] as string; // one of each row

const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
