// Verses of a speech: lines that count up or down, and couplets that rhyme.

import { capital, plural, withArticle } from "./inflect.ts";
import { type Speech, where, word } from "./phrases.ts";
import { common, rhymes } from "./topics.ts";

/**
 * Two to four lines that count things at one place, up or down, and a last one that ends the count.
 *
 *   Three gulls above the pier,
 *   two gulls above the pier,
 *   one gull above the pier,
 *   and then the gulls are gone.
 */
export const counting = (speech: Speech): readonly string[] => {
  const { dice } = speech;
  const noun = word(speech, "things");
  const place = where(speech);
  const length = dice.integer(2, 4);
  const lowest = dice.integer(1, common.numbers.length - length + 1);
  const numbers = common.numbers.slice(lowest - 1, lowest - 1 + length);
  const order = dice.chance(0.5) ? numbers : [...numbers].reverse();
  const lines = order.map((n) => `${n} ${n === "one" ? noun : plural(noun)} ${place},`);
  const end = dice.pick(["are gone", "are counted", "come home", "are mine"]);
  return [capital(lines[0] as string), ...lines.slice(1), `and then the ${plural(noun)} ${end}.`]; // 2 lines at least
};

const beginnings = [
  "I sing of",
  "we dream of",
  "you ask for",
  "they tell of",
  "who remembers",
  "give me",
] as const;

/** Two couplets, each on two words that rhyme. */
export const song = (speech: Speech): readonly string[] => {
  const { dice } = speech;
  const [first, second] = [dice.integer(0, rhymes.length - 1), dice.integer(1, rhymes.length - 1)];
  const families = [first, (first + second) % rhymes.length]; // different ones
  const ends = families.flatMap((family) => {
    const words = rhymes[family] as readonly string[]; // family < rhymes.length
    const [at, step] = [dice.integer(0, words.length - 1), dice.integer(1, words.length - 1)];
    return [words[at], words[(at + step) % words.length]];
  });
  const lines = ends.map((end, i) => {
    const named = `${word(speech, "qualities")} ${word(speech, "things")}`;
    return i % 2 === 0
      ? `${dice.pick(beginnings)} ${withArticle(named)} and the ${end},`
      : `${dice.pick(beginnings)} the ${named} beside the ${end}${i === 3 ? "." : ","}`;
  });
  return [capital(lines[0] as string), ...lines.slice(1)]; // four lines
};
