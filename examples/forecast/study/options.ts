// The command line of the study.

import { parseArgs } from "node:util";
import * as E from "fp-ts/lib/Either.js";
import { type DeviceName, deviceNames } from "../../../src/index.ts";
import type { DataName } from "./cases.ts";
import type { Sizes } from "./jobs.ts";
import { type TableName, tables } from "./tables.ts";

/** How thorough a study is. */
export type Extent = "full" | "quick" | "smoke";

/** What the command line decides. */
export interface Options {
  readonly tables: readonly TableName[];
  /** Where data sets are; simulated data alone without. */
  readonly data: string | undefined;
  readonly out: string;
  readonly seeds: number;
  readonly extent: Extent;
  readonly device?: DeviceName;
  readonly software: boolean;
}

const tableNames = Object.keys(tables) as readonly TableName[]; // its own keys

/** What --help prints. */
export const usage = `Runs the study of the forecaster: each table trains what it needs and writes a page, pictures and results.

  npm run study -- [options] [table …]

Tables; all of them without a name:
${tableNames.map((name) => `  ${name.padEnd(14)} ${tables[name].title}`).join("\n")}

  --data FOLDER   holds mft-online-boutique, petshop and los-loop (default: PULLBACK_DATA); tables on data that
                  is not there are skipped, and the last line says so
  --out FOLDER    where results go, and runs that are there already are taken from (runs/forecast)
  --seeds N       seeds of each model (5; 2 with --quick, 1 with --smoke); Los-loop takes 3 and 1 at most
  --quick         two seeds, and fewer epochs on Los-loop
  --smoke         two epochs of small models, to see that everything works
  --device NAME   where to train: ${deviceNames.join(", ")} (cpu)
  --software      gpu and auto may take a software rasteriser for a graphics card
  --help          this text

Ctrl-C ends the run in hand with a checkpoint; the same command goes on from there. So it does after a crash.`;

const flags = {
  data: { type: "string" },
  out: { type: "string", default: "runs/forecast" },
  seeds: { type: "string" },
  device: { type: "string" },
  quick: { type: "boolean", default: false },
  smoke: { type: "boolean", default: false },
  software: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const usualSeeds: Readonly<Record<Extent, string>> = { full: "5", quick: "2", smoke: "1" };

const readWords = (words: readonly string[]) =>
  parseArgs({ args: [...words], options: flags, allowPositionals: true });

/** Options from words of the command line, "help" when asked for, or what is wrong with them. */
export const parseOptions = (
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
  const wrong = positionals.find((name) => !(name in tables));
  if (wrong !== undefined)
    return E.left(`one of ${tableNames.join(", ")} expected, got "${wrong}"`);
  const extent: Extent = given.smoke ? "smoke" : given.quick ? "quick" : "full";
  const seedText = given.seeds ?? usualSeeds[extent];
  const seeds = Number(seedText);
  if (!(Number.isInteger(seeds) && seeds >= 1))
    return E.left(`a whole number ≥ 1 expected for --seeds, got "${seedText}"`);
  const device = deviceNames.find((name) => name === given.device);
  if (given.device !== undefined && device === undefined)
    return E.left(`one of ${deviceNames.join(", ")} expected for --device, got "${given.device}"`);
  const data = given.data ?? (PULLBACK_DATA === "" ? undefined : PULLBACK_DATA);
  return E.right({
    tables: positionals.length === 0 ? tableNames : (positionals as readonly TableName[]), // checked
    data,
    out: given.out,
    seeds,
    extent,
    ...(device === undefined ? {} : { device }),
    software: given.software,
  });
};

const epochs: Readonly<Record<DataName, number>> = {
  "online-boutique": 80,
  "petshop-low": 40,
  "petshop-high": 40,
  "los-loop": 20,
  simulated: 30,
};

/** How much to train on a data set. */
export const sizesFor = (data: DataName, extent: Extent): Sizes => {
  const usual = {
    epochs: epochs[data],
    batchSize: 32,
    learningRate: 0.004,
    simulatedMinutes: 1440,
  };
  if (extent === "smoke") return { ...usual, epochs: 2, hidden: 8, simulatedMinutes: 480 };
  return extent === "quick" && data === "los-loop" ? { ...usual, epochs: 10 } : usual;
};
