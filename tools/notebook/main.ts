// npm run notebook: runs notebooks and writes or compares what comes of them. `--help` says more. The last line is the total.

import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { execute, type Failure } from "./execute.ts";
import { type Options, parseOptions, usage } from "./options.ts";
import { isNotebook } from "./source.ts";

/** The notebooks at a place, absolute, in order, or what is wrong with the place. */
const notebooksAt = async (place: string): Promise<E.Either<string, readonly string[]>> => {
  if (!existsSync(place)) return E.left(`no such file or folder: ${place}`);
  if ((await stat(place)).isFile()) return E.right([resolve(place)]);
  const names = await readdir(place, { recursive: true });
  const files = names.filter((name) => name.endsWith(".ts")).map((name) => resolve(place, name));
  const found: string[] = [];
  for (const file of files.sort()) if (isNotebook(await readFile(file, "utf8"))) found.push(file);
  return found.length > 0 ? E.right(found) : E.left(`no notebook in ${place}`);
};

const allNotebooks = async ({
  places,
  result,
}: Options): Promise<E.Either<string, readonly string[]>> => {
  const found = new Set<string>();
  for (const place of places) {
    const here = await notebooksAt(place);
    if (E.isLeft(here)) return here;
    for (const file of here.right) found.add(file);
  }
  const names = [...found].map((file) => basename(file));
  const twice = names.find((name, i) => names.indexOf(name) < i);
  return twice !== undefined && result._tag === "into"
    ? E.left(`two notebooks of the name ${twice} do not go into one folder`)
    : E.right([...found]);
};

const targetOf = (file: string, { result }: Options): string =>
  join(
    result._tag === "into" ? result.folder : dirname(file),
    basename(file).replace(/\.ts$/, ".ipynb"),
  );

/** What is done with an executed notebook, in words, or why that fails. */
const handOn = async (
  file: string,
  text: string,
  options: Options,
): Promise<E.Either<string, string>> => {
  const target = targetOf(file, options);
  const name = relative("", target);
  switch (options.result._tag) {
    case "dropped":
      return E.right("");
    case "compared": {
      const before = existsSync(target) ? await readFile(target, "utf8") : undefined;
      if (before === text) return E.right(`as in ${name}`);
      return E.left(`${name} is not what it gives\nhint: --write writes it anew`);
    }
    case "beside":
    case "into":
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, text);
      return E.right(`written to ${name}`);
  }
};

const printFailure = (file: string, { cell, title, line, message }: Failure): string => {
  const where = cell === undefined ? "" : `, cell ${cell}${title === "" ? "" : ` (${title})`}`;
  return `✘ ${relative("", file)}${where}, line ${line}: ${message}`;
};

/** Runs one notebook and says how it went. */
const runOne = async (file: string, options: Options): Promise<boolean> => {
  const start = performance.now();
  const executed = await execute(file, {
    limitSeconds: options.limitSeconds,
    args: options.args,
    env: options.isQuick ? { PULLBACK_QUICK: "1" } : {},
  });
  if (E.isLeft(executed)) {
    console.error(printFailure(file, executed.left));
    return false;
  }
  const name = relative("", file);
  const handed = await handOn(file, executed.right.text, options);
  if (E.isLeft(handed)) {
    console.error(`✘ ${name}: ${handed.left}`);
    return false;
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const { codeCells } = executed.right;
  const remark = handed.right === "" ? "" : `, ${handed.right}`;
  console.log(`✓ ${name}  ${codeCells} cell${codeCells === 1 ? "" : "s"}  ${seconds} s${remark}`);
  return true;
};

const main = async (options: Options): Promise<void> => {
  const files = await allNotebooks(options);
  if (E.isLeft(files)) return complain(files.left);
  let passed = 0;
  for (const file of files.right) passed += (await runOne(file, options)) ? 1 : 0;
  const failed = files.right.length - passed;
  console.log(`${passed} passed, ${failed} failed, 0 skipped`);
  if (failed > 0) process.exitCode = 1;
};

const complain = (message: string): void => {
  console.error(`notebook: ${message}\nhint: --help lists the options`);
  process.exitCode = 2;
};

const options = parseOptions(process.argv.slice(2));
if (E.isLeft(options)) complain(options.left);
else if (options.right === "help") console.log(usage);
else await main(options.right);
