// Byte-pair encoding: the cutting, training against a trainer that counts everything anew, and encoding against Hugging Face's tokenizers 0.23.2 for Python.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import * as assert from "uvu/assert";
import {
  bytesInOrder,
  symbolOfByte,
  symbolsOfText,
} from "../../../../src/models/language/tokens/byteSymbols.ts";
import {
  bpeTokenizer,
  endOfText,
  tokenizerOf,
  trainBpe,
  type Vocabulary,
} from "../../../../src/models/language/tokens/index.ts";
import {
  type Counted,
  goesBefore,
  pairHeap,
} from "../../../../src/models/language/tokens/pairHeap.ts";
import { cutAt, piecesOf } from "../../../../src/models/language/tokens/pieces.ts";
import { testOnData } from "../../../support/data.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import { codeUnits, complaint, right, texts, wellFormed } from "./given.ts";

const pieces = suite("piecesOf");

pieces(
  "cuts a text without a rest",
  forAll({ text: fc.oneof(texts, codeUnits) })(({ text }) => piecesOf(text).join("") === text),
);

pieces("cuts as GPT-2 does; U+0085 is a blank and U+FEFF none", () => {
  const cut = (text: string) => piecesOf(text).join("|");
  assert.is(cut("Don't they'll I'VE 12a"), "Don|'t| they|'ll| I|'|VE| 12|a");
  assert.is(cut("a  b\n\n c \n"), "a| | b|\n\n| c| \n");
  assert.is(cut("a \uFEFF\u0085\u0085b"), "a| \uFEFF|\u0085|\u0085|b");
  assert.is(cut("é日1½ _-!"), "é日|1½| _-!");
});

pieces("cuts at special tokens, the longer of two first", () => {
  assert.equal(cutAt(["<a>", "<a>b", "."])("x<a>b.<a>"), ["x", "<a>b", "", ".", "", "<a>", ""]);
  assert.equal(cutAt([])("x<a>"), ["x<a>"]);
});

const heap = suite("pairHeap");
const pairs: fc.Arbitrary<Counted> = fc.record(
  { first: fc.nat(4), second: fc.nat(4), count: fc.nat(4) },
  { noNullPrototype: true },
);

heap(
  "gives pairs in their order",
  forAll({ items: fc.array(pairs) })(({ items }) => {
    const { put, take } = pairHeap();
    items.forEach(put);
    const order = (a: Counted, b: Counted) => (goesBefore(a, b) ? -1 : goesBefore(b, a) ? 1 : 0);
    assert.equal(
      items.map(() => take()),
      [...items].sort(order),
    );
    assert.is(take(), undefined);
  }),
);

const training = suite("trainBpe");

