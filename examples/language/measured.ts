// What a model is worth to whoever gets it: how well it knows a text as it is stored, and the file that it is passed on in.

import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { Language } from "../../src/models/index.ts";
import { lossOn } from "./evaluate.ts";

/** What was measured of a model. */
export interface Measured {
  /** The model as it is stored. */
  readonly model: Language.SavedModel;
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
  readonly device?: string | undefined;
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

/** How a specimen is written: what is pruned takes next to nothing. */
export const writingOf = ({ masks }: Language.Specimen): Language.WritingOptions => ({
  sparse: masks !== undefined,
});

/** The loss and the file of a specimen. Fails as `encodeModel` does, such as for a tokeniser of other symbols. */
export const measured =
  ({ tokenizer, text, device }: Bench) =>
  (specimen: Language.Specimen): TE.TaskEither<Language.ModelProblem, Measured> => {
    const model = asStored(tokenizer, specimen);
    return pipe(
      Language.encodeModel(model, writingOf(specimen)),
      TE.chainTaskK((file) => async () => ({
        model,
        loss: await lossOn(model, text, device),
        file,
      })),
    );
  };
