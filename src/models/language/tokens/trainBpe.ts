// A vocabulary from a text: the most frequent pair of neighbouring tokens becomes a token, again and again (Sennrich, Haddow & Birch, 2016, algorithm 1). Each
// word is kept once with how often it occurs, and a merge looks only at the words that have its pair.

import * as E from "fp-ts/lib/Either.js";
import { bytesInOrder, symbolOfByte } from "./byteSymbols.ts";
import { bytesOfText } from "./bytes.ts";
import { type Counted, pairHeap } from "./pairHeap.ts";
import { cutAt, piecesOf } from "./pieces.ts";
import type { TokenProblem } from "./problem.ts";
import { endOfText, type Vocabulary } from "./tokenizer.ts";
import { checkedVocabulary } from "./vocabulary.ts";

/** What vocabulary is wanted. */
export interface BpeOptions {
  /** Tokens in all: 256 bytes, what is joined from them, and the special ones. */
  readonly symbols: number;
  /** Tokens that stand for themselves; default `<|endoftext|>`. */
  readonly special?: readonly string[];
  /** Pairs that occur less often are not joined, so that there may be fewer tokens than asked for; default 2. */
  readonly leastCount?: number;
}

/** A word as tokens, which merges shorten, and how often it occurs. */
interface Word {
  tokens: readonly number[];
  readonly count: number;
}

const base = 2 ** 26; // a pair as one whole number below 2⁵³
const keyOf = (first: number, second: number): number => first * base + second;

const wordsOf = (text: string, special: readonly string[]): readonly Word[] => {
  const counts = new Map<string, number>();
  for (const [i, part] of cutAt(special)(text).entries())
    if (i % 2 === 0)
      for (const piece of piecesOf(part)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  const tokenOfByte = new Map(bytesInOrder.map((byte, token) => [byte, token]));
  return [...counts].map(([piece, count]) => ({
    tokens: Array.from(bytesOfText(piece), (byte) => tokenOfByte.get(byte) as number), // all 256
    count,
  }));
};

/** The tokens with each pair joined, from the left. */
const joinedIn = (
  tokens: readonly number[],
  { first, second }: Counted,
  into: number,
): readonly number[] => {
  const result: number[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const isPair = tokens[i] === first && tokens[i + 1] === second;
    result.push(isPair ? into : (tokens[i] as number)); // i < length
    if (isPair) i++;
  }
  return result;
};

/** How often pairs are neighbours in words, places that overlap counted each, and in which words. */
const countPairs = (words: readonly Word[]) => {
  const counts = new Map<number, number>();
  const places = new Map<number, Set<Word>>();
  const heap = pairHeap();
  const offer = (key: number): void => {
    const count = counts.get(key) ?? 0;
    if (count > 0) heap.put({ first: Math.floor(key / base), second: key % base, count });
  };
  /** Adds a word's pairs, or takes them away; says which they are. */
  const add = (word: Word, sign: 1 | -1, changed: Set<number>): void => {
    for (let i = 0; i + 1 < word.tokens.length; i++) {
      const key = keyOf(word.tokens[i] as number, word.tokens[i + 1] as number); // i + 1 < length
      counts.set(key, (counts.get(key) ?? 0) + sign * word.count);
      changed.add(key);
      if (sign < 0) continue;
      const place = places.get(key);
      if (place === undefined) places.set(key, new Set([word]));
      else place.add(word);
    }
  };
  const all = new Set<number>();
  for (const word of words) add(word, 1, all);
  all.forEach(offer);
  return {
    /** The most frequent pair. What was put into the heap with another count than it has now is out of date. */
    best: (): Counted | undefined => {
      for (let top = heap.take(); top !== undefined; top = heap.take())
        if (counts.get(keyOf(top.first, top.second)) === top.count) return top;
      return undefined;
    },
    join: (pair: Counted, into: number): void => {
      const key = keyOf(pair.first, pair.second);
      const changed = new Set<number>();
      for (const word of places.get(key) ?? []) {
        const next = joinedIn(word.tokens, pair, into);
        if (next.length === word.tokens.length) continue; // it had the pair once
        add(word, -1, changed);
        word.tokens = next;
        add(word, 1, changed);
      }
      places.delete(key);
      changed.forEach(offer);
    },
  };
};

/**
 * A vocabulary whose first 256 tokens are the bytes in GPT-2's order, then what was joined, the most frequent first and of equally frequent pairs that of the
 * smaller tokens, then the special ones. Two pairs that make the same text share a token. Fails with InvalidOption for fewer symbols than bytes and special
 * tokens need, and for special tokens that are empty or twice there; with BadVocabulary for a special token that is also one of the others.
 *
 * @example
 * const trained = trainBpe("low lower lowest", { symbols: 259 });
 * trained._tag === "Right" ? trained.right.merges : [] // ["l o", "lo w"]
 */
export const trainBpe = (
  text: string,
  { symbols, special = [endOfText], leastCount = 2 }: BpeOptions,
): E.Either<TokenProblem, Vocabulary> => {
  const problem = problemOf({ symbols, special, leastCount });
  if (problem !== undefined) return E.left(problem);
  const pairs = countPairs(wordsOf(text, special));
  const tokens = bytesInOrder.map((byte) => symbolOfByte[byte] as string); // all 256
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  const merges: string[] = [];
  while (tokens.length + special.length < symbols) {
    const pair = pairs.best();
    if (pair === undefined || pair.count < leastCount) break;
    const [first, second] = [tokens[pair.first] as string, tokens[pair.second] as string]; // made before
    merges.push(`${first} ${second}`);
    const made = idOf.get(first + second) ?? tokens.length;
    if (made === tokens.length) {
      tokens.push(first + second);
      idOf.set(first + second, made);
    }
    pairs.join(pair, made);
  }
  return checkedVocabulary({ _tag: "bpe", tokens: [...tokens, ...special], merges, special });
};

const problemOf = ({
  symbols,
  special,
  leastCount,
}: Required<BpeOptions>): TokenProblem | undefined => {
  const invalid = (rule: string, got: string): TokenProblem => ({
    _tag: "InvalidOption",
    where: "trainBpe",
    rule: `${rule} expected`,
    got,
  });
  const least = 256 + special.length;
  if (!(Number.isInteger(symbols) && symbols >= least && symbols < base))
    return invalid(`symbols in ${least}…${base - 1}`, String(symbols));
  if (!(Number.isInteger(leastCount) && leastCount >= 1))
    return invalid("a leastCount of 1 or more", String(leastCount));
  return special.includes("") || new Set(special).size < special.length
    ? invalid("special tokens that differ and are not empty", JSON.stringify(special))
    : undefined;
};
