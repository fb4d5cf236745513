// The command evaluate: how well a model knows a part of a text.

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Language } from "../../src/models/index.ts";
import { type OpenModel, openModel, unpackOf } from "./models.ts";
import type { EvaluateOptions } from "./options.ts";
import { printScores, scoresOf } from "./report.ts";
import { type Cut, cutText, openText } from "./texts.ts";

/** The most scores that are computed at once: 256 MiB of them. */
const mostScores = 2 ** 26;

/** How many pieces of a text are judged at once. */
const batchSizeFor = ({ context, symbols }: Language.Config): number =>
  Math.min(64, Math.max(1, Math.floor(mostScores / (context * symbols))));

/** The mean loss of a model on a text in tokens. */
export const lossOn = async (
  model: Language.SavedModel,
  text: Int32Array,
  device: string | undefined,
): Promise<number> => {
  const unpack = unpackOf(model);
  const judge = Language.judgeOf(
    (params: typeof model.params, tokens) => Language.logits(model.config, unpack(params))(tokens),
    { time: model.config.context, batchSize: batchSizeFor(model.config), device },
  );
  return (await judge(model.params, text)).loss;
};

const judged = async (
  { part, device, json, data }: EvaluateOptions,
  model: OpenModel,
  name: string,
  cut: Cut,
): Promise<void> => {
  const loss = await lossOn(model, cut[part], device);
  const counts = { tokens: cut[part].length, characters: cut.characters[part] };
  const scores = scoresOf(loss, counts);
  if (json) console.log(JSON.stringify({ text: data ?? null, part, ...counts, ...scores }));
  else {
    const whose = part === "train" ? "to learn from" : "to be judged on";
    console.log(`${name}: ${counts.tokens} tokens ${whose}, ${counts.characters} characters`);
    console.log(printScores(scores));
  }
};

/** Judges a model on a part of a text. */
export const evaluate = (options: EvaluateOptions): TE.TaskEither<string, void> =>
  pipe(
    openModel(options.model),
    TE.bindTo("model"),
    TE.bind("text", () => openText(options.data)),
    TE.bind("cut", ({ model, text }) =>
      TE.fromEither(cutText(model.tokenizer, model.config.context, text)),
    ),
    TE.chainTaskK(
      ({ model, text, cut }) =>
        () =>
          judged(options, model, text.name, cut),
    ),
  );
