// Finds the examples in documentation: `@example` blocks of doc comments, and ```ts blocks of
// Markdown. CONTRIBUTING.md, "Examples in documentation", tells writers the rule.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./files.ts";

/** A line of an example and its place in the file that it comes from, counted from 1. */
export interface ExampleLine {
  readonly text: string;
  readonly line: number;
}

/** A piece of code that a reader could paste. */
export interface Example {
  readonly file: string;
  readonly lines: readonly ExampleLine[];
  /** Doc comments have the names of their own file and of the public index in scope. */
  readonly isInDocComment: boolean;
  /** False for ```ts no-run: type-checked only. */
  readonly isRun: boolean;
}

/** The examples of a `.ts` or `.md` file, a path from the project's root. */
export function examplesIn(file: string): readonly Example[] {
  const text = readFileSync(join(root, file), "utf8");
  return file.endsWith(".md") ? markdownExamples(file, text) : commentExamples(file, text);
}

/** The `@example` blocks of the doc comments in `text`. */
export function commentExamples(file: string, text: string): readonly Example[] {
  return [...text.matchAll(/^[ \t]*\/\*\*[\s\S]*?\*\//gm)].flatMap((comment) => {
    const firstLine = lineAt(text, comment.index);
    const lines = comment[0].split("\n").map((raw, i) => ({
      text: raw.replace(/\s*\*\/\s*$/, "").replace(/^\s*\/?\*+ ?/, ""),
      line: firstLine + i,
    }));
    return startsOf(lines).map((start): Example => {
      const rest = lines.slice(start + 1);
      const end = rest.findIndex(({ text }) => /^\s*@\w/.test(text));
      return {
        file,
        lines: trimmed(end < 0 ? rest : rest.slice(0, end)),
        isInDocComment: true,
        isRun: true,
      };
    });
  });
}

/** The ```ts blocks of Markdown; one marked `continued` goes on where the one before it ended. */
export function markdownExamples(file: string, text: string): readonly Example[] {
  const examples: Example[] = [];
  for (const block of text.matchAll(/^```ts\b([^\n]*)\n([\s\S]*?)^```/gm)) {
    const words = (block[1] ?? "").trim().split(/\s+/);
    const firstLine = lineAt(text, block.index) + 1;
    const lines = (block[2] ?? "")
      .trimEnd()
      .split("\n")
      .map((line, i) => ({ text: line, line: firstLine + i }));
    const before = words.includes("continued") ? examples.pop() : undefined;
    examples.push({
      file,
      lines: [...(before?.lines ?? []), ...lines],
      isInDocComment: false,
      isRun: !words.includes("no-run") && (before?.isRun ?? true),
    });
  }
  return examples;
}

function startsOf(lines: readonly ExampleLine[]): readonly number[] {
  return lines.flatMap(({ text }, i) => (/^\s*@example\b/.test(text) ? [i] : []));
}

// Without blank lines at either end; a code fence inside a comment is for editors, not for us.
function trimmed(lines: readonly ExampleLine[]): readonly ExampleLine[] {
  const code = lines.filter(({ text }) => !/^\s*```/.test(text));
  const isBlank = ({ text }: ExampleLine): boolean => text.trim() === "";
  const first = code.findIndex((line) => !isBlank(line));
  return first < 0 ? [] : code.slice(first, code.findLastIndex((line) => !isBlank(line)) + 1);
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
