// %% [markdown]
// # Making a language model cheaper
//
// A Transformer that continues texts is paid for three times: when it is trained, when it is kept, and when it is run. Mei et al.
// ([arXiv 2405.11704](https://arxiv.org/abs/2405.11704)) survey what makes it cheaper: optimisers such as AdamW and mixed precision for
// training, and quantisation, pruning and distillation of what was trained. Only the abstract of the paper was at hand; formulas and their
// sources are in [docs/language](../../docs/language/MODEL.md).
//
// This notebook does each of these to one small model, on one text that the program writes itself, and in the end several one after the
// other. All models are judged by the same number: the loss on a part of the text that none of them learns from. It takes some minutes, and
// needs no download. The study on Shakespeare, with three seeds and all tables, is `npm run study:language`.
//
// It is written as [language.ts](language.ts).

// %% Text

import * as E from "fp-ts/lib/Either.js";
import { identity, pipe } from "fp-ts/lib/function.js";
import { key, zeros } from "../../src/index.ts";
import { Language } from "../../src/models/index.ts";
import { Compress, printFitProblem, printSummary, summary } from "../../src/nn/index.ts";
import { display, isQuick, table } from "../../tools/notebook/index.ts";
import { peaksOf } from "../language/bytes.ts";
import { countingLoss } from "../language/counting.ts";
import * as Pictures from "../language/pictures.ts";
import { firstOf, textOf } from "../language/prompts.ts";
import { lossChart } from "../language/report.ts";
import { kibibytes, type Made, nats, openShelf, rowOf as rowBeside } from "../language/shelf.ts";
import { isPruned } from "../language/shrink.ts";

const { printTextProblem, printTokenProblem } = Language;

/** A value, or the end of the notebook. */
const orThrow = <L, A>(print: (problem: L) => string, found: E.Either<L, A>): A => {
  if (E.isLeft(found)) throw new Error(print(found.left));
  return found.right;
};

const text = Language.generatedText({ length: isQuick() ? 8000 : 200_000 });
console.log(text.slice(0, 600));

// %% [markdown]
// It has something to learn at several distances: spelling, verbs that agree with their subjects, quotation marks that close, lines that
// rhyme, answers that take up a question. A token is a character. The last tenth of the text is the validation text.

// %% Tokens
const context = isQuick() ? 16 : 64;
const tokenizer = orThrow(printTokenProblem, Language.tokenizerOf(Language.charactersOf(text)));
const { symbols } = tokenizer;
const corpus = orThrow(printTextProblem, Language.corpusOf(tokenizer, { context })(text));
const { train, validation } = corpus;
display(`${symbols} symbols, ${train.length} to learn from, ${validation.length} to be judged by`);

const unknown = tokenizer.encode("a naïve remark");
display(E.isLeft(unknown) ? printTokenProblem(unknown.left) : unknown.right);

// %% [markdown]
// ## A model
//
// A configuration is a typed record, and a model is such a record beside a tree of parameters. This one is nanoGPT's small setting with two
// layers in place of four. A word that is none is refused by the compiler, hence the comment on it below.

// %% Model
const sizes = isQuick() ? { width: 64, layers: 2, context } : { width: 128, layers: 2, context };
const config = Language.configOf("nano", symbols, sizes);
// @ts-expect-error: "batch" is no word for a norm
const misspelt: Language.Config = { ...config, norm: "batch" };

const start = Language.init(key(0), config);
display(config);
display(printSummary(summary(start)));

// %% [markdown]
// Shapes are known before anything runs, so what does not fit is refused where it is written, and the message says what would have.

// %% Refusals
/** What a call is refused with. */
const refusalOf = (call: () => unknown): string =>
  pipe(
    E.tryCatch(call, String),
    E.match(identity, () => "nothing wrong"),
  );
const narrow = Language.init(key(0), { ...config, width: config.width / 2 });
for (const call of [
  () => Language.init(key(0), misspelt),
  () => Language.init(key(0), { ...config, heads: 3 }),
  () => Language.logits(config, start)(zeros([1, context + 1], "i32")),
  () => Language.logits(config, narrow)(zeros([1, context], "i32")),
])
  console.log(refusalOf(call));

// %% [markdown]
// ## Training
//
// AdamW as nanoGPT has it: weight decay of matrices alone, gradients clipped to a norm of 1, a rate that rises first and then falls along half
// a cosine. An update sees twelve pieces of the text, from random places.

