// The command compress: parts of a model and single weights go, what is left is rounded, and trained on as it will be stored; each step is judged.

import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Language } from "../../src/models/index.ts";
import { summary } from "../../src/nn/index.ts";
import { writableFolder } from "../places.ts";
import type { Ending } from "../program.ts";
import { measured, writingOf } from "./measured.ts";
import { type OpenModel, openModel, unpackOf } from "./models.ts";
import type { CompressOptions } from "./options.ts";
import { printBytes, tableOf } from "./report.ts";
import { type Step, sparsityOf, stepsOf } from "./shrink.ts";
import { type Cut, cutText, digestOf, type NamedText, openText } from "./texts.ts";
import { forget, tune } from "./tune.ts";

/** What is told of a model after a step. */
interface Row {
  readonly step: string;
  /** On the validation text, as it is stored: nats a token. */
  readonly loss: number;
  readonly parameters: number;
  /** The share of zeros in the matrices of the layers. */
  readonly sparsity: number;
  /** Of its file. */
  readonly bytes: number;
}

const teacherOf = (model: OpenModel): Language.Model => ({
  config: model.config,
  params: unpackOf(model)(model.params), // as they are: it is not compressed
});

/** A model as it is stored, what tells its file from others, and what is told of it. */
interface Judged {
  readonly row: Row;
  readonly stored: OpenModel;
  readonly digest: string;
}

const judged =
  ({ out, device }: CompressOptions, { tokenizer }: OpenModel, { validation }: Cut) =>
  ({ name, specimen }: Step): TE.TaskEither<string, Judged> =>
    pipe(
      measured({ tokenizer, text: validation, device })(specimen),
      TE.bimap(Language.printModelProblem, ({ model, loss, file }) => ({
        stored: { ...model, path: out },
        digest: digestOf(file),
        row: {
          step: name,
          loss,
          parameters: summary(specimen.params).count,
          sparsity: sparsityOf(specimen),
          bytes: file.length,
        },
      })),
    );

const printRows = (rows: readonly Row[]): string =>
  tableOf([
    ["", "loss", "parameters", "zeros", "bytes"],
    ...rows.map(({ step, loss, parameters, sparsity, bytes }) => [
      step,
      loss.toFixed(4),
      String(parameters),
      `${(100 * sparsity).toFixed(1)} %`,
      printBytes(bytes),
    ]),
  ]);

/** What is at a path, if anything is. */
const foundAt = async (path: string) => {
  try {
    return await stat(path);
  } catch {
    return undefined; // whoever reads or writes it says what is wrong
  }
};

/** Refuses to write over the model, by whatever name, which would be gone then, and a folder in the place of a file. */
const ownPlace =
  ({ model, out }: CompressOptions): TE.TaskEither<string, void> =>
  async () => {
    const there = await foundAt(out);
    if (there?.isDirectory())
      return E.left(`${out}: a file to write expected for --out, got a folder`);
    const own = await foundAt(model);
    const file = own?.isDirectory() ? await foundAt(join(model, "model.safetensors")) : own;
    return there !== undefined && file?.ino === there.ino && file.dev === there.dev
      ? E.left(`${out}: another file than that of --model expected for --out, got the same`)
      : E.right(undefined);
  };

/** Refuses a model that is compressed already: what was done to it before is not known in full. */
const uncompressed = (model: OpenModel): E.Either<string, OpenModel> =>
  model.formats === undefined
    ? E.right(model)
    : E.left(
        `${model.path}: a model that is not compressed yet expected, got one that is\nhint: compress the model that it was made of, with all that is to be done to it`,
      );

/** What there is to compress, and a text to judge it by. */
interface Given {
  readonly model: OpenModel;
  readonly text: NamedText;
  readonly cut: Cut;
}

/** The step of training on, "interrupted" by Ctrl-C, or undefined where it was not asked for. */
const tuned = (
  options: CompressOptions,
  { model, text, cut }: Given,
  { specimen }: Step,
  { digest }: Judged,
): TE.TaskEither<string, Step | "interrupted" | undefined> => {
  const { tuning, heads, neurons, prune, rounding } = options;
  if (tuning === undefined) return TE.right(undefined);
  const { teacher: isTaught, iterations } = tuning;
  const choices = { heads, neurons, prune, rounding, teacher: isTaught };
  const settings = { model: digest, text: digestOf(text.text), ...choices };
  return pipe(
    tune(options, tuning, { specimen, teacher: teacherOf(model), corpus: cut, settings }),
    TE.map((next) =>
      next === undefined
        ? "interrupted"
        : { name: `${iterations} updates${isTaught ? " by a teacher" : ""}`, specimen: next },
    ),
  );
};

/** Writes the last of what was judged. */
const written = (
  options: CompressOptions,
  { specimen }: Step,
  { stored }: Judged,
): TE.TaskEither<string, void> =>
  pipe(
    Language.saveModel(options.out, stored, writingOf(specimen)),
    TE.mapLeft(Language.printModelProblem),
    TE.chain(() => (options.tuning === undefined ? TE.right(undefined) : forget(options))),
  );

const carriedOut = (options: CompressOptions, given: Given): TE.TaskEither<string, Ending> => {
  const { model, text, cut } = given;
  const judge = judged(options, model, cut);
  const steps = stepsOf(options, teacherOf(model));
  const last = steps.at(-1) as Step; // the first at least
  const end = (step: Step, all: readonly Judged[]): TE.TaskEither<string, Ending> =>
    pipe(
      written(options, step, all.at(-1) as Judged), // as many as steps
      TE.map((): Ending => {
        const rows = all.map(({ row }) => row);
        tell(options, text.name, rows);
        return "done";
      }),
    );
  return pipe(
    TE.traverseSeqArray(judge)(steps),
    TE.bindTo("all"),
    TE.bind("more", ({ all }) => tuned(options, given, last, all[0] as Judged)),
    TE.chain(({ all, more }): TE.TaskEither<string, Ending> => {
      if (more === "interrupted") return TE.right(more);
      if (more === undefined) return end(last, all);
      return pipe(
        judge(more),
        TE.chain((one) => end(more, [...all, one])),
      );
    }),
  );
};

/** Makes a model smaller, writes it, and tells what each step did to it. */
export const compress = (options: CompressOptions): TE.TaskEither<string, Ending> =>
  pipe(
    writableFolder(dirname(options.out)),
    TE.chain(() => ownPlace(options)),
    TE.chain(() => openModel(options.model)),
    TE.chainEitherK(uncompressed),
    TE.bindTo("model"),
    TE.bind("text", () => openText(options.data)),
    TE.bind("cut", ({ model, text }) =>
      TE.fromEither(cutText(model.tokenizer, model.config.context, text)),
    ),
    TE.chain((given) => carriedOut(options, given)),
  );

const tell = ({ json, out, data }: CompressOptions, name: string, rows: readonly Row[]): void => {
  if (json) console.log(JSON.stringify({ text: data ?? null, steps: rows, path: out }));
  else
    console.log(
      `${printRows(rows)}\n\nloss: nats a token on the validation part (${name})\nmodel  ${out}`,
    );
};
