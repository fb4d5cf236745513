// Tables and sections as Markdown text.

/** A table: a header, and rows of as many cells. */
export interface TableText {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** A Markdown table; the first column is text, the others are numbers. */
export const tableText = ({ header, rows }: TableText): string =>
  [line(header), line(header.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join(
    "\n",
  );

/** Paragraphs, tables and pictures below each other. */
export const page = (...blocks: readonly string[]): string => `${blocks.join("\n\n")}\n`;
