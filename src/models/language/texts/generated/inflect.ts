// English forms of the words that the generator has: plurals, verbs with one subject, "a" and "an".

const irregular: Readonly<Record<string, string>> = {
  child: "children",
  goose: "geese",
  knife: "knives",
  leaf: "leaves",
  loaf: "loaves",
  mouse: "mice",
  shelf: "shelves",
  thief: "thieves",
  washerwoman: "washerwomen",
  watchman: "watchmen",
  ferryman: "ferrymen",
  wolf: "wolves",
  deer: "deer",
};

/** What English adds to nouns of many and to verbs of one: s, es after a hiss, and ies for a y behind a consonant. */
const withS = (word: string): string => {
  if (/(?:s|x|z|ch|sh)$/.test(word)) return `${word}es`;
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
};

/**
 * A noun for more than one.
 *
 * @example
 * ["boat", "witch", "story", "goose"].map(plural) // ["boats", "witches", "stories", "geese"]
 */
export const plural = (noun: string): string => irregular[noun] ?? withS(noun);

/**
 * A verb as it follows he, she or it.
 *
 * @example
 * ["see", "watch", "carry", "play"].map(third) // ["sees", "watches", "carries", "plays"]
 */
export const third = (verb: string): string => withS(verb);

/** A word behind its article for one: "an" before the letters a, e, i and o. The words here have no silent h, and no u that sounds like "you" but "useless". */
export const withArticle = (word: string): string =>
  /^(?:[aeio]|hon|u(?!se))/.test(word) ? `an ${word}` : `a ${word}`;

/** A text with its first letter in capitals. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
