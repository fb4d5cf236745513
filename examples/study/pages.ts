// What a table leaves behind: its page, its pictures, and the results that they are made of.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { page } from "./markdown.ts";
import type { Table } from "./study.ts";

/** A table with its name, and the command that makes it. */
export interface Named<Job, Result> {
  readonly name: string;
  readonly command: string;
  readonly table: Table<Job, Result>;
}

/** Writes NAME.md, NAME-PICTURE.png for each picture, and NAME.json to a folder, and prints what the table says. */
export const writePage = async <Job, Result extends { readonly device: string }>(
  { name, command, table: { title, report } }: Named<Job, Result>,
  results: readonly Result[],
  out: string,
): Promise<void> => {
  const { markdown, pictures } = await report(results);
  const files = Object.entries(pictures).map(
    ([picture, image]) => [`${name}-${picture}.png`, image] as const,
  );
  for (const [file, image] of files) await image.save(join(out, file));
  const devices = [...new Set(results.map(({ device }) => device))].filter((it) => it !== "none");
  writeFileSync(
    join(out, `${name}.md`),
    page(
      `# ${title}`,
      `\`${command}\`. Test part; means ± deviations over seeds. Trained on: ${devices.join("; ") || "nothing"}.`,
      markdown.trimEnd(),
      ...files.map(([file]) => `![${title}](${file})`),
    ),
  );
  writeFileSync(join(out, `${name}.json`), `${JSON.stringify(results, null, 1)}\n`);
  console.log(`\n# ${title}\n\n${markdown}`);
};
