// What a model is worth to whoever gets it: how well it knows a text as it is stored, and the file that it is passed on in.

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Language } from "../../src/models/index.ts";
import { unpackOf } from "./models.ts";

/** What was measured of a model. */
export interface Measured {
  /** Nats a token, computed from what is stored. */
  readonly loss: number;
  /** The bytes of its file: of what is not 0 alone, where that takes fewer bytes and the model was pruned. */
  readonly file: Uint8Array;
}

/** Where models are measured. */
export interface Bench {
  readonly tokenizer: Language.Tokenizer;
  /** What they are judged by, in tokens. */
  readonly text: Int32Array;
}

/** A specimen with the tokens' meaning, as a file has it. */
const asStored = (
  tokenizer: Language.Tokenizer,
  specimen: Language.Specimen,
): Language.SavedModel => {
  const { formats, packed } = Language.stored(specimen);
  const isPacked = specimen.formats !== undefined;
  return { config: specimen.config, params: packed, tokenizer, ...(isPacked ? { formats } : {}) };
};

/** The loss and the file of a specimen. Fails as `encodeModel` does, such as for a tokeniser of other symbols. */
export const measured =
  ({ tokenizer, text }: Bench) =>
  (specimen: Language.Specimen): TE.TaskEither<Language.ModelProblem, Measured> => {
    const model = asStored(tokenizer, specimen);
    const unpack = unpackOf(model);
    const { config } = model;
    const judge = Language.judgeOf(
      (params: typeof model.params, tokens) => Language.logits(config, unpack(params))(tokens),
      { time: config.context },
    );
    return pipe(
      Language.encodeModel(model, { sparse: specimen.masks !== undefined }),
      TE.chainTaskK((file) => async () => ({ loss: (await judge(model.params, text)).loss, file })),
    );
  };
