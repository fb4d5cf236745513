// GPT-2's files of a vocabulary: what is written is read again, and what does not fit is refused with its place.

import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  endOfText,
  loadVocabulary,
  readVocabulary,
  tokenizerOf,
  trainBpe,
  vocabularyFiles,
} from "../../../../src/models/language/tokens/index.ts";
import { forAll } from "../../../support/property.ts";
import { memorySource } from "../../../support/readerLaw.ts";
import { suite } from "../../../support/suite.ts";
import { complaint, right, texts } from "./given.ts";

const test = suite("readVocabulary");

test(
  "reads what vocabularyFiles wrote",
  forAll({ text: texts, symbols: fc.integer({ min: 257, max: 300 }) })(({ text, symbols }) => {
    const trained = right(trainBpe(text.repeat(3), { symbols }));
    const again = right(readVocabulary(vocabularyFiles(trained)));
    assert.equal(again, trained);
    assert.equal(right(tokenizerOf(again)).encode(text), right(tokenizerOf(trained)).encode(text));
  }),
);

const trained = right(trainBpe("ab abc abcd abcd 12 12", { symbols: 300 }));
const files = vocabularyFiles(trained);

test("is GPT-2's form, and takes other ends of lines and no line of a version", () => {
  assert.match(files.vocab, /^\{"!":0,"\\"":1,"#":2,/);
  assert.is(JSON.parse(files.vocab)[endOfText], trained.tokens.length - 1);
  assert.match(files.merges, /^#version: 0\.2\na b\n/);
  const plain = files.merges.split("\n").slice(1).join("\r\n");
  assert.equal(right(readVocabulary({ ...files, merges: plain })), trained);
});

test("knows no special token where the vocabulary has none, and others where they are named", () => {
  const none = right(trainBpe("ab ab", { symbols: 300, special: [] }));
  assert.equal(right(readVocabulary(vocabularyFiles(none))), none);
  const own = right(trainBpe("ab ab", { symbols: 300, special: ["<s>", "<pad>"] }));
  assert.equal(right(readVocabulary(vocabularyFiles(own), { special: ["<s>", "<pad>"] })), own);
  assert.is(
    complaint(readVocabulary(vocabularyFiles(own))),
    'vocab.json: tokens that a merge makes expected, got "<s>"\n' +
      "hint: a merge is missing, or the token belongs to the option special",
  );
});

const vocab = (change: (entries: [string, unknown][]) => void): string => {
  const entries = Object.entries(JSON.parse(files.vocab));
  change(entries);
  return JSON.stringify(Object.fromEntries(entries));
};
const saidOf = (changed: Partial<typeof files>): string =>
  complaint(readVocabulary({ ...files, ...changed }));
const count = trained.tokens.length;

test("refuses what is not JSON, names that are there twice, ids with holes", () => {
  const rule = "vocab.json: an object of tokens and ids in JSON expected";
  assert.is(saidOf({ vocab: "{" }), `${rule}, got another text`);
  assert.is(saidOf({ vocab: "[1]" }), `${rule}, got another value`);
  assert.is(
    saidOf({ vocab: files.vocab.replace("{", '{"ab":7,') }),
    'vocab.json: each token once expected, got "ab" twice',
  );
  const at = (token: string, id: unknown) =>
    vocab((entries) => {
      for (const entry of entries) if (entry[0] === token) entry[1] = id;
    });
  const ids = `vocab.json: ids 0…${count - 1}, without holes, expected`;
  assert.is(saidOf({ vocab: at("ab", count) }), `${ids}, got ${count} for "ab"`);
  assert.is(saidOf({ vocab: at("ab", 1.5) }), `${ids}, got 1.5 for "ab"`);
  assert.is(saidOf({ vocab: at("ab", "7") }), `${ids}, got "7" for "ab"`);
  assert.is(
    saidOf({ vocab: at("ab", 0) }),
    'vocab.json: another id than that of "!" expected, got 0 for "ab"',
  );
});

test("refuses bytes without a token, and merges that do not fit", () => {
  const renamed = vocab((entries) => {
    for (const entry of entries) if (entry[0] === "a") entry[0] = "other";
  });
  assert.is(
    saidOf({ vocab: renamed }),
    'vocab.json: a token for each of the 256 bytes expected, got none for byte 97, "a"',
  );
  const merges = (line: string) =>
    saidOf({ merges: files.merges.replace("a b\n", `a b\n${line}\n`) });
  const fit = "hint: the two files are of different vocabularies";
  assert.is(
    merges("a xy"),
    `merges.txt: line 3: tokens of the vocabulary expected, got "xy"\n${fit}`,
  );
  assert.is(
    merges("a z"),
    `merges.txt: line 3: tokens of the vocabulary expected, got "az"\n${fit}`,
  );
  assert.is(
    merges("a b c"),
    'merges.txt: line 3: two tokens parted by a space expected, got "a b c"',
  );
  assert.is(merges(""), 'merges.txt: line 3: two tokens parted by a space expected, got ""');
  assert.is(merges("a b"), 'merges.txt: line 3: each merge once expected, got "a b" twice');
  assert.match(
    saidOf({ merges: "" }),
    /^vocab\.json: tokens that a merge makes expected, got "ab"\n/,
  );
});

const load = suite("loadVocabulary");
const bytes = (text: string) => new TextEncoder().encode(text);
const stored = { "v/vocab.json": bytes(files.vocab), "v/merges.txt": bytes(files.merges) };

load("reads the files of a folder, by other names too", async () => {
  assert.equal(right(await loadVocabulary("v", {}, memorySource(stored, 50))()), trained);
  const other = { "v/encoder.json": bytes(files.vocab), "v/vocab.bpe": bytes(files.merges) };
  const names = { vocab: "encoder.json", merges: "vocab.bpe" };
  assert.equal(right(await loadVocabulary("v", names, memorySource(other, 50))()), trained);
});

load("says which file is missing, or is not what it should be", async () => {
  const said = async (given: Readonly<Record<string, Uint8Array>>) =>
    complaint(await loadVocabulary("v", {}, memorySource(given, 50))());
  const { "v/merges.txt": _, ...half } = stored;
  assert.is(await said(half), "v/merges.txt: a file expected, got nothing");
  assert.is(
    await said({ ...stored, "v/merges.txt": Uint8Array.of(97, 32, 0xff) }),
    "v/merges.txt:1: UTF-8 expected at byte 3, got byte 0xff\nhint: save the file as UTF-8",
  );
  assert.is(
    await said({ ...stored, "v/vocab.json": bytes("no") }),
    "v/vocab.json: an object of tokens and ids in JSON expected, got another text",
  );
});

for (const it of [test, load]) it.run();
