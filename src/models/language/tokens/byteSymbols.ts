// How GPT-2's vocabulary writes bytes: those that print in Latin-1 as themselves, the others as the characters from U+0100 on, so that no token has a blank
// in it (bytes_to_unicode of https://github.com/openai/gpt-2/blob/master/src/encoder.py).

import { bytesOfText } from "./bytes.ts";

const prints = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

const all = Array.from({ length: 256 }, (_, byte) => byte);

/** The 256 bytes in the order of their tokens: those that print first. */
export const bytesInOrder: readonly number[] = [
  ...all.filter(prints),
  ...all.filter((byte) => !prints(byte)),
];

/** The character that stands for each byte. */
export const symbolOfByte: readonly string[] = (() => {
  const others = all.filter((byte) => !prints(byte));
  return all.map((byte) => String.fromCharCode(prints(byte) ? byte : 0x100 + others.indexOf(byte)));
})();

const byteOfSymbol = new Map(symbolOfByte.map((symbol, byte) => [symbol, byte]));

/**
 * A text, its bytes in UTF-8 written as a vocabulary does.
 *
 * @example
 * symbolsOfText(" né") // ĠnÃ©
 */
export const symbolsOfText = (text: string): string =>
  Array.from(bytesOfText(text), (byte) => symbolOfByte[byte]).join("");

/** The bytes of a token as a vocabulary writes it; undefined where a character stands for no byte. */
export const bytesOfSymbols = (token: string): Uint8Array | undefined => {
  const bytes = Array.from(token, (symbol) => byteOfSymbol.get(symbol) ?? -1);
  return bytes.includes(-1) ? undefined : Uint8Array.from(bytes);
};
