// The command compress: parts of a model and single weights go, what is left is rounded, and trained on as it will be stored; each step is judged.

import { dirname } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { leavesOf, ready } from "../../src/index.ts";
import { Language } from "../../src/models/index.ts";
import { Compress, printFitProblem, summary } from "../../src/nn/index.ts";
import { writableFolder, writeBytes } from "../places.ts";
import { lossOn } from "./evaluate.ts";
import { type OpenModel, openModel, unpackOf } from "./models.ts";
import type { CompressOptions, PruneChoice, Rounding } from "./options.ts";
import { printBytes, tableOf } from "./report.ts";
import { type Cut, cutText, openText } from "./texts.ts";
import { shareOfZeros } from "./zeros.ts";

/** A model after a step, and what the step was. */
interface Step {
  readonly name: string;
  readonly specimen: Language.Specimen;
}

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

/** The matrices of the layers: what is pruned. Tables of tokens and places are left whole. */
const isPruned = (leaf: { readonly shape: readonly number[] }, path: string): boolean =>
  leaf.shape.length >= 2 && path.startsWith("layers");

const sparsityOf = ({ params: { layers } }: Language.Specimen): number =>
  shareOfZeros(leavesOf(layers).filter(({ shape }) => shape.length >= 2));

/** How many of so many parts stay when a share of them goes: one at least. */
const kept = (all: number, share: number): number => Math.max(1, Math.round((1 - share) * all));

const withoutHeads = (share: number, specimen: Language.Specimen): Step => {
  const { config, params } = specimen;
  const groups = Language.groupsOf(config);
  const heads = kept(groups, share) * (config.heads / groups);
  const name = `${heads} of ${config.heads} heads`;
  return { name, specimen: { ...specimen, ...Language.slim({ heads })(config, params) } };
};

const withoutNeurons = (share: number, specimen: Language.Specimen): Step => {
  const { config, params } = specimen;
  const all = Language.hiddenOf(config);
  // In fours, where there are so many: the machine computes so, and weights that read them may go two of every four.
  const hidden = all % 4 === 0 ? 4 * kept(all / 4, share) : kept(all, share);
  const name = `${hidden} of ${all} neurons`;
  return { name, specimen: { ...specimen, ...Language.slim({ hidden })(config, params) } };
};

const withoutWeights = (choice: PruneChoice, specimen: Language.Specimen): Step => {
  const pruning =
    choice === "2:4"
      ? Compress.nOfM({ n: 2, m: 4, choose: isPruned })
      : Compress.magnitude({ sparsity: choice, choose: isPruned });
  const next = Language.pruned(pruning)(specimen);
  return choice === "2:4"
    ? { name: "2 of 4 weights", specimen: inPairs({ kind: "dense" }, next) }
    : { name: `${+(100 * choice).toFixed(2)} % pruned`, specimen: next };
};

/** A specimen of which two of every four weights are left, as these two, in a format that all other matrices have as well. */
const inPairs = (
  values: Compress.Dense | Compress.QuantizedFormat,
  specimen: Language.Specimen,
): Language.Specimen => {
  const whole = Compress.matrices(values);
  const formats = Compress.formatsOf(specimen.params, (leaf) =>
    isPruned(leaf, leaf.path) ? { kind: "pairs", values } : whole(leaf),
  );
  return Language.rounded(formats)(specimen);
};

/** Whether a specimen is stored in pairs. */
const isInPairs = ({ formats = {} }: Language.Specimen): boolean =>
  Object.values(formats).some(({ kind }) => kind === "pairs");

const inInts = ({ bits, per }: Rounding, specimen: Language.Specimen): Step => {
  const shared = typeof per === "string" ? per : `group of ${per.group}`;
  const format: Compress.QuantizedFormat = { kind: "quantized", bits, per };
  const next = isInPairs(specimen) ? inPairs(format, specimen) : Language.rounded(format)(specimen);
  Language.stored(next); // refuses groups that do not divide before anything takes time
  return { name: `${bits} bits per ${shared}`, specimen: next };
};

/** The steps that need no training, one after the other. */
const stepsOf = (
  { heads, neurons, prune, rounding }: CompressOptions,
  first: Language.Specimen,
): readonly Step[] => {
  const steps: Step[] = [{ name: "as it was", specimen: first }];
  const go = <A>(choice: A | undefined, by: (choice: A, specimen: Language.Specimen) => Step) => {
    const last = steps.at(-1) as Step; // the first at least
    if (choice !== undefined) steps.push(by(choice, last.specimen));
  };
  go(heads, withoutHeads);
  go(neurons, withoutNeurons);
  go(prune, withoutWeights);
  go(rounding, inInts);
  return steps;
};

