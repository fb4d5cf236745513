// The command line of a study.

import { parseArgs } from "node:util";
import * as E from "fp-ts/lib/Either.js";
import { type DeviceName, deviceNames } from "../../src/index.ts";

/** How thorough a study is. */
export type Extent = "full" | "quick" | "smoke";

/** What the command line decides. */
export interface Options {
  readonly tables: readonly string[];
  /** Where data sets are; what needs none alone without. */
  readonly data: string | undefined;
  readonly out: string;
  readonly seeds: number;
  readonly extent: Extent;
  readonly device?: DeviceName;
  readonly software: boolean;
  /** Which of the jobs this process carries out: those whose number leaves this rest by the number of processes. All when absent. */
  readonly share?: { readonly rest: number; readonly of: number };
}

/** What the command line has to know of a study. */
export interface Description {
  /** The script that runs it, `npm run NAME`. */
  readonly name: string;
  /** What is studied, "the forecaster". */
  readonly subject: string;
  readonly tables: Readonly<Record<string, { readonly title: string }>>;
  /** Where results go unless told otherwise. */
  readonly out: string;
  /** How many seeds each model has; 5, 2 and 1 without. */
  readonly seeds?: Readonly<Record<Extent, number>>;
  /** What --help says of `data` (which sets a folder holds), of `seeds` (behind their number), `quick` and `smoke`. */
  readonly help: Readonly<Record<"data" | "seeds" | "quick" | "smoke", string>>;
}

const usualSeeds: Readonly<Record<Extent, number>> = { full: 5, quick: 2, smoke: 1 };

/** What --help prints. */
export const usageOf = ({ name, subject, tables, out, seeds = usualSeeds, help }: Description) => {
  const names = Object.keys(tables);
  const width = Math.max(...names.map((table) => table.length)) + 2;
  return `Runs the study of ${subject}: each table trains what it needs and writes a page, pictures and results.

  npm run ${name} -- [options] [table …]

Tables; all of them without a name:
${names.map((table) => `  ${table.padEnd(width)} ${tables[table]?.title}`).join("\n")}

  --data FOLDER   holds ${help.data} (default: PULLBACK_DATA); tables on data that
                  is not there are skipped, and the last line says so
  --out FOLDER    where results go, and runs that are there already are taken from (${out})
  --seeds N       seeds of each model (${seeds.full}; ${seeds.quick} with --quick, ${seeds.smoke} with --smoke)${help.seeds}
  --quick         ${help.quick}
  --smoke         ${help.smoke}
  --share K/N     carry out every N-th run from the K-th on, and write no pages: N processes with PULLBACK_THREADS=1
                  and one --out folder do more than one of N threads; the same command without it then writes the pages
  --device NAME   where to train: ${deviceNames.join(", ")} (cpu)
  --software      gpu and auto may take a software rasteriser for a graphics card
  --help          this text

Ctrl-C ends the run in hand with a checkpoint; the same command goes on from there. So it does after a crash.`;
};

/** How many seeds there are where that is not as usual; undefined where it is. */
export const unusualSeeds = (
  { seeds: usual = usualSeeds }: Pick<Description, "seeds">,
  { extent, seeds }: Pick<Options, "extent" | "seeds">,
): number | undefined => (seeds === usual[extent] ? undefined : seeds);

/** The command that makes a table as it is made now: nothing is said of what is usual. */
export const commandOf = (
  study: Description,
  table: string,
  options: Pick<Options, "extent" | "seeds">,
): string =>
  [
    `npm run ${study.name} -- ${table}`,
    ...(options.extent === "full" ? [] : [`--${options.extent}`]),
    ...(unusualSeeds(study, options) === undefined ? [] : [`--seeds ${options.seeds}`]),
  ].join(" ");

const flags = {
  data: { type: "string" },
  out: { type: "string" },
  seeds: { type: "string" },
  share: { type: "string" },
  device: { type: "string" },
  quick: { type: "boolean", default: false },
  smoke: { type: "boolean", default: false },
  software: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const shareOf = (text: string | undefined): Options["share"] | "wrong" => {
  if (text === undefined) return undefined;
  const [, k, n] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const [rest, of] = [Number(k) - 1, Number(n)];
  return rest >= 0 && rest < of ? { rest, of } : "wrong";
};

const readWords = (words: readonly string[]) =>
  parseArgs({ args: [...words], options: flags, allowPositionals: true });

/** Options from words of the command line, "help" when asked for, or what is wrong with them. */
export const parseOptions = (
  { tables, out, seeds: usual = usualSeeds }: Description,
  words: readonly string[],
  { PULLBACK_DATA }: NodeJS.ProcessEnv = process.env,
): E.Either<string, Options | "help"> => {
  const read = E.tryCatch(
    () => readWords(words),
    (error) => (error as Error).message, // parseArgs throws errors only
  );
  if (E.isLeft(read)) return read;
  const { values: given, positionals } = read.right;
  if (given.help) return E.right("help");
  const names = Object.keys(tables);
  const wrong = positionals.find((name) => !names.includes(name));
  if (wrong !== undefined) return E.left(`one of ${names.join(", ")} expected, got "${wrong}"`);
  const extent: Extent = given.smoke ? "smoke" : given.quick ? "quick" : "full";
  const seeds = Number(given.seeds ?? usual[extent]);
  if (!(Number.isInteger(seeds) && seeds >= 1))
    return E.left(`a whole number ≥ 1 expected for --seeds, got "${given.seeds}"`);
  const share = shareOf(given.share);
  if (share === "wrong")
    return E.left(`K/N with K in 1…N expected for --share, got "${given.share}"`);
  const device = deviceNames.find((name) => name === given.device);
  if (given.device !== undefined && device === undefined)
    return E.left(`one of ${deviceNames.join(", ")} expected for --device, got "${given.device}"`);
  return E.right({
    tables: positionals.length === 0 ? names : positionals,
    data: given.data ?? (PULLBACK_DATA === "" ? undefined : PULLBACK_DATA),
    out: given.out ?? out,
    seeds,
    extent,
    ...(device === undefined ? {} : { device }),
    ...(share === undefined ? {} : { share }),
    software: given.software,
  });
};
