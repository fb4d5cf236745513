// Tokenisers of characters and of bytes, texts written token by token, and descriptions.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  byteTokenizer,
  charactersOf,
  decodeStream,
  readDescription,
  type Tokenizer,
  tokenizerOf,
  trainBpe,
} from "../../../../src/models/language/tokens/index.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import { codeUnits, complaint, right, texts, wellFormed } from "./given.ts";

const characters = suite("characterTokenizer");
const of = (text: string): Tokenizer => right(tokenizerOf(charactersOf(text)));

characters(
  "reads and writes every text of its characters, halves of them too",
  forAll({ text: fc.oneof(texts, codeUnits), more: texts })(({ text, more }) => {
    fc.pre(text + more !== "");
    const { symbols, encode, decode } = of(text + more);
    const tokens = right(encode(text));
    assert.is(tokens.length, [...text].length);
    assert.ok(tokens.every((token) => token >= 0 && token < symbols));
    assert.is(right(decode(tokens)), text);
  }),
);

characters("numbers code points in their order, as nanoGPT does", () => {
  const { symbols, encode } = of("Zürich, 🎉 ﬁn\n");
  assert.is(symbols, 12);
  assert.equal([...right(encode("\n ,Zcfhinrü".replace("f", "")))], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal([...right(encode("ﬁ🎉"))], [10, 11]); // U+FB01 before U+1F389, though its code unit comes behind
});

characters("says which characters it does not know, where and how often", () => {
  const { encode } = of("ab\n");
  assert.is(
    complaint(encode("ab\n🎉é\nba\té🎉é")),
    'encode: the 3 characters of the tokeniser expected, got "🎉" (U+1F389) 2 times, first in line 2, column 1; ' +
      '"é" (U+00E9) 3 times, first in line 2, column 2; "\\t" (U+0009) once, first in line 3, column 3\n' +
      "hint: take them out of the text, make the tokeniser from a text that has them, or use bytes, which write any text",
  );
  assert.match(complaint(encode("123456789")), /; 4 more\nhint/);
});

characters("refuses tokens that it does not have, and descriptions of none", () => {
  const { decode } = of("ab");
  assert.is(complaint(decode([0, 1, 2])), "decode: tokens in 0…1 expected, got 2 at index 2");
  assert.is(complaint(decode([-1])), "decode: tokens in 0…1 expected, got -1 at index 0");
  assert.is(complaint(decode([0.5])), "decode: tokens in 0…1 expected, got 0.5 at index 0");
  const said = (list: readonly string[]) =>
    complaint(tokenizerOf({ _tag: "characters", characters: list }));
  assert.is(said([]), "characterTokenizer: one character or more expected, got none");
  assert.is(
    said(["a", "b", "a"]),
    'characterTokenizer: each character once expected, got "a" twice',
  );
  assert.is(said(["ab"]), 'characterTokenizer: one code point for each token expected, got "ab"');
});

const bytes = suite("byteTokenizer");

bytes(
  "writes every text; half a character is read as U+FFFD",
  forAll({ text: fc.oneof(texts, codeUnits) })(({ text }) => {
    const tokens = right(byteTokenizer.encode(text));
    assert.equal([...tokens], [...Buffer.from(text, "utf8")]);
    assert.is(right(byteTokenizer.decode(tokens)), wellFormed(text));
  }),
);

bytes("keeps a byte-order mark, replaces what is not UTF-8, refuses 256", () => {
  assert.is(right(byteTokenizer.decode([0xef, 0xbb, 0xbf, 0x61])), "\uFEFFa");
  assert.is(right(byteTokenizer.decode([0x61, 0xff, 0xc3])), "a\uFFFD\uFFFD");
  assert.is(
    complaint(byteTokenizer.decode([256])),
    "decode: tokens in 0…255 expected, got 256 at index 0",
  );
});

const stream = suite("decodeStream");
const trained = right(tokenizerOf(right(trainBpe("日本 日本 🎉🎉 été été", { symbols: 270 }))));

const streamed = (tokenizer: Tokenizer, tokens: Iterable<number>): readonly string[] => {
  const { push, end } = decodeStream(tokenizer);
  return [...[...tokens].map((token) => right(push(token))), end()];
};

stream(
  "gives, joined, what all tokens give at once, and never a half of a character before its end",
  forAll({ text: texts })((given) => {
    const text = given.text;
    for (const tokenizer of [byteTokenizer, trained, of(`${text}.`)]) {
      const parts = streamed(tokenizer, right(tokenizer.encode(text)));
      assert.is(parts.join(""), text);
      assert.is(parts.at(-1), "");
      for (const part of parts) assert.is(wellFormed(part), part);
    }
  }),
);

stream(
  "gives any tokens as decode does",
  forAll({ tokens: fc.array(fc.nat(trained.symbols - 1)) })(({ tokens }) => {
    assert.is(streamed(trained, tokens).join(""), right(trained.decode(tokens)));
  }),
);

stream("holds back what is incomplete, and refuses without losing it", () => {
  const { push, end } = decodeStream(byteTokenizer);
  assert.is(right(push(0xe6)), "");
  assert.is(complaint(push(300)), "decode: tokens in 0…255 expected, got 300 at index 1");
  assert.is(right(push(0x97)), "");
  assert.is(right(push(0xa5)), "日");
  assert.is(right(push(0xe6)), "");
  assert.is(end(), "\uFFFD");
  assert.is(right(push(0x61)), "a");
});

const described = suite("readDescription");

described(
  "gives back what JSON kept of a tokeniser",
  forAll({ text: fc.oneof(texts, codeUnits) })(({ text }) => {
    fc.pre(text !== "");
    for (const tokenizer of [byteTokenizer, trained, of(text)]) {
      const kept = JSON.parse(JSON.stringify(tokenizer.description));
      const again = right(tokenizerOf(right(readDescription(kept))));
      assert.equal(again.description, tokenizer.description);
      assert.equal(again.encode(text), tokenizer.encode(text));
    }
  }),
);

described("refuses values of another form", () => {
  const rule = "readDescription: a tokeniser of characters, bytes or bpe expected";
  assert.is(complaint(readDescription(undefined)), `${rule}, got nothing`);
  assert.is(complaint(readDescription({ _tag: "words" })), `${rule}, got {"_tag":"words"}`);
  const numbers = { _tag: "characters", characters: [1] };
  assert.is(complaint(readDescription(numbers)), `${rule}, got ${JSON.stringify(numbers)}`);
});

for (const it of [characters, bytes, stream, described]) it.run();
