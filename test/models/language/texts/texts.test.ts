// Texts from files, their two parts, and what is said of texts that do not do.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import {
  corpusOf,
  printTextProblem,
  readText,
  splitText,
  type TextProblem,
} from "../../../../src/models/language/texts/index.ts";
import {
  byteTokenizer,
  charactersOf,
  tokenizerOf,
} from "../../../../src/models/language/tokens/index.ts";
import { testOnData } from "../../../support/data.ts";
import { forAll } from "../../../support/property.ts";
import { memorySource } from "../../../support/readerLaw.ts";
import { suite } from "../../../support/suite.ts";
import { texts } from "../tokens/given.ts";

const right = <A>(result: E.Either<TextProblem, A>): A => {
  if (E.isLeft(result)) throw new Error(printTextProblem(result.left));
  return result.right;
};
const complaint = (result: E.Either<TextProblem, unknown>): string =>
  E.isLeft(result) ? printTextProblem(result.left) : "none";

const reading = suite("readText");
const utf8 = (text: string) => new TextEncoder().encode(text);

reading(
  "gives the text of a file, however it is cut, without a byte-order mark",
  forAll({ text: texts, size: fc.integer({ min: 1, max: 9 }), marked: fc.boolean() })(
    async ({ text, size, marked }) => {
      fc.pre(text !== "" && !text.startsWith("\uFEFF"));
      const source = memorySource({ f: utf8(`${marked ? "\uFEFF" : ""}${text}`) }, size);
      assert.is(right(await readText("f", source)()), text);
    },
  ),
);

reading("says what is wrong with a file: not there, empty, not UTF-8", async () => {
  const said = async (bytes?: Uint8Array) =>
    complaint(await readText("in.txt", memorySource(bytes ? { "in.txt": bytes } : {}, 3))());
  assert.is(await said(), "in.txt: a file expected, got nothing");
  assert.is(await said(new Uint8Array(0)), "in.txt: a text expected, got an empty file");
  assert.is(await said(utf8("\uFEFF")), "in.txt: a text expected, got an empty file");
  assert.is(
    await said(Uint8Array.of(...utf8("é\nab"), 0xe9, 0x62)),
    "in.txt:2: UTF-8 expected at byte 7, got byte 0x62\nhint: save the file as UTF-8",
  );
  assert.match(
    complaint(await readText("no/such/file.txt")()),
    /^no\/such\/file\.txt: a file expected, got nothing$/,
  );
});

const splitting = suite("splitText");

splitting(
  "gives two texts that are the text, the first of ⌊share · length⌋ whole characters",
  forAll({ text: texts, share: fc.double({ min: 0, max: 1, noNaN: true }) })(({ text, share }) => {
    const { train, validation } = splitText(text, share);
    assert.is(train + validation, text);
    assert.is([...train].length, Math.floor(share * [...text].length));
  }),
);

splitting("takes 90 % to learn from", () => {
  assert.equal(splitText("0123456789abcdefghi"), { train: "0123456789abcdefg", validation: "hi" });
});

const corpus = suite("corpusOf");

corpus("is the two parts in tokens, with the symbols of the tokeniser", () => {
  const found = right(corpusOf(byteTokenizer, { context: 1, share: 0.5 })("abéc"));
  assert.equal([...found.train], [97, 98]);
  assert.equal([...found.validation], [0xc3, 0xa9, 99]);
  assert.is(found.symbols, 256);
});

corpus("refuses a text that is too short for the context, and options outside their range", () => {
  const said = (text: string, context: number, share?: number) =>
    complaint(
      corpusOf(byteTokenizer, { context, ...(share === undefined ? {} : { share }) })(text),
    );
  const hint = "hint: take a longer text or a shorter context";
  assert.is(
    said("ten tokens", 9),
    `corpusOf: more than 9 tokens, the context, to learn from expected, got 9\n${hint}`,
  );
  assert.is(
    said("ten tokens", 8),
    `corpusOf: more than 8 tokens, the context, to be judged on expected, got 1\n${hint}`,
  );
  assert.is(said("x".repeat(50), 4), "none");
  assert.is(said("text", 0), "corpusOf: a context ≥ 1 expected, got 0");
  assert.is(said("text", 1, 1), "corpusOf: a share in (0, 1) expected, got 1");
});

corpus("says where in the whole text an unknown character is", () => {
  const tokenizer = right(tokenizerOf(charactersOf("a\n")));
  const said = complaint(corpusOf(tokenizer, { context: 1, share: 0.5 })("a\na\na\naé"));
  assert.match(said, /got "é" \(U\+00E9\) once, first in line 4, column 2\n/);
});

testOnData(
  corpus,
  "tinyshakespeare",
  "splits tiny Shakespeare as nanoGPT does: 1 003 854 and 111 540 of 65 characters",
  async (folder) => {
    const text = right(await readText(`${folder}/input.txt`)());
    const tokenizer = right(tokenizerOf(charactersOf(text)));
    const { train, validation, symbols } = right(corpusOf(tokenizer, { context: 64 })(text));
    assert.equal([train.length, validation.length, symbols], [1003854, 111540, 65]);
    assert.equal([...train.subarray(0, 5)], [18, 47, 56, 57, 58]); // "First"
  },
);

testOnData(corpus, "names", "reads a list of names as a text of lines", async (folder) => {
  const text = right(await readText(`${folder}/names.txt`)());
  const { characters } = charactersOf(text);
  assert.is(characters.join(""), "\nabcdefghijklmnopqrstuvwxyz");
  assert.is(text.trimEnd().split("\n").length, 32033);
});

for (const it of [reading, splitting, corpus]) it.run();
