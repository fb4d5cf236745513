// The joining of bytes into tokens, by Hugging Face's tokenizers.js: the only file that knows it.

import * as library from "@huggingface/tokenizers";

/** What of the library is used. */
interface Library {
  readonly BPE: new (config: {
    readonly type: "BPE";
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (readonly [string, string])[];
  }) => { readonly encode: (pieces: string[]) => string[] };
}

// The declarations of 0.2.0 import each other without the endings of files, which `moduleResolution: NodeNext` does not follow, so that TypeScript finds no
// BPE in them. To be deleted with the first version whose declarations are found.
const { BPE } = library as unknown as Library;

/**
 * The tokens of a piece of text that is written as a vocabulary does. Every byte is to have a token, and every merge's parts and result are: the library leaves
 * out what has none. Its own cutting is not used: it takes JavaScript's blanks for GPT-2's (pieces.ts).
 */
export const joinerOf = (
  tokens: readonly string[],
  merges: readonly (readonly [string, string])[],
): ((piece: string) => readonly string[]) => {
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const model = new BPE({ type: "BPE", vocab, merges });
  return (piece) => model.encode([piece]);
};