/** Algorithm 1 of Sennrich, Haddow & Birch as it is written: counts everything again for each merge. */
const naive = (text: string, symbols: number): readonly string[] => {
  const tokens = bytesInOrder.map((byte) => symbolOfByte[byte] as string);
  const words = piecesOf(text).map((piece) => [...symbolsOfText(piece)]);
  const merges: string[] = [];
  while (tokens.length < symbols) {
    const counts = new Map<string, number>();
    for (const word of words)
      for (let i = 0; i + 1 < word.length; i++) {
        const pair = `${word[i]} ${word[i + 1]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    const rank = (pair: string): readonly number[] =>
      pair.split(" ").map((it) => tokens.indexOf(it));
    const [best] = [...counts].sort(([a, n], [b, m]) => {
      const [[a0 = 0, a1 = 0], [b0 = 0, b1 = 0]] = [rank(a), rank(b)];
      return m - n || a0 - b0 || a1 - b1;
    });
    if (best === undefined || best[1] < 2) break;
    const [first = "", second = ""] = best[0].split(" ");
    merges.push(best[0]);
    if (!tokens.includes(first + second)) tokens.push(first + second);
    for (const word of words)
      for (let i = 0; i + 1 < word.length; i++)
        if (word[i] === first && word[i + 1] === second) word.splice(i, 2, first + second);
  }
  return merges;
};

const repeating = fc.string({
  unit: fc.constantFrom("a", "b", "ab", "aa", "ba", " ", "é", "日本", "1"),
  maxLength: 60,
});

training(
  "joins what a trainer joins that counts everything anew",
  forAll({ text: repeating, joined: fc.nat(20) })(({ text, joined }) => {
    const trained = right(trainBpe(text, { symbols: 256 + joined, special: [] }));
    assert.equal(trained.merges, naive(text, 256 + joined));
  }),
);

training(
  "gives a vocabulary that reads and writes every text; half a character is read as U+FFFD",
  forAll({ seen: repeating, text: fc.oneof(texts, codeUnits, repeating) })(({ seen, text }) => {
    const { encode, decode, symbols } = right(tokenizerOf(right(trainBpe(seen, { symbols: 280 }))));
    assert.ok(symbols <= 280);
    const given = `${text}${endOfText}${text}`;
    const tokens = right(encode(given));
    assert.ok(tokens.every((token) => token >= 0 && token < symbols));
    assert.ok(tokens.includes(symbols - 1));
    assert.is(right(decode(tokens)), wellFormed(given));
  }),
);

training("never joins what occurs less often than asked for", () => {
  const merges = (leastCount: number) =>
    right(trainBpe("ab ab ab cd cd e", { symbols: 300, leastCount })).merges;
  assert.equal(merges(4), []);
  assert.equal(merges(3), ["a b"]);
  assert.equal(merges(2), ["a b", "c d", "Ġ ab", "Ġ cd"]);
});

training("refuses too few symbols, and special tokens that cannot be told", () => {
  const said = (symbols: number, special?: readonly string[], leastCount?: number) =>
    complaint(
      trainBpe("text", {
        symbols,
        ...(special ? { special } : {}),
        ...(leastCount === undefined ? {} : { leastCount }),
      }),
    );
  assert.is(said(256), "trainBpe: symbols in 257…67108863 expected, got 256");
  assert.is(said(Number.NaN), "trainBpe: symbols in 257…67108863 expected, got NaN");
  assert.is(
    said(300, ["x", "x"]),
    'trainBpe: special tokens that differ and are not empty expected, got ["x","x"]',
  );
  assert.is(said(300, [], 0), "trainBpe: a leastCount of 1 or more expected, got 0");
  assert.is(said(300, ["x"]), 'tokens: each token once expected, got "x" twice'); // a byte is called so
});

const encoding = suite("bpeTokenizer");

const sample =
  "The sea sees the seas, and the seas see the sea.\nShe's here; he's there: they're where we're.\n" +
  "Das Café, das Café, ein Café à gogo.  12 12 12\n";

encoding("gives the tokens that Hugging Face's trainer and encoder give", () => {
  const vocabulary: Vocabulary = right(trainBpe(sample, { symbols: 279 }));
  assert.equal(
    vocabulary.merges,
    "h e,s e,Ġ se,r e,t he,Ġ the,a s,1 2,C a,f Ã,Ġ 12,Ġ Ca,fÃ ©,ĠCa fÃ©,' s,' re,g o,Ġ w,Ġ he,Ġse a,Ġse e,Ġse as".split(
      ",",
    ),
  );
  const { encode } = right(bpeTokenizer(vocabulary));
  const tokens = (text: string) => [...right(encode(text))];
  assert.equal(tokens("the seas"), [260, 277]);
  assert.equal(tokens("She sees Café 12"), [50, 256, 276, 82, 269, 266]);
  assert.equal(tokens("they're\n\n  here"), [260, 88, 271, 198, 198, 220, 274, 259]);
  assert.equal(
    tokens("日本 ĉ🎉"),
    [162, 245, 98, 162, 250, 105, 220, 128, 231, 172, 253, 236, 231],
  );
  assert.equal(tokens("a\uFEFF\u0085\u00A0 b"), [64, 171, 119, 123, 126, 227, 126, 254, 220, 65]);
  assert.equal(
    tokens("<|endoftext|>the<|endoftext|><|endo"),
    [278, 260, 278, 27, 91, 68, 77, 67, 78],
  );
});

encoding("takes names that objects have of their own for words like others", () => {
  const text = "constructor __proto__ constructor __proto__ toString toString";
  const { encode, decode } = right(tokenizerOf(right(trainBpe(text, { symbols: 400 }))));
  assert.is(right(decode(right(encode(text)))), text);
  assert.is(right(encode("constructor")).length, 1);
});

testOnData(
  encoding,
  "tinyshakespeare",
  "gives tiny Shakespeare the tokens that Hugging Face's trainer and encoder give",
  (folder) => {
    const text = readFileSync(`${folder}/input.txt`, "utf8");
    const vocabulary = right(trainBpe(text, { symbols: 1000 }));
    assert.equal(vocabulary.merges.slice(0, 6), ["Ġ t", "h e", "Ġ a", "o u", "Ġ s", "Ġ m"]);
    assert.equal(vocabulary.merges.slice(-3), ["Ġli e", "c he", "Ġs et"]);
    const { encode, decode } = right(bpeTokenizer(vocabulary));
    const tokens = right(encode(text));
    assert.equal([...tokens.subarray(0, 10)], [671, 420, 937, 25, 198, 774, 548, 331, 584, 308]);
    assert.is(tokens.length, 462884);
    const sum = tokens.reduce((total, token, i) => total + token * ((i % 97) + 1), 0);
    assert.is(sum % 1000003, 294331);
    assert.is(right(decode(tokens)), text);
  },
);

for (const it of [pieces, heap, training, encoding]) it.run();
