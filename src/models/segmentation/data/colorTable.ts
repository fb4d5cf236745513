// Tables of classes and their colours, as data sets come with: lines of "name r g b" or "r g b name", by blanks, tabs or commas, or JSON.
//
//   64 128 64   Animal          name,r,g,b          [{ "name": "Animal", "color": [64, 128, 64] }]
//   192 0 128   Archway         Animal,64,128,64    { "Animal": [64, 128, 64] }

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { FileSource } from "../../fileSource.ts";
import { hostFiles } from "../../files.ts";
import type { ClassInfo, Color } from "../images.ts";
import type { ImageProblem, ImageProblemTag } from "./problem.ts";
import { readText } from "./read.ts";
import { numberOf } from "./relabel.ts";

type Checked<A> = E.Either<ImageProblem, A>;

/**
 * The classes in the text of a table, in its order. A text that begins with [ or { is JSON. Else each line is a class; lines without text
 * or with # first, and a first line of column names, are passed over. Where a line could be read both ways, the name is first. Fails with
 * MalformedText for what is neither, with the line, and with Duplicate for a name or a colour that is there twice.
 *
 * @example
 * parseColorTable("t.txt", "64 128 64\tAnimal\n") // { _tag: "Right", right: [{ name: "Animal", color: [64, 128, 64] }] }
 */
export const parseColorTable = (file: string, text: string): Checked<readonly ClassInfo[]> =>
  pipe(/^\s*[[{]/.test(text) ? inJson(file, text) : inLines(file, text), E.chain(distinct(file)));

/** The classes in a file (`parseColorTable`). */
export const readColorTable = (
  file: string,
  source: FileSource = hostFiles,
): TE.TaskEither<ImageProblem, readonly ClassInfo[]> =>
  pipe(
    readText(source, file),
    TE.chainEitherK((text) => parseColorTable(file, text)),
  );

/** Whether three values are a colour. */
export const isColor = (values: readonly unknown[]): boolean =>
  values.length === 3 && values.every((it) => Number.isInteger(it) && 0 <= +it! && +it! <= 255);

/** An entry of a table and where it is. */
interface Entry extends ClassInfo {
  readonly at: string;
}

const problem = (
  tag: ImageProblemTag,
  file: string,
  rule: string,
  got: string,
): E.Either<ImageProblem, never> => E.left({ _tag: tag, file, rule, got });

const shown = (text: string): string =>
  JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

const inLines = (file: string, text: string): Checked<readonly Entry[]> => {
  const entries: Entry[] = [];
  for (const [k, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    const isHeader = entries.length === 0 && columnNames.test(line);
    if (line === "" || line.startsWith("#") || isHeader) continue;
    const found = entryIn(line);
    const rule = `line ${k + 1}: a name and three numbers in 0…255 expected`;
    if (found === undefined) return problem("MalformedText", file, rule, shown(line));
    entries.push({ ...found, at: `line ${k + 1}` });
  }
  return E.right(entries);
};

const columnNames = /^(name[\s,]+r[\s,]+g[\s,]+b|r[\s,]+g[\s,]+b[\s,]+name)$/i;

const entryIn = (line: string): ClassInfo | undefined => {
  const by = line.includes(",") ? "\\s*,\\s*" : "\\s+";
  const three = `(\\d{1,3})${by}(\\d{1,3})${by}(\\d{1,3})`;
  const [, before, ...after] = new RegExp(`^(.*?)${by}${three}$`).exec(line) ?? [];
  const [, red, green, blue, behind] = new RegExp(`^${three}${by}(.*)$`).exec(line) ?? [];
  const name = before || behind || "";
  const color = (before ? after : [red, green, blue]).map(Number);
  if (name === "" || name.includes(",") || !isColor(color)) return undefined;
  return { name, color: color as unknown as Color }; // three numbers in 0…255
};

const inJson = (file: string, text: string): Checked<readonly Entry[]> => {
  const rule = 'JSON of [{ "name", "color": [r, g, b] }] or { name: [r, g, b] } expected';
  const parsed = E.tryCatch(
    (): unknown => JSON.parse(text),
    (cause) => `${cause instanceof Error ? cause.message : cause}`,
  );
  if (E.isLeft(parsed)) return problem("MalformedText", file, rule, shown(parsed.left));
  const value = parsed.right as object; // it begins with [ or {
  const items: readonly unknown[] = Array.isArray(value)
    ? value
    : Object.entries(value).map(([name, color]) => ({ name, color }));
  const bad = items.find((item) => !isClass(item));
  if (bad !== undefined) return problem("MalformedText", file, rule, shown(JSON.stringify(bad)));
  return E.right(
    // Every item is a class.
    (items as readonly ClassInfo[]).map(({ name, color }, k) => ({
      ...{ name, color },
      at: `entry ${k + 1}`,
    })),
  );
};

const isClass = (item: unknown): boolean => {
  if (typeof item !== "object" || item === null) return false;
  const { name, color } = item as { readonly name?: unknown; readonly color?: unknown }; // or not there
  return typeof name === "string" && name !== "" && Array.isArray(color) && isColor(color);
};

const distinct =
  (file: string) =>
  (entries: readonly Entry[]): Checked<readonly ClassInfo[]> => {
    const rule = "classes with a colour each expected";
    if (entries.length === 0) return problem("MalformedText", file, rule, "none");
    const seen = new Set<string | number>();
    for (const { at, name, color } of entries) {
      const twice = seen.has(name) ? `"${name}"` : seen.has(numberOf(color)) ? color.join(" ") : "";
      if (twice !== "")
        return problem(
          "Duplicate",
          file,
          `${at}: each name and colour once expected`,
          `${twice} twice`,
        );
      seen.add(name).add(numberOf(color));
    }
    return E.right(entries.map(({ name, color }) => ({ name, color })));
  };
