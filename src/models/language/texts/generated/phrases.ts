// Phrases of the grammar: who or what, with its number, and what it does, which agrees with it however far away it is.

import type { Dice } from "../../../dice.ts";
import { plural, third, withArticle } from "./inflect.ts";
import { common, type Topic, topics } from "./topics.ts";

/** What speech is made from: throws, and the words of the scene. */
export interface Speech {
  readonly dice: Dice;
  readonly topic: Topic;
}

/** A subject or object. */
export interface Noun {
  readonly text: string;
  /** Whether a verb takes its form for one: "she sees". */
  readonly isOne: boolean;
}

const everywhere = (kind: keyof Topic & keyof typeof common): readonly string[] => [
  ...new Set(topics.flatMap((topic) => topic[kind])),
];
/** The words of all topics, each once. */
const ofAll = {
  people: everywhere("people"),
  things: everywhere("things"),
  deeds: everywhere("deeds"),
  events: everywhere("events"),
  qualities: everywhere("qualities"),
} as const;

// About half of the words are the topic's, so that a reader of a few sentences knows what is to come; the others keep surprising.
const shares = { own: 9, all: 9, common: 2 } as const;

/** A word of the scene's topic, of another one, or of every scene. */
export const word = ({ dice, topic }: Speech, kind: keyof typeof ofAll): string => {
  switch (dice.pick(["own", "all", "common"] as const, (from) => shares[from])) {
    case "own":
      return dice.pick(topic[kind]);
    case "all":
      return dice.pick(ofAll[kind]);
    case "common":
      return dice.pick<string>(common[kind]);
  }
};

const one = "the a this that every my your our their each another one".split(" ");
const many = "the these those many my your our their some few both two three ten most".split(" ");
const weightOf = (determiner: string): number => (["the", "a"].includes(determiner) ? 4 : 1);

const determined = (
  { dice }: Speech,
  isOne: boolean,
  adjectives: readonly string[],
  noun: string,
): string => {
  const phrase = [...adjectives, isOne ? noun : plural(noun)].join(" ");
  const determiner = dice.pick(isOne ? one : many, weightOf);
  return determiner === "a" ? withArticle(phrase) : `${determiner} ${phrase}`;
};

/** A noun with what is said of it, without a clause: "the old sailor", "many nets". */
export const plainNoun = (speech: Speech, kind: "people" | "things"): Noun => {
  const { dice } = speech;
  const isOne = dice.chance(0.6);
  const count = dice.pick([0, 1, 2], (n) => 6 - n * n); // 0, 1 or 2 adjectives
  const adjectives = Array.from({ length: count }, () => word(speech, "qualities"));
  return {
    text: determined(speech, isOne, [...new Set(adjectives)], word(speech, kind)),
    isOne,
  };
};

/** A form of a verb that agrees with a subject. */
export const agreeing = (verb: string, { isOne }: Noun): string => (isOne ? third(verb) : verb);

/** "is" or "are". */
export const being = ({ isOne }: Noun): string => (isOne ? "is" : "are");

const places = "in near behind above under beside with without before after".split(" ");

/** Where: "behind the old wall". */
export const where = (speech: Speech): string =>
  `${speech.dice.pick(places)} ${plainNoun(speech, "things").text}`;

/** A subject, sometimes with a place or a clause between it and its verb: "the nets that the sailor mends". */
export const subject = (speech: Speech, kind: "people" | "things"): Noun => {
  const noun = plainNoun(speech, kind);
  const { dice } = speech;
  const added = dice.pick(
    ["", "place", "clause"] as const,
    (it) => ({ "": 14, place: 2, clause: 3 })[it],
  );
  if (added === "") return noun;
  const rest =
    added === "place" ? where(speech) : kind === "people" ? deeds(speech, noun) : doneBy(speech);
  return { ...noun, text: `${noun.text} ${rest}` };
};

const deeds = (speech: Speech, noun: Noun): string =>
  `who ${agreeing(word(speech, "deeds"), noun)} ${plainNoun(speech, "things").text}`;

const doneBy = (speech: Speech): string => {
  const doer = plainNoun(speech, "people");
  return `that ${doer.text} ${agreeing(word(speech, "deeds"), doer)}`;
};
