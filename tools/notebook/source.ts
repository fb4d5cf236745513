// Notebooks as source text: a TypeScript file that percent comments cut into cells, the format of VS Code and Jupytext.
//
//   // %% [markdown]
//   // # A title, and more text in comment lines
//   // %% An optional title tags=["optional"]
//   const code = 1;

import * as E from "fp-ts/lib/Either.js";

/** One cell of a notebook. */
export interface Cell {
  readonly kind: "code" | "markdown";
  readonly title: string;
  readonly tags: readonly string[];
  /** Code as it is written; text without its comment signs. No blank lines at either end. */
  readonly text: string;
  /** The line of the file on which the text starts, from 1. */
  readonly line: number;
}

/** What is wrong with a notebook, and where. */
export interface Problem {
  /** A line of the file, from 1. */
  readonly line: number;
  readonly message: string;
}

/** A cell as its marker opens it, with the lines below it. */
interface Block extends Pick<Cell, "kind" | "title" | "tags"> {
  readonly lines: readonly string[];
  /** The line of the file of the first of `lines`. */
  readonly line: number;
}

const marker = /^\/\/ ?%%(.*)$/;
const kindIn = /\[([a-z]+)\]/;
const tagsIn = /tags=(\[.*\])/;

/** Whether a text is a notebook, which is to say whether it has cells. */
export const isNotebook = (text: string): boolean =>
  text.split("\n").some((line) => marker.test(line));

/**
 * The cells of a notebook, without those that are empty. Comments before the first marker are remarks of the file.
 *
 * Fails where a marker is malformed, where text is not in comments, and where code comes before the first marker.
 */
export const parseNotebook = (text: string): E.Either<Problem, readonly Cell[]> => {
  const cells: Cell[] = [];
  for (const block of blocksOf(text.replaceAll("\r\n", "\n").split("\n"))) {
    if (E.isLeft(block)) return block;
    const cell = cellOf(block.right);
    if (E.isLeft(cell)) return cell;
    if (cell.right.text !== "") cells.push(cell.right);
  }
  return cells.length > 0 ? E.right(cells) : E.left({ line: 1, message: "no cell in this file" });
};

const blocksOf = (lines: readonly string[]): readonly E.Either<Problem, Block>[] => {
  const starts = lines.flatMap((line, i) => (marker.test(line) ? [i] : []));
  const code = lines
    .slice(0, starts[0])
    .findIndex((line) => line.trim() !== "" && !line.startsWith("//"));
  if (code >= 0) return [E.left({ line: code + 1, message: "a cell expected, `// %%`, got code" })];
  return starts.map((start, i) => {
    const [, words = ""] = marker.exec(lines[start] as string) ?? []; // it is the line of a marker
    const head = headOf(words.trim());
    if (E.isLeft(head)) return E.left({ line: start + 1, message: head.left });
    return E.right({
      ...head.right,
      lines: lines.slice(start + 1, starts[i + 1]),
      line: start + 2,
    });
  });
};

/** What the words of a marker say, or what is wrong with them. */
const headOf = (words: string): E.Either<string, Pick<Cell, "kind" | "title" | "tags">> => {
  const [, tags = "[]"] = tagsIn.exec(words) ?? [];
  const rest = words.replace(tagsIn, "");
  const [, kind = "code"] = kindIn.exec(rest) ?? [];
  const title = rest.replace(kindIn, "").trim();
  if (kind !== "code" && kind !== "markdown")
    return E.left(`[markdown] or nothing expected, got [${kind}]`);
  const read = tagsOf(tags);
  return read === undefined
    ? E.left(`tags=["words", "without commas"] expected, got tags=${tags}`)
    : E.right({ kind, title, tags: read });
};

const tagsOf = (text: string): readonly string[] | undefined => {
  const isTag = (tag: unknown): boolean => typeof tag === "string" && /^[^,]+$/.test(tag);
  try {
    const tags: unknown = JSON.parse(text);
    return Array.isArray(tags) && tags.every(isTag) ? tags : undefined;
  } catch {
    return undefined;
  }
};

const cellOf = ({ lines, line, ...head }: Block): E.Either<Problem, Cell> => {
  const isText = head.kind === "markdown";
  const wrong = isText ? lines.findIndex((it) => it.trim() !== "" && !it.startsWith("//")) : -1;
  if (wrong >= 0)
    return E.left({ line: line + wrong, message: "text in comment lines expected, got code" });
  const words = isText ? lines.map((it) => it.replace(/^\/\/ ?/, "")) : lines;
  const isFull = (it: string): boolean => it.trim() !== "";
  const first = words.findIndex(isFull);
  return E.right({
    ...head,
    text: words
      .slice(Math.max(first, 0), words.findLastIndex(isFull) + 1)
      .join("\n")
      .trimEnd(),
    line: line + Math.max(first, 0),
  });
};
