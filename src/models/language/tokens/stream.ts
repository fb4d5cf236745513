// A text that is written token by token. A token may end within a character: what is incomplete waits for the next one.

import * as E from "fp-ts/lib/Either.js";
import { unknownTokenIn } from "./known.ts";
import type { TokenProblem } from "./problem.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** A text that is being written. All that it gave, joined, is what `decode` gives of all tokens. */
export interface TextStream {
  /** What the text goes on with by a token, without the beginning of a character that is incomplete. Fails with UnknownToken, and stays as it was. */
  readonly push: (token: number) => E.Either<TokenProblem, string>;
  /** What was held back: U+FFFD, or nothing. The next token begins a new text. */
  readonly end: () => string;
}

/**
 * A new text of a tokeniser's tokens.
 *
 * @example
 * import { Language } from "pullback/models";
 * const stream = decodeStream(Language.byteTokenizer);
 * const parts = [0xc3, 0xa9].map((byte) => stream.push(byte));
 * parts.map((part) => (part._tag === "Right" ? part.right : "?")) // ["", "é"]
 */
export const decodeStream = ({ bytesOf, decode, symbols }: Tokenizer): TextStream => {
  let at = 0;
  const checked = (write: (token: number) => E.Either<TokenProblem, string>) => (token: number) => {
    const unknown = unknownTokenIn([token], symbols);
    if (unknown?._tag === "UnknownToken") return E.left({ ...unknown, at });
    at++;
    return write(token);
  };
  const restart = (): void => {
    at = 0;
  };
  if (bytesOf === undefined)
    return {
      push: checked((token) => decode([token])),
      end: () => {
        restart();
        return "";
      },
    };
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    push: checked((token) => E.right(decoder.decode(bytesOf(token), { stream: true }))),
    end: () => {
      restart();
      return decoder.decode();
    },
  };
};
