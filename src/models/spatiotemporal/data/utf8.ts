// Bytes as text, strictly: what is not UTF-8 is an error that says where, never a replacement
// character in somebody's name.

import * as E from "fp-ts/lib/Either.js";
import type { DataError } from "./errors.ts";

/** Takes the bytes of a file in pieces, cut anywhere, and gives its text in as many. */
export interface Utf8Decoder {
  readonly decode: (bytes: Uint8Array) => E.Either<DataError, string>;
  /** To be called once, after the last piece. */
  readonly end: () => E.Either<DataError, string>;
}

/** A decoder for a file. It keeps a byte-order mark. Fails with BadEncoding. */
export const makeUtf8Decoder = (file: string): Utf8Decoder => {
  const decoder = newDecoder();
  let before = 0; // bytes of earlier pieces
  let lines = 1; // the line on which the present piece begins
  let tail: Uint8Array = new Uint8Array(0); // the last bytes of earlier pieces, where a character may be cut

  const attempt = (bytes: Uint8Array, decode: () => string): E.Either<DataError, string> => {
    try {
      return E.right(decode());
    } catch {
      const seen = join(tail, bytes);
      const good = longestGood(seen, tail.length);
      const line = lines + countBreaks(seen.subarray(tail.length, good));
      const byte = before - tail.length + good + 1;
      return E.left(badEncoding(file, line, byte, seen[good]));
    }
  };

  return {
    decode: (bytes) => {
      const text = attempt(bytes, () => decoder.decode(bytes, { stream: true }));
      before += bytes.length;
      lines += countBreaks(bytes);
      tail = join(tail, bytes.subarray(-3)).slice(-3);
      return text;
    },
    end: () => attempt(new Uint8Array(0), () => decoder.decode()),
  };
};

const newDecoder = (): TextDecoder => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const badEncoding = (
  file: string,
  line: number,
  byte: number,
  value: number | undefined,
): DataError => {
  const got =
    value === undefined
      ? "a character that is cut off at the end"
      : `byte 0x${value.toString(16).padStart(2, "0")}`;
  return { _tag: "BadEncoding", file, line, rule: `UTF-8 expected at byte ${byte}`, got };
};

const join = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
};

const countBreaks = (bytes: Uint8Array): number => {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
  return count;
};

/** How many bytes there are before the first that cannot be there. */
const longestGood = (bytes: Uint8Array, tail: number): number => {
  // The tail of earlier pieces, which were good, may begin within a character.
  let start = 0;
  while (start < tail && ((bytes[start] as number) & 0xc0) === 0x80) start++; // tail ≤ bytes.length
  const isGood = (length: number): boolean => {
    try {
      newDecoder().decode(bytes.subarray(start, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let [good, bad] = [start, bytes.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isGood(middle)) good = middle;
    else bad = middle;
  }
  return good;
};