// %% Training
const options: Language.TrainingOptions = {
  seed: 0,
  iterations: isQuick() ? 12 : 1200,
  batchSize: isQuick() ? 4 : 12,
  time: context,
  learningRate: 0.002,
  evaluateEvery: isQuick() ? 6 : 100,
};
/** Trains a learner from nothing; with the losses on the way, and the last one of the validation text. */
const trainFully = async <P>(learner: Language.Learner<P>) => {
  const training: { readonly iteration: number; readonly loss: number }[] = [];
  const run = await Language.train(corpus, learner, {
    ...options,
    onStep: ({ step, metrics }) =>
      void training.push({ iteration: step, loss: metrics["loss"] as number }), // every step reports it
  })();
  const trained = orThrow(printFitProblem, run);
  return { ...trained, training, loss: trained.validation.at(-1)?.loss ?? Number.NaN };
};

const first = await trainFully(Language.learnerOf(config, start));
const whole: Language.Specimen = { config, params: first.params };
display(lossChart(first));

// %% [markdown]
// Before training the loss is that of a guess among all characters. To compare: what a model of characters pays that knows how frequent each
// is, and nothing else, and one that knows the character before.

// %% Controls
display(
  table([
    {
      "a guess": nats(Math.log(symbols)),
      "frequencies alone": nats(countingLoss(corpus, 0)),
      "behind the character before": nats(countingLoss(corpus, 1)),
      "the model": nats(first.loss),
    },
  ]),
);

// %% [markdown]
// ## What it writes
//
// Drawn from the probabilities that it gives, sharpened by a low temperature or flattened by a high one; temperature 0 is greedy. A seed
// gives the same text again.

// %% Samples
const prompt = [...orThrow(printTokenProblem, tokenizer.encode("Scene:"))];
/** What the model writes, in characters. */
const sample = async (count: number, choice: Language.Choice): Promise<string> => {
  const tokens = Language.generate(config, whole.params, { prompt, seed: 1, ...choice });
  let written = "Scene:";
  for await (const piece of textOf(tokenizer, firstOf(count, tokens))) written += piece;
  return written;
};
for (const temperature of [0, 0.7, 1.5])
  console.log(
    `temperature ${temperature}\n\n${await sample(isQuick() ? 20 : 240, { temperature })}\n`,
  );

// %% [markdown]
// Greedy is not the most likely text: a good first character may lead to poor ones. A beam keeps several hypotheses.

// %% Beam
const count = isQuick() ? 6 : 48;
const searched = async (beams: number) => {
  const [best] = await Language.beamSearch(config, whole.params, { prompt, beams, count });
  const { tokens, logProbability } = best as Language.Hypothesis; // one beam at least
  const written = orThrow(printTokenProblem, tokenizer.decode(tokens));
  return { beams, "log probability": logProbability, text: JSON.stringify(written) };
};
display(table([await searched(1), await searched(8)]));

// %% [markdown]
// ## Attention
//
// Full attention holds the scores of all pairs of tokens, which grow with the square of the length. Three others, each a word of the
// configuration: the same numbers in blocks of queries, whose scores are computed again in the backward pass; a window, in which a token sees
// the fifteen before it and itself; and linear attention, which never forms pairs. The parameters have the same shapes, so that one can be
// swapped for another after training.
//
// A step is planned before it is ever run, so that its memory is known. Here the temporaries of one by a single piece of text:

// %% Attention
const withAttention = (attention: Language.AttentionKind): Language.Config => ({
  ...config,
  attention,
});
const swapped = {
  full: config,
  "in blocks": withAttention({ kind: "blockwise", block: 64 }),
  "window of 16": withAttention({ kind: "window", window: 16 }),
  linear: withAttention({ kind: "linear" }),
};
const contexts = isQuick() ? [64, 256] : [64, 128, 256, 512, 1024, 2048, 4096];
display(Pictures.contextChart(swapped, contexts, { ...options, batchSize: 1 }));

// %% [markdown]
// And what they cost in loss, at the context that we train with: swapped into the model as it was trained, and trained so from the start.
// Blocks give the same numbers as full attention, but for rounding, so they are only swapped in.

// %% Swaps
const shelf = openShelf({ tokenizer, text: validation }); // on which models are judged as they are stored
const swap = async (name: string, of: Language.Config) => {
  const { loss } = await shelf.measure({ config: of, params: whole.params });
  const isExact = name === "full" || name === "in blocks";
  const own = isExact ? first : await trainFully(Language.learnerOf(of, start));
  return { attention: name, "loss, swapped": nats(loss), "loss, trained so": nats(own.loss) };
};
const swaps: Awaited<ReturnType<typeof swap>>[] = [];
for (const [name, of] of Object.entries(swapped).slice(isQuick() ? 3 : 0))
  swaps.push(await swap(name, of));
