// What happened in a notebook as the outputs of its cells, in the form of nbformat 4.5.

import { fileURLToPath } from "node:url";
import type { Message } from "./messages.ts";
import type { Output } from "./rich.ts";

/** A text as nbformat writes it: lines, each with its end. */
export type Lines = readonly string[];

/** One output of a code cell. */
export type CellOutput =
  | { readonly output_type: "stream"; readonly name: "stdout" | "stderr"; readonly text: Lines }
  | ({ readonly output_type: "display_data" } & Shown)
  | ({ readonly output_type: "execute_result"; readonly execution_count: number } & Shown);

interface Shown {
  readonly data: Readonly<Record<string, Lines | string>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** An output that may still change. */
type Draft =
  | { readonly _tag: "stream"; readonly name: "stdout" | "stderr"; readonly texts: string[] }
  | { readonly _tag: "display" | "value"; readonly id?: string; output: Output };

/** The outputs of each code cell. Texts of one stream in a row are one output; updates change outputs in their place. */
export const outputsOf = (
  messages: readonly Message[],
  cells: number,
): readonly (readonly CellOutput[])[] => {
  const drafts = Array.from({ length: cells }, (): Draft[] => []);
  let current = 0;
  for (const message of messages) {
    if (message._tag === "cell") current = message.cell;
    else add(drafts, drafts[current] as Draft[], message); // cells are counted below `cells`
  }
  const isSeen = (draft: Draft): boolean => draft._tag !== "stream" || draft.texts.join("") !== "";
  return drafts.map((found, cell) => found.filter(isSeen).map(finish(cell + 1)));
};

const add = (all: readonly Draft[][], own: Draft[], message: Message): void => {
  switch (message._tag) {
    case "stream": {
      const last = own.at(-1);
      const goesOn = last?._tag === "stream" && last.name === message.name;
      if (goesOn) last.texts.push(message.text);
      else own.push({ _tag: "stream", name: message.name, texts: [message.text] });
      return;
    }
    case "display":
    case "value":
      own.push({ ...message });
      return;
    case "update":
      for (const draft of all.flat())
        if (draft._tag === "display" && draft.id === message.id) draft.output = message.output;
      return;
    default:
      return;
  }
};

const finish =
  (count: number) =>
  (draft: Draft): CellOutput => {
    if (draft._tag === "stream") {
      const text = linesOf(withoutRoot(resolveReturns(draft.texts.join(""))));
      return { output_type: "stream", name: draft.name, text };
    }
    const { metadata } = draft.output;
    const shown = { data: dataOf(draft.output), metadata };
    return draft._tag === "value"
      ? { output_type: "execute_result", execution_count: count, ...shown }
      : { output_type: "display_data", ...shown };
  };

// Text is written in lines and binary forms in one piece, as Jupyter does it.
const dataOf = ({ data }: Output): Shown["data"] =>
  Object.fromEntries(
    Object.entries(data).map(([type, text]) => {
      const isText = type.startsWith("text/") || type === "image/svg+xml";
      return [type, isText ? linesOf(withoutRoot(text)) : text];
    }),
  );

/** A text as lines with their ends. */
export const linesOf = (text: string): Lines => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A text in which paths start at the root of the project, so that it is the same on every machine. */
export const withoutRoot = (text: string): string =>
  text.replaceAll(`file://${root}`, "").replaceAll(root, "");

/** A text as a terminal would leave it: after a carriage return a line is written over, and ESC [ K clears the rest of it. */
export const resolveReturns = (text: string): string =>
  text.replaceAll("\r\n", "\n").split("\n").map(writtenOver).join("\n");

const clearing = "\u001b[K";

const writtenOver = (line: string): string =>
  line.split("\r").reduce((before, piece) => {
    const [written = "", ...cleared] = piece.split(clearing);
    if (cleared.length > 0) return written + cleared.join("");
    return written + before.slice(written.length);
  }, "");
