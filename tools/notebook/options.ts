// The command line of the notebook runner.

import { parseArgs } from "node:util";
import * as E from "fp-ts/lib/Either.js";

/** What the command line decides. */
export interface Options {
  /** Notebooks, and folders that are searched for them. */
  readonly places: readonly string[];
  /** What becomes of the executed notebook. */
  readonly result:
    | { readonly _tag: "dropped" }
    /** Written beside its source. */
    | { readonly _tag: "beside" }
    /** Written into a folder. */
    | { readonly _tag: "into"; readonly folder: string }
    /** Compared with the one beside its source. */
    | { readonly _tag: "compared" };
  readonly limitSeconds: number;
  readonly isQuick: boolean;
  /** Words for the notebooks. */
  readonly args: readonly string[];
}

/** What --help prints. */
export const usage = `Runs notebooks, TypeScript in cells, from first cell to last.

  npm run notebook -- PLACE… [options] [-- WORDS…]

  PLACE              a notebook, or a folder: all notebooks in it
  --write            write each as .ipynb, with its outputs, beside its source
  --out FOLDER       write them into a folder
  --check            complain about an .ipynb beside its source that is not what the source gives
  --limit SECONDS    a notebook that still runs after that has failed (600)
  --quick            small sizes, for those that ask isQuick()
  --help             this text
  WORDS              are for the notebooks, in process.argv

Exit codes: 0 all ran, 1 one failed, 2 wrong options.`;

const flags = {
  write: { type: "boolean", default: false },
  out: { type: "string" },
  check: { type: "boolean", default: false },
  limit: { type: "string", default: "600" },
  quick: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const readWords = (words: readonly string[]) =>
  parseArgs({ args: [...words], options: flags, allowPositionals: true });

/** Options from words of the command line, "help" when asked for, or what is wrong with them. */
export const parseOptions = (words: readonly string[]): E.Either<string, Options | "help"> => {
  const split = words.includes("--") ? words.indexOf("--") : words.length;
  const given = E.tryCatch(
    () => readWords(words.slice(0, split)),
    (error) => (error as Error).message, // parseArgs throws errors only
  );
  if (E.isLeft(given)) return given;
  const { values, positionals: places } = given.right;
  if (values.help) return E.right("help");
  const results = resultsOf(values);
  const limitSeconds = Number(values.limit);
  if (places.length === 0) return E.left("a notebook or a folder expected");
  if (results.length > 1) return E.left("one of --write, --out and --check expected, got several");
  if (!(limitSeconds > 0)) return E.left(`seconds expected for --limit, got "${values.limit}"`);
  return E.right({
    places,
    result: results[0] ?? { _tag: "dropped" },
    limitSeconds,
    isQuick: values.quick,
    args: words.slice(split + 1),
  });
};

const resultsOf = ({
  write,
  out,
  check,
}: ReturnType<typeof readWords>["values"]): readonly Options["result"][] => [
  ...(write ? [{ _tag: "beside" } as const] : []),
  ...(out === undefined ? [] : [{ _tag: "into", folder: out } as const]),
  ...(check ? [{ _tag: "compared" } as const] : []),
];
