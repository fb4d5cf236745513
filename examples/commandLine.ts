// The command line of a program that has commands, each with the options that it takes.

import { parseArgs } from "node:util";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { DeviceName } from "../src/index.ts";
import { type Readers, readersFor } from "./readers.ts";

/** An option with a value. */
export const text = { type: "string" } as const;
/** An option that is there or not. */
export const flag = { type: "boolean", default: false } as const;

/** Options by name. */
export type Flags = Readonly<Record<string, typeof flag | { type: "string"; default?: string }>>;

/** What was given of options: those without a default may be absent. */
export type Given<F extends Flags> = {
  readonly [K in keyof F]: F[K] extends { type: "boolean" }
    ? boolean
    : F[K] extends { default: string }
      ? string
      : string | undefined;
};

/** What words a program understands. */
export interface Grammar<Command extends string, F extends Flags> {
  /** All options; `help` is among them. */
  readonly flags: F;
  /** Which options a command takes. The first command is meant where none is named. */
  readonly taken: Readonly<Record<Command, readonly (keyof F & string)[]>>;
  /** The commands behind which there are words that are no options. */
  readonly takesWords?: readonly Command[];
}

/** A command with what was given to it. */
export interface CommandWords<Command extends string, F extends Flags> {
  readonly command: Command;
  readonly given: Given<F>;
  /** The words behind the command that are no options. */
  readonly rest: readonly string[];
}

const listed = (names: readonly string[]): string =>
  `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;

/** Refuses an option that would say nothing to the command. */
const onlyTaken = (
  command: string,
  takes: readonly string[],
  names: readonly string[],
): E.Either<string, void> => {
  const other = names.find((name) => !takes.includes(name));
  return other === undefined
    ? E.right(undefined)
    : E.left(`options of ${command} expected, got --${other}`);
};

const noMore = (command: string, [first]: readonly string[]): E.Either<string, void> =>
  first === undefined
    ? E.right(undefined)
    : E.left(`no words behind ${command} expected, got "${first}"`);

/** The command that words of a command line are for, "help" when asked for, or what is wrong with them. */
export const readCommand = <Command extends string, F extends Flags>(
  { flags, taken, takesWords = [] }: Grammar<Command, F>,
  words: readonly string[],
): E.Either<string, CommandWords<Command, F> | "help"> => {
  const read = E.tryCatch(
    () => parseArgs({ args: [...words], options: flags, allowPositionals: true, tokens: true }),
    (error) => (error as Error).message, // parseArgs throws errors only
  );
  if (E.isLeft(read)) return read;
  const { values, positionals, tokens } = read.right;
  const given = values as unknown as Given<F>; // what parseArgs makes of such flags
  if (given["help"]) return E.right("help");
  const commands = Object.keys(taken) as Command[]; // its own keys
  const [named = commands[0], ...rest] = positionals;
  const command = commands.find((it) => it === named);
  if (command === undefined) return E.left(`${listed(commands)} expected, got "${named}"`);
  const names = tokens.flatMap((token) => (token.kind === "option" ? [token.name] : []));
  return pipe(
    onlyTaken(command, taken[command], names),
    E.chain(() => (takesWords.includes(command) ? E.right(undefined) : noMore(command, rest))),
    E.map(() => ({ command, given, rest })),
  );
};

/** What `read` makes of the options, unless a reader found something wrong. */
export const checked = <A>(read: (readers: Readers, wrong: string[]) => A): E.Either<string, A> => {
  const wrong: string[] = [];
  const made = read(readersFor(wrong), wrong);
  const [first] = wrong;
  return first === undefined ? E.right(made) : E.left(first);
};

/** Where to run, and what is said. */
export interface Running {
  /** The default device when absent. */
  readonly device?: DeviceName;
  /** Whether a software rasteriser may stand for a graphics card. */
  readonly software: boolean;
  readonly json: boolean;
}

/** The options that every command takes. */
export const everywhere = ["device", "software", "json", "help"] as const;
/** The same as flags. */
export const runningFlags = { device: text, software: flag, json: flag, help: flag } as const;

/** Where to run, as was given. */
export const runningOf = (
  { software, json, device }: Given<typeof runningFlags>,
  readers: Readers,
): Running => ({
  software,
  json,
  ...(device === undefined ? {} : { device: readers.device(device) }),
});