display(table(swaps));

// %% [markdown]
// ## The bytes of a step
//
// Two more ways to train in less memory change what is stored, not what the model is: numbers that wait are kept in 16 bits (bf16), and what is
// inside of a layer is computed again in the backward pass rather than kept. Three models: ours, nanoGPT's larger setting for
// characters, and GPT-2 by one text of its full length.

// %% Bytes
const larger = { ...config, layers: 6, heads: 6, width: 384, context: 256 };
const gpt2 = Language.configOf("gpt2", 50_257);
display(
  table([
    { "peak of a step, MiB": "ours", ...peaksOf(config, options) },
    {
      "peak of a step, MiB": "6 layers of 384, 64 pieces of 256",
      ...peaksOf(larger, { ...options, batchSize: 64 }),
    },
    {
      "peak of a step, MiB": "GPT-2, a piece of 1024",
      ...peaksOf(gpt2, { ...options, batchSize: 1 }),
    },
  ]),
);

// %% [markdown]
// ## Fewer bits
//
// The trained model is stored in 8 bits, with a scale for each channel, or in 4 bits, with a scale for each channel or for each group of 64
// weights. Losses are computed from what is stored: codes are turned back where they are read.
//
// Where 4 bits lose too much, a model can be trained on while it learns to bear them: the loss sees rounded weights, and the gradient goes
// through to the others. That is done here for a fifth of the updates, at a quarter of the rate. Such a model has seen more of the text than
// the untouched one, so its control is the latter, trained on likewise in f32.

// %% Rounding
const tuning: Language.TrainingOptions = {
  ...options,
  seed: 1, // other pieces of the text
  iterations: isQuick() ? 6 : options.iterations / 5,
  learningRate: options.learningRate / 4,
  evaluateEvery: options.iterations, // at the end alone
};
const tune = async (specimen: Language.Specimen, training: Language.Training = {}) =>
  orThrow(printFitProblem, await Language.tuned(corpus, tuning, training)(specimen)()).specimen;

const float = await shelf.put("whole", "f32", whole);
const rowOf = rowBeside(float);

const { int8, int4 } = Compress;
const trainedOn = await shelf.put("trained on", "f32", await tune(whole));
display(
  table(
    [
      float,
      await shelf.put("whole", "bf16", Language.rounded({ kind: "dense", dtype: "bf16" })(whole)),
      await shelf.put("whole", "int8", Language.rounded(int8)(whole)),
      await shelf.put("whole", "int4", Language.rounded(int4)(whole)),
      trainedOn,
      await shelf.put("trained on", "int4", await tune(Language.rounded(int4)(whole))),
    ].map((made) => ({
      ...rowOf(made),
      "numbers, KiB": kibibytes(Compress.packedBytes(Language.stored(made.specimen).packed)),
    })),
  ),
);
const byChannel = await shelf.measure(Language.rounded({ ...int4, per: "channel" })(whole));
display(`loss of int4 with one scale for a whole channel: ${nats(byChannel.loss)}`);

const groupsOf48 = { ...int4, per: { group: 48 } } as const;
console.log(refusalOf(() => Language.stored(Language.rounded(groupsOf48)(whole))));

// %% [markdown]
// ## Fewer weights
//
// Of each matrix of the layers the smallest weights are set to 0: at once, or at once and then trained on as above, while zeros stay zeros. The
// tables of tokens and places stay whole. With nothing pruned that is the control again.

