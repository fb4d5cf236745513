// `display(value)`: into the notebook where the runner runs it, into Jupyter where Deno's kernel does, and onto the console
// where the file runs as a script.

import { type Output, outputOf, plainText, type Rich, richData } from "./rich.ts";

/** Where outputs go. */
export interface Screen {
  readonly show: (id: string, output: Output) => void;
  readonly update: (id: string, output: Output) => void;
}

/** The name under which the runner leaves its screen on `globalThis`. */
export const screenName = Symbol.for("pullback.notebook.screen");

/** Something that is shown and can be changed. As the last value of a cell it shows nothing more. */
export interface Shown extends Rich {
  /** Shows another value in its place; a console shows it below. */
  readonly update: (value: unknown) => void;
}

let count = 0;

/**
 * Shows a value below the cell: plots, tables and other rich values in their form, texts as they are, tensors and the rest
 * as the console prints them.
 */
export const display = (value: unknown): Shown => {
  const id = `display-${++count}`;
  const screen = currentScreen();
  screen.show(id, outputOf(value));
  return {
    update: (next) => screen.update(id, outputOf(next)),
    [richData]: () => ({}),
  };
};

/** Whether a notebook should choose small sizes: PULLBACK_QUICK=1, as CI sets it. */
export const isQuick = (): boolean => globalThis.process?.env["PULLBACK_QUICK"] === "1";

const currentScreen = (): Screen => {
  const { [screenName]: own } = globalThis as Surroundings;
  if (own !== undefined) return own;
  const jupyter = denoJupyter();
  return jupyter === undefined ? onConsole : inJupyter(jupyter);
};

// Deno has the name everywhere, and throws at a look behind it where no kernel runs.
const denoJupyter = (): DenoJupyter | undefined => {
  try {
    return (globalThis as Surroundings).Deno?.jupyter;
  } catch {
    return undefined;
  }
};

/** What `globalThis` may hold. */
interface Surroundings {
  readonly [screenName]?: Screen;
  readonly Deno?: { readonly jupyter?: DenoJupyter };
}

/** The part of Deno's `Deno.jupyter` that shows things, https://docs.deno.com/runtime/reference/cli/jupyter. */
interface DenoJupyter {
  readonly broadcast: (type: string, content: Readonly<Record<string, unknown>>) => Promise<void>;
}

const print = (_: string, output: Output): void => console.log(plainText(output));
const onConsole: Screen = { show: print, update: print };

const inJupyter = ({ broadcast }: DenoJupyter): Screen => {
  const send =
    (type: string) =>
    (id: string, output: Output): void =>
      void broadcast(type, { ...output, transient: { display_id: id } });
  return { show: send("display_data"), update: send("update_display_data") };
};
