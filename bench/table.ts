// Tables for people that are Markdown as well: aligned, to be read where they are printed and pasted into pages as they are.

/** A table; columns but the first are numbers, unless named, and stand at the right. */
export const printTable = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  words: readonly string[] = [],
): string => {
  const isWord = head.map((title, column) => column === 0 || words.includes(title));
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths
      .map((width, column) => {
        const cell = cells[column] ?? "";
        return isWord[column] ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(" | ")} |`;
  const rule = widths.map((width, column) =>
    isWord[column] ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)].join("\n");
};
