// What measurements and tables leave in a folder: a page, its pictures, and the numbers that they are made of.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Picture } from "../../tools/plot/index.ts";

/** A page with what it is made of. */
export interface Written {
  /** The whole page, as Markdown. */
  readonly markdown: string;
  /** What it was made of. */
  readonly numbers: unknown;
  /** By the names of their files, which the page shows. */
  readonly pictures?: Readonly<Record<string, Picture>>;
}

/** Writes NAME.md, NAME.json and the pictures to a folder, which is made where there is none. */
export const writeFiles = async (
  out: string,
  name: string,
  { markdown, numbers, pictures = {} }: Written,
): Promise<void> => {
  mkdirSync(out, { recursive: true });
  for (const [file, image] of Object.entries(pictures)) await image.save(join(out, file));
  writeFileSync(join(out, `${name}.md`), markdown);
  writeFileSync(join(out, `${name}.json`), `${JSON.stringify(numbers, null, 1)}\n`);
};
