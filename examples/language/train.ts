// The command train: a Transformer learns to continue a text; it is judged, writes a little, and is kept with its curves.

import { join } from "node:path";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type DeviceInfo, deviceInfo, key, printDevice } from "../../src/index.ts";
import { Language } from "../../src/models/index.ts";
import { jsonLines, printFitProblem, summary, tensorBoard } from "../../src/nn/index.ts";
import { writableFolder, writing } from "../places.ts";
import type { Ending } from "../program.ts";
import type { TrainOptions } from "./options.ts";
import { startOf, textOf } from "./prompts.ts";
import { lossChart, printScores, type Scores, scoresOf, trainingIn } from "./report.ts";
import {
  type Cut,
  charactersIn,
  cutText,
  describeTokens,
  digestOf,
  type NamedText,
  openText,
  tokenizerFor,
} from "./texts.ts";

/** Characters of the text that a trained model writes. */
const sampleLength = 300;

/** What is trained, and on what. */
interface Task {
  readonly text: NamedText;
  readonly tokenizer: Language.Tokenizer;
  readonly config: Language.Config;
  readonly corpus: Cut;
}

const taskOf = (options: TrainOptions): TE.TaskEither<string, Task> =>
  pipe(
    openText(options.data),
    TE.bindTo("text"),
    TE.bind("tokenizer", ({ text }) => tokenizerFor(options.tokens, text)),
    TE.let("config", ({ tokenizer }) =>
      Language.configOf(options.model, tokenizer.symbols, options.changes),
    ),
    TE.bind("corpus", ({ text, tokenizer, config }) =>
      TE.fromEither(cutText(tokenizer, config.context, text)),
    ),
  );

const describeText = ({ text: { name, text }, corpus }: Task): string => {
  const [learned, judged] = [corpus.train.length, corpus.validation.length];
  return `${name}: ${charactersIn(text)} characters, ${learned} tokens to learn from, ${judged} to be judged on`;
};

const describeAttention = ({ attention }: Language.Config): string =>
  attention.kind === "window"
    ? `attention to a window of ${attention.window}`
    : `${attention.kind} attention`;

/** What text, tokens and model are, in lines. */
const describe = (
  options: TrainOptions,
  task: Task,
  params: Language.Params,
  info: DeviceInfo,
): string => {
  const { config, tokenizer } = task;
  const { layers, width, heads, groups, context } = config;
  const shared = groups === undefined ? "" : ` in ${groups} groups`;
  const sizes = `${layers} layers of width ${width}, ${heads} heads${shared}, context ${context}, ${describeAttention(config)}`;
  const recomputed = options.recompute ? ", layers computed again" : "";
  return [
    describeText(task),
    `tokens: ${describeTokens(tokenizer)}`,
    `${options.model}: ${sizes}; ${summary(params).count} parameters`,
    `stored in ${options.precision}${recomputed}`,
    `device ${printDevice(info)}`,
  ].join("\n");
};

/** What of a task decides a run, as plain data. */
const settingsOf = ({ text, tokenizer, config }: Task): unknown => ({
  text: digestOf(text.text),
  tokens: digestOf(JSON.stringify(tokenizer.description)),
  config,
});

/** Trains, and ends with a checkpoint where it is interrupted. */
export const train = (options: TrainOptions, info: DeviceInfo): TE.TaskEither<string, Ending> =>
  pipe(
    writableFolder(options.folder),
    TE.chain(() => taskOf(options)),
    TE.chain((task) => trainOn(options, task, info)),
  );

const trainOn = (
  options: TrainOptions,
  task: Task,
  info: DeviceInfo,
): TE.TaskEither<string, Ending> => {
  const { folder, json, recompute, data: _data, ...training } = options;
  const params = Language.init(key(options.seed), task.config);
  if (!json) console.log(describe(options, task, params, info));
  return pipe(
    Language.train(task.corpus, Language.learnerOf(task.config, params, { recompute }), {
      ...training,
      time: task.config.context,
      settings: settingsOf(task),
      checkpoints: { folder, every: { seconds: 60 } },
      loggers: [jsonLines(join(folder, "metrics.jsonl")), tensorBoard(folder)],
      resume: true,
      progress: json ? "silent" : "auto",
      signals: true,
    }),
    TE.mapLeft(printFitProblem),
    TE.chain((trained) =>
      trained.outcome === "interrupted"
        ? TE.right<string, Ending>("interrupted")
        : afterTraining(options, task, trained),
    ),
  );
};

/** Writes the model and its curves, and says how good it is and how it writes. */
const afterTraining = (
  options: TrainOptions,
  task: Task,
  { params, validation }: Language.Trained<Language.Params>,
): TE.TaskEither<string, Ending> => {
  const [path, chart] = ["model.safetensors", "loss.png"].map((name) =>
    join(options.folder, name),
  ) as [string, string]; // two
  const { config, tokenizer } = task;
  const { loss } = validation.at(-1) as { readonly loss: number }; // it is judged in the end
  const scores = scoresOf(loss, {
    tokens: task.corpus.validation.length,
    characters: task.corpus.characters.validation,
  });
  return pipe(
    Language.saveModel(path, {
      config,
      tokenizer,
      params: Language.stored({ config, params }).packed,
    }),
    TE.mapLeft(Language.printModelProblem),
    TE.chain(() =>
      writing(chart, () => {
        const training = trainingIn(join(options.folder, "metrics.jsonl"), options.microBatches);
        return lossChart({ training, validation }).save(chart);
      }),
    ),
    TE.chainTaskK(() => () => written(options, task, params)),
    TE.map((sample): Ending => {
      const seconds = performance.now() / 1000; // since the process started
      const told = { scores, validation, sample, path, chart, seconds };
      if (options.json) tellAsJson(options, task, params, told);
      else console.log(printed(told));
      return "done";
    }),
  );
};

/** What is told of a training run. */
interface Told {
  readonly scores: Scores;
  readonly validation: Language.Trained<Language.Params>["validation"];
  readonly sample: string;
  readonly path: string;
  readonly chart: string;
  readonly seconds: number;
}

const tellAsJson = (
  { device: named, model }: TrainOptions,
  task: Task,
  params: Language.Params,
  { scores, ...told }: Told,
): void => {
  const { device, mode } = deviceInfo(named);
  const { count: parameters } = summary(params);
  const { config } = task;
  const found = { text: describeText(task), model, config, parameters, device, mode };
  console.log(JSON.stringify({ ...found, ...scores, ...told }));
};

const printed = ({ scores, validation, sample, path, chart, seconds }: Told): string => {
  const updates = validation.at(-1)?.iteration ?? 0;
  return [
    `\nvalidation: ${printScores(scores)}`,
    `${updates} updates; ${seconds.toFixed(1)} s in all`,
    `\n${sample}\n`,
    `model  ${path}\ncurve  ${chart}`,
  ].join("\n");
};

/** A little text by a model. */
const written = async (
  { seed, device }: TrainOptions,
  { config, tokenizer }: Task,
  params: Language.Params,
): Promise<string> => {
  const tokens = Language.generate(config, params, {
    prompt: startOf(tokenizer),
    temperature: 0.8,
    seed,
    device,
  });
  let sample = "";
  for await (const piece of textOf(tokenizer, tokens)) {
    sample += piece;
    if (sample.length >= sampleLength) break;
  }
  return sample.slice(0, sampleLength);
};
