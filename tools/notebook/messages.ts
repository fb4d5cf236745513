// What the process that runs a notebook says to the one that started it, a line of JSON each, and what it is given to run.

import type { Output } from "./rich.ts";

/** A notebook ready to run. */
export interface Job {
  /** The absolute path of its source. */
  readonly path: string;
  /** The JavaScript of its code cells, in order. */
  readonly code: readonly string[];
  /** Words that the notebook finds in `process.argv` behind its own name. */
  readonly args: readonly string[];
}

/** One thing that happened in a notebook, in the order of events. */
export type Message =
  | { readonly _tag: "cell"; readonly cell: number }
  | { readonly _tag: "line"; readonly line: number }
  | { readonly _tag: "stream"; readonly name: "stdout" | "stderr"; readonly text: string }
  | { readonly _tag: "display"; readonly id: string; readonly output: Output }
  | { readonly _tag: "update"; readonly id: string; readonly output: Output }
  | { readonly _tag: "value"; readonly output: Output }
  /** The end of the notebook; `line` where the error tells one of its lines. */
  | { readonly _tag: "failed"; readonly message: string; readonly line?: number }
  | { readonly _tag: "done" };

/** The file descriptor that messages are written to. */
export const messageChannel = 3;
