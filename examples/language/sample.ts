// The command sample: a model writes on behind a prompt, as it comes or the most likely text that a beam finds.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Language } from "../../src/models/index.ts";
import { type OpenModel, openModel, unpackOf } from "./models.ts";
import type { SampleOptions, Writing } from "./options.ts";
import { firstOf, startOf, textOf } from "./prompts.ts";

/** The tokens of a prompt, or what the model does not know of it. */
const promptOf = (
  { prompt, model }: SampleOptions,
  { tokenizer }: OpenModel,
): E.Either<string, readonly number[]> => {
  if (prompt === undefined) return E.right(startOf(tokenizer));
  const encoded = tokenizer.encode(prompt);
  return pipe(
    encoded,
    E.bimap(
      (problem) =>
        problem._tag === "UnknownCharacters"
          ? `sample: ${unknownIn(problem.characters)}\nhint: ${model} knows ${problem.symbols} characters: those of the text that it learned from`
          : Language.printTokenProblem(problem),
      (tokens) => [...tokens],
    ),
  );
};

const unknownIn = (characters: readonly Language.UnknownCharacter[]): string => {
  const names = characters.map(({ character }) => {
    const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0"); // a character
    return `${JSON.stringify(character)} (U+${code})`;
  });
  return `a --prompt of characters that the model knows expected, got ${names.join(", ")}`;
};

/** A beam has no place to forget what was before, so prompt and text fit into the context; what is drawn goes on for ever. */
const fitting = (
  { writing, count }: SampleOptions,
  { config: { context } }: OpenModel,
  prompt: readonly number[],
): E.Either<string, void> => {
  const all = prompt.length + count;
  if (writing.kind === "drawn" || all <= context) return E.right(undefined);
  const rule = `a prompt and a text of at most ${context} tokens, the context, expected for --beams`;
  return E.left(
    `sample: ${rule}, got ${prompt.length} and ${count}\nhint: a smaller --count or a shorter --prompt`,
  );
};

/** Says that a prompt is longer than what a model sees at once. */
const warnOf = ({ config: { context } }: OpenModel, prompt: readonly number[]): void => {
  if (prompt.length > context)
    process.stderr.write(
      `sample: of ${prompt.length} tokens of the prompt the last ${context} are read, the context of the model\n`,
    );
};

/** Tokens behind a prompt. */
const tokensBehind = async function* (
  model: OpenModel,
  prompt: readonly number[],
  { count, device }: SampleOptions,
  writing: Writing,
): AsyncGenerator<number, void> {
  const { config, params } = model;
  const reading = { prompt, device, unpack: unpackOf(model) };
  if (writing.kind === "drawn") {
    const { kind: _, ...choice } = writing;
    yield* firstOf(count, Language.generate(config, params, { ...reading, ...choice }));
    return;
  }
  const { beams } = writing;
  const [best] = await Language.beamSearch(config, params, { ...reading, beams, count });
  yield* best?.tokens ?? [];
};

const write = async (
  options: SampleOptions,
  model: OpenModel,
  prompt: readonly number[],
): Promise<void> => {
  const { json, prompt: begun = "" } = options;
  warnOf(model, prompt);
  const tokens = tokensBehind(model, prompt, options, options.writing);
  let text = "";
  if (!json) process.stdout.write(begun);
  for await (const piece of textOf(model.tokenizer, tokens)) {
    text += piece;
    if (!json) process.stdout.write(piece);
  }
  process.stdout.write(json ? `${JSON.stringify({ prompt: begun, text })}\n` : "\n");
};

/** Writes text behind a prompt to stdout, as it comes. */
export const sample = (options: SampleOptions): TE.TaskEither<string, void> =>
  pipe(
    openModel(options.model),
    TE.bindTo("model"),
    TE.bind("prompt", ({ model }) => TE.fromEither(promptOf(options, model))),
    TE.chainFirst(({ model, prompt }) => TE.fromEither(fitting(options, model, prompt))),
    TE.chainTaskK(
      ({ model, prompt }) =>
        () =>
          write(options, model, prompt),
    ),
  );
