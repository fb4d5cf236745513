// Text survives being cut into pieces of bytes anywhere, and the first byte that is not UTF-8 is found.

import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import type { DataError } from "../../../../src/models/spatiotemporal/data/errors.ts";
import { makeUtf8Decoder } from "../../../../src/models/spatiotemporal/data/utf8.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("makeUtf8Decoder");

/** The text of bytes in pieces of one length. */
const decode = (bytes: Uint8Array, length: number): E.Either<DataError, string> => {
  const decoder = makeUtf8Decoder("t.csv");
  let text = "";
  for (let at = 0; at < bytes.length; at += length) {
    const piece = decoder.decode(bytes.subarray(at, at + length));
    if (E.isLeft(piece)) return piece;
    text += piece.right;
  }
  const rest = decoder.end();
  return E.isLeft(rest) ? rest : E.right(text + rest.right);
};

const texts = fc
  .array(fc.constantFrom("a", "\n", "é", "漢", "𝄞", "\ufeff"))
  .map((list) => list.join(""));
const lengths = fc.integer({ min: 1, max: 7 });

test(
  "gives the text however the bytes are cut",
  forAll({ text: texts, length: lengths })(({ text, length }) => {
    assert.equal(decode(new TextEncoder().encode(text), length), E.right(text));
  }),
);

test(
  "finds the first byte that cannot be there",
  forAll({ text: texts, at: fc.nat(), bad: fc.integer({ min: 0x80, max: 0xff }), length: lengths })(
    ({ text, at, bad, length }) => {
      const good = new TextEncoder().encode(text);
      const place = at % (good.length + 1);
      const bytes = Uint8Array.from([...good.subarray(0, place), bad, ...good.subarray(place)]);
      const result = decode(bytes, length);
      assert.is(E.isLeft(result), !isUtf8(bytes));
      if (E.isRight(result)) return;
      // All before the byte is the beginning of some UTF-8, and with the byte it is not.
      const byte = Number(/at byte (\d+)$/.exec(result.left.rule)?.[1]);
      const isBeginning = (length: number) => {
        try {
          const decoder = new TextDecoder("utf-8", { fatal: true });
          decoder.decode(bytes.subarray(0, length), { stream: true });
          return true;
        } catch {
          return false;
        }
      };
      assert.ok(isBeginning(byte - 1));
      assert.not(byte <= bytes.length && isBeginning(byte));
      const before = bytes.subarray(0, byte - 1).filter((it) => it === 10).length;
      assert.is(result.left.line, before + 1);
    },
  ),
);

test("says what is there, or that a character is cut off", () => {
  const complaint = (...bytes: readonly number[]) => {
    const result = decode(Uint8Array.from(bytes), 2);
    return E.isLeft(result) ? [result.left.line, result.left.rule, result.left.got] : undefined;
  };
  assert.equal(complaint(0x61, 10, 0x62, 0xff), [2, "UTF-8 expected at byte 4", "byte 0xff"]);
  assert.equal(complaint(0x80, 0x80), [1, "UTF-8 expected at byte 1", "byte 0x80"]);
  assert.equal(complaint(0x61, 0xc3), [
    1,
    "UTF-8 expected at byte 3",
    "a character that is cut off at the end",
  ]);
});

test.run();
