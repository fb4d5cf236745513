// What a table leaves behind: its page, its pictures, and the results that they are made of.

import { writeFiles } from "./files.ts";
import { page } from "./markdown.ts";
import type { Finished, Table } from "./study.ts";

/** A table with its name, the command that makes it, and what its page says of how it was made. */
export interface Named<Job, Result extends Finished> {
  readonly name: string;
  readonly command: string;
  readonly table: Table<Job, Result>;
  /** How many seeds there are, where that is to be said. */
  readonly seeds: number | undefined;
  /** What results are judged on, in words: "Test part". */
  readonly judgedOn: string;
  /** Sizes in words, where they are to be said. */
  readonly sizesText: ((sizes: Result["sizes"]) => string) | undefined;
}

/** The seconds of the longest run, by those that were not broken off. */
const longestOf = (results: readonly Finished[]): string => {
  const whole = results.filter(({ isResumed }) => isResumed !== true);
  if (whole.length === 0) return "";
  const longest = Math.max(...whole.map(({ seconds }) => seconds));
  return `; the longest run took ${longest.toFixed(0)} s`;
};

/** How a table was made, in a line: command, seeds, device, and sizes where they are to be said. */
const openingOf = <Job, Result extends Finished>(
  { command, seeds, judgedOn, sizesText }: Named<Job, Result>,
  results: readonly Result[],
): string => {
  const devices = [...new Set(results.map(({ device }) => device))].filter((it) => it !== "none");
  const over = seeds === undefined ? "seeds" : seeds === 1 ? "one seed" : `${seeds} seeds`;
  const said = sizesText && [...new Set(results.map(({ sizes }) => sizesText(sizes)))];
  return [
    `\`${command}\`. ${judgedOn}; means ± deviations over ${over}.`,
    ...(said === undefined ? [] : [`${said.join("; ")}${longestOf(results)}.`]),
    `Trained on: ${devices.join("; ") || "nothing"}.`,
  ].join(" ");
};

/** Writes NAME.md, NAME-PICTURE.png for each picture, and NAME.json to a folder, and prints what the table says. */
export const writePage = async <Job, Result extends Finished>(
  named: Named<Job, Result>,
  results: readonly Result[],
  out: string,
): Promise<void> => {
  const { name, table } = named;
  const { title, report } = table;
  const { markdown, pictures } = await report(results);
  const files = Object.entries(pictures).map(
    ([picture, image]) => [`${name}-${picture}.png`, image] as const,
  );
  await writeFiles(out, name, {
    markdown: page(
      `# ${title}`,
      openingOf(named, results),
      markdown.trimEnd(),
      ...files.map(([file]) => `![${title}](${file})`),
    ),
    numbers: results,
    pictures: Object.fromEntries(files),
  });
  console.log(`\n# ${title}\n\n${markdown}`);
};