// %% Pruning
/** What came of pruning a share of the weights. */
const pruneTo = async (sparsity: number) => {
  const pruned = Language.pruned(Compress.magnitude({ sparsity, choose: isPruned }))(whole);
  const { loss: atOnce } = await shelf.measure(pruned);
  const name = `${Math.round(100 * sparsity)} %`;
  const tuned = await shelf.put("pruned, tuned", name, await tune(pruned));
  return { percent: 100 * sparsity, atOnce, tuned };
};
const cuts = [{ percent: 0, atOnce: float.loss, tuned: trainedOn }];
for (const sparsity of isQuick() ? [0.8] : [0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
  cuts.push(await pruneTo(sparsity));

display(
  Pictures.sparsityChart(
    cuts.map(({ percent }) => percent),
    {
      "at once": cuts.map(({ atOnce }) => atOnce),
      "and tuned": cuts.map(({ tuned }) => tuned.loss),
    },
  ),
);
display(
  table(
    cuts.map(({ atOnce, tuned }) => ({
      ...rowOf(tuned),
      "above the control": nats(tuned.loss - trainedOn.loss),
      "loss at once": nats(atOnce),
    })),
  ),
);

// %% [markdown]
// A file of a pruned model holds what is not 0, and a bit for each weight that says where that is. In memory the model is as large as before,
// and a product with it takes as long.
//
// ## A smaller model with a teacher
//
// A student of half the width and a single layer learns from the same pieces of the text. Its twin learns from the text alone; the student
// learns half from the text and half from the probabilities that the whole model gives all characters, softened by a temperature of 2.

// %% Distillation
const half: Language.Config = { ...config, width: config.width / 2, layers: 1 };
const born: Language.Model = { config: half, params: Language.init(key(0), half) };
const alone = await trainFully(Language.learnerOf(half, born.params));
const taught = await trainFully(Language.studentOf(born, whole, { temperature: 2, alpha: 0.5 }));
display(Pictures.validationChart({ "whole model": first, twin: alone, student: taught }));
const twin = await shelf.put("twin", "f32", { config: half, params: alone.params });
const student = await shelf.put("student", "f32", { config: half, params: taught.params });
display(
  table(
    [float, twin, student].map((made) => ({
      ...rowOf(made),
      parameters: summary(made.specimen.params).count,
    })),
  ),
);

// %% [markdown]
// ## One after the other
//
// Each of these is a function from models to models, so that they follow each other: half of the weights go, the whole model teaches what is
// left while it is trained on, and the outcome is rounded. The student goes the same way.

// %% Together
const together = async (way: string, specimen: Language.Specimen): Promise<readonly Made[]> => {
  const pruned = Language.pruned(Compress.magnitude({ sparsity: 0.5, choose: isPruned }))(specimen);
  const tuned = await tune(pruned, { teacher: whole });
  const made = [await shelf.put(way, "50 %", tuned)];
  const after = isQuick() ? { int8 } : { int8, int4 }; // the quick student is too narrow for groups of 64
  for (const [name, format] of Object.entries(after))
    made.push(await shelf.put(way, `50 %, ${name}`, Language.rounded(format)(tuned)));
  return made;
};
const chains = [
  float,
  ...(await together("pruned, taught", whole)),
  student,
  ...(await together("student", student.specimen)),
];
display(table(chains.map(rowOf)));

// %% [markdown]
// The models of all tables, by the size of their files. What lies further left and further below is better.

// %% Map
display(Pictures.lossAgainstBytes(shelf.models(), 2 * float.loss));

// %% [markdown]
// ## What to take from it
//
// - The temporaries of full attention grow with the square of the length, those of the others in proportion to it. Blocks cost no loss. A window
//   can be swapped into a trained model at little loss here, and one that was trained with it learned more in as many updates: most of what there
//   is to know of a character lies close by. Linear attention cannot be swapped in, and learned less.
// - Computing again saves the larger model more than bf16 does, and both together more still. What GPT-2 takes falls less far: parameters and the
//   optimiser's state stay as they are, and with a single piece of text they are much of it.
// - Rounding to 8 bits costs about a thousandth of a nat, for nearly four times fewer bytes. 4 bits cost a tenth, most of which a model wins
//   back that learns to bear them.
// - Pruning is dear at once. With tuning half of the weights of the layers go for less than two hundredths; from 80 % on tuning does not make up
//   for it. For the size of the file alone rounding comes first: int8 is smaller than the model without 80 % of these weights, and loses less.
// - The student ends ahead of its twin, at the same size. Both are far behind the whole model, and rounded to 4 bits that is as small as they are.
// - The ways add up: half of the weights gone, taught, and rounded last, a file is a sixth, or in 4 bits less than an eighth, and loses two
//   hundredths against the control, or a tenth. But together is not better of itself: 4 bits alone, learned, are smaller than the pruned model
//   in 8 bits, and lose less.
//
// And what these numbers do not show. This is one seed and one text, on whose few rules a model learns fast; its loss was still falling when
// training ended, so that whatever is trained on gains by that alone: hold it against the control, not against the untouched model. A
// thousandth of a nat is not told apart from luck. And bytes are not time: what runs faster is measured in
// [docs/language](../../docs/language/README.md), with the tables on Shakespeare.