/** The last specimen trained on, where that was asked for: what is pruned stays 0, and what is rounded learns to be. */
const tunedOf = (
  { tuning, device, json }: CompressOptions,
  specimen: Language.Specimen,
  model: OpenModel,
  corpus: Cut,
): TE.TaskEither<string, readonly Step[]> => {
  if (tuning === undefined) return TE.right([]);
  const { teacher, iterations, ...training } = tuning;
  const taught = teacher ? { teacher: teacherOf(model) } : {};
  const options: Language.TrainingOptions = {
    ...training,
    iterations,
    time: specimen.config.context,
    progress: json ? "silent" : "auto",
    ...(device === undefined ? {} : { device }),
  };
  return pipe(
    Language.tuned(corpus, options, taught)(specimen),
    TE.mapLeft(printFitProblem),
    TE.chainTaskK(({ specimen: next }) => async () => {
      await ready(leavesOf(next.params));
      return [{ name: `${iterations} updates${teacher ? " by a teacher" : ""}`, specimen: next }];
    }),
  );
};

const teacherOf = (model: OpenModel): Language.Model => ({
  config: model.config,
  params: unpackOf(model)(model.params), // as they are: it is not compressed
});

/** A specimen as it is stored, as a model that can be used. */
const asStored = (
  { tokenizer }: OpenModel,
  specimen: Language.Specimen,
  path: string,
): OpenModel => {
  const { packed, formats } = Language.stored(specimen);
  const { config } = specimen;
  const isPacked = specimen.formats !== undefined;
  return { path, config, tokenizer, params: packed, ...(isPacked ? { formats } : {}) };
};

/** A model that is stored, the bytes of its file, and what is told of it. */
interface Judged {
  readonly row: Row;
  readonly file: Uint8Array;
}

const judged =
  ({ out, device }: CompressOptions, model: OpenModel, { validation }: Cut) =>
  ({ name, specimen }: Step): TE.TaskEither<string, Judged> => {
    const stored = asStored(model, specimen, out);
    return pipe(
      Language.encodeModel(stored, { sparse: specimen.masks !== undefined }),
      TE.mapLeft(Language.printModelProblem),
      TE.bindTo("file"),
      TE.bind("loss", () => TE.fromTask(() => lossOn(stored, validation, device))),
      TE.map(({ file, loss }) => ({
        file,
        row: {
          step: name,
          loss,
          parameters: summary(specimen.params).count,
          sparsity: sparsityOf(specimen),
          bytes: file.length,
        },
      })),
    );
  };

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

/** Refuses a model that is compressed already: what was done to it before is not known in full. */
const uncompressed = (model: OpenModel): E.Either<string, OpenModel> =>
  model.formats === undefined
    ? E.right(model)
    : E.left(
        `${model.path}: a model that is not compressed yet expected, got one that is\nhint: compress the model that it was made of, with all that is to be done to it`,
      );

/** Makes a model smaller, writes it, and tells what each step did to it. */
export const compress = (options: CompressOptions): TE.TaskEither<string, void> =>
  pipe(
    writableFolder(dirname(options.out)),
    TE.chain(() => openModel(options.model)),
    TE.chainEitherK(uncompressed),
    TE.bindTo("model"),
    TE.bind("text", () => openText(options.data)),
    TE.bind("cut", ({ model, text }) =>
      TE.fromEither(cutText(model.tokenizer, model.config.context, text)),
    ),
    TE.chain(({ model, text, cut }) => {
      const steps = stepsOf(options, teacherOf(model));
      const last = (steps.at(-1) as Step).specimen; // the first at least
      return pipe(
        tunedOf(options, last, model, cut),
        TE.chain((more) => TE.traverseSeqArray(judged(options, model, cut))([...steps, ...more])),
        TE.chainFirst((all) => writeBytes(options.out, (all.at(-1) as Judged).file)), // as many as steps
        TE.map((all) =>
          tell(
            options,
            text.name,
            all.map(({ row }) => row),
          ),
        ),
      );
    }),
  );

const tell = ({ json, out, data }: CompressOptions, name: string, rows: readonly Row[]): void => {
  if (json) console.log(JSON.stringify({ text: data ?? null, steps: rows, path: out }));
  else
    console.log(
      `${printRows(rows)}\n\nloss: nats a token on the validation part (${name})\nmodel  ${out}`,
    );
};
