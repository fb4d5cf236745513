// The process that runs one notebook: reads a job from its standard input, runs the cells in order, and says what happens on a
// channel of its own. Messages are written at once, so that none is lost when the process ends or is ended.

import { readFileSync, writeSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { constants, Script } from "node:vm";
import { type Screen, screenName } from "./display.ts";
import { type Job, type Message, messageChannel } from "./messages.ts";
import { type Output, outputOf } from "./rich.ts";

const job = JSON.parse(readFileSync(0, "utf8")) as Job; // written by execute.ts

const send = (message: Message): void => {
  let rest = Buffer.from(`${JSON.stringify(message)}\n`);
  while (rest.length > 0) rest = rest.subarray(writeSync(messageChannel, rest));
};

const end = process.exit.bind(process);

/** Says why the notebook failed, and ends the process. */
const fail = (error: unknown): never => {
  const line = lineOf(error);
  send({ _tag: "failed", message: describe(error), ...(line === undefined ? {} : { line }) });
  return end(1);
};

/** The line of the notebook that an error comes from, if its stack tells. */
const lineOf = (error: unknown): number | undefined => {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const after = stack.split(`${job.path}:`)[1];
  return after === undefined ? undefined : Number.parseInt(after, 10);
};

const maxLines = 20;

/** An error with the part of its stack that is not ours or Node's. */
const describe = (error: unknown): string => {
  if (!(error instanceof Error)) return `${outputOf(error).data["text/plain"]} was thrown`;
  const lines = (error.stack ?? String(error)).split("\n");
  const isOurs = (text: string): boolean => /^\s+at .*(node:|\/tools\/notebook\/)/.test(text);
  return lines
    .filter((text) => !isOurs(text))
    .slice(0, maxLines)
    .join("\n");
};

// What cells see of us, under the name $notebook: compileCell.ts writes calls of these.
const services = {
  at: (line: number): void => send({ _tag: "line", line }),
  value: (value: unknown): void => {
    if (value === undefined) return;
    const output = outputOf(value);
    if (Object.keys(output.data).length > 0) send({ _tag: "value", output });
  },
  exports: (module: object, names: readonly string[], specifier: string): object => {
    const missing = names.find((name) => !(name in module));
    if (missing !== undefined) throw new SyntaxError(`"${specifier}" has no export "${missing}"`);
    return module;
  },
};

const screen: Screen = {
  show: (id: string, output: Output) => send({ _tag: "display", id, output }),
  update: (id: string, output: Output) => send({ _tag: "update", id, output }),
};

const capture = (name: "stdout" | "stderr"): void => {
  const decoder = new TextDecoder();
  const write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    const text = typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    send({ _tag: "stream", name, text });
    const done = rest.at(-1);
    if (typeof done === "function") process.nextTick(done);
    return true;
  };
  process[name].write = write;
};

/** Evaluates the text of a cell with the names of those before it in scope. */
type Evaluate = (code: string) => () => Promise<Evaluate>;

const firstScope = (): Evaluate => {
  const script = new Script(
    `(function ($notebook) { "use strict"; return ($code) => eval($code); })`,
    { filename: job.path, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER },
  );
  return script.runInThisContext()(services);
};

let isFinished = false;

const run = async (): Promise<void> => {
  let evaluate = firstScope();
  for (const [cell, code] of job.code.entries()) {
    send({ _tag: "cell", cell });
    evaluate = await evaluate(code)();
    await nextTurn(); // rejections that nobody handles are told between turns
  }
  isFinished = true;
};

// Errors of a notebook come from below many frames of the library.
Error.stackTraceLimit = 100;
process.argv.splice(1, process.argv.length, job.path, ...job.args);
process.exit = (code) => fail(new Error(`process.exit(${code ?? ""}) was called`));
process.on("uncaughtException", fail).on("unhandledRejection", fail);
process.on("beforeExit", () => {
  if (!isFinished) fail(new Error("the cell waits for a promise that nothing will settle"));
  send({ _tag: "done" });
});
Object.assign(globalThis, { [screenName]: screen });
capture("stdout");
capture("stderr");
run().catch(fail);
