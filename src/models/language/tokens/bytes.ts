// A token for each byte of a text in UTF-8, 256 in all: no text is unknown.

import * as E from "fp-ts/lib/Either.js";
import { unknownTokenIn } from "./known.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The text of bytes in UTF-8, a byte-order mark as the character that it is; what is not UTF-8 becomes U+FFFD. */
export const textOfBytes = (bytes: Uint8Array): string =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

const encoder = new TextEncoder();

/** The bytes of a text in UTF-8; a surrogate without its other half becomes U+FFFD. */
export const bytesOfText = (text: string): Uint8Array => encoder.encode(text);

/** A tokeniser of bytes. A surrogate without its other half, which UTF-8 cannot write, is read as U+FFFD. */
export const byteTokenizer: Tokenizer = {
  description: { _tag: "bytes" },
  symbols: 256,
  encode: (text) => E.right(Int32Array.from(bytesOfText(text))),
  decode: (tokens) => {
    const unknown = unknownTokenIn(tokens, 256);
    return unknown === undefined ? E.right(textOfBytes(Uint8Array.from(tokens))) : E.left(unknown);
  },
  bytesOf: (token) => Uint8Array.of(token),
};
