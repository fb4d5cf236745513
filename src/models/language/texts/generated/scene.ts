// A scene of the play: a heading, who is there, and speeches, each by another one than the last. Who has left speaks no more; a question is answered.

import type { Dice } from "../../../dice.ts";
import { type Speech, word } from "./phrases.ts";
import { type Question, question, quotation, statement } from "./sentences.ts";
import { names, topics } from "./topics.ts";
import { counting, song } from "./verses.ts";

const times = [
  "at dawn",
  "at noon",
  "at dusk",
  "at midnight",
  "in the rain",
  "in winter",
  "in summer",
] as const;

/** So many of the items, in any order. */
const chosen = (dice: Dice, items: readonly string[], count: number): readonly string[] => {
  const left = [...items];
  return Array.from({ length: count }, () => {
    const item = dice.pick(left);
    left.splice(left.indexOf(item), 1);
    return item;
  });
};

const listed = (them: readonly string[]): string =>
  them.length < 2 ? them.join("") : `${them.slice(0, -1).join(", ")} and ${them.at(-1)}`;

/** What is said at once. */
const lines = (speech: Speech): readonly string[] => {
  const { dice } = speech;
  switch (
    dice.pick(
      ["talk", "quote", "count", "song"] as const,
      (it) => ({ talk: 16, quote: 4, count: 1, song: 2 })[it],
    )
  ) {
    case "talk":
      return Array.from({ length: dice.integer(1, 3) }, () => statement(speech));
    case "quote":
      return [quotation(speech)];
    case "count":
      return counting(speech);
    case "song":
      return song(speech);
  }
};

/** A scene up to now. */
interface Spoken {
  readonly paragraphs: readonly string[];
  readonly present: readonly string[];
  /** Who spoke last; nobody at first. */
  readonly last?: string;
  /** What is still to be answered, and by whom. */
  readonly asked?: Asked;
}

interface Asked {
  readonly question: Question;
  readonly of: string;
}

/** What a speaker says: the answer that is due, lines of any kind, and a question that somebody is to answer. */
const said = (speech: Speech, due: Asked | undefined, asks: Asked | undefined) => {
  const { dice } = speech;
  const answer = due === undefined ? [] : [dice.chance(0.6) ? due.question.yes : due.question.no];
  const own = due === undefined || dice.chance(0.5) ? lines(speech) : [];
  return [...answer, ...own, ...(asks ? [`Tell me, ${asks.of}: ${asks.question.text}`] : [])];
};

/** One speech more, behind which the speaker may leave while two others stay. */
const spokenOn =
  (speech: Speech) =>
  ({ paragraphs, present, last, asked: due }: Spoken): Spoken => {
    const { dice } = speech;
    const speaker = due?.of ?? dice.pick(present.filter((name) => name !== last));
    const others = present.filter((name) => name !== speaker);
    const asked = dice.chance(0.2)
      ? { question: question(speech), of: dice.pick(others) }
      : undefined;
    const paragraph = [`${speaker.toUpperCase()}:`, ...said(speech, due, asked)].join("\n");
    const leaves = asked === undefined && others.length > 1 && dice.chance(0.12);
    return {
      paragraphs: [...paragraphs, paragraph, ...(leaves ? [`[${speaker} leaves.]`] : [])],
      present: leaves ? others : present,
      last: speaker,
      ...(asked === undefined ? {} : { asked }),
    };
  };

/**
 * A scene by the throws of dice: paragraphs parted by an empty line, and another one behind them.
 *
 *   Scene: the old harbour, at dawn.
 *   [Ada and Bruno enter.]
 *
 *   ADA:
 *   The captain mends the net.
 */
export const sceneBy = (dice: Dice): string => {
  const topic = dice.pick(topics);
  const speech = { dice, topic };
  const present = chosen(dice, names, dice.integer(2, 4));
  const heading =
    `Scene: the ${word(speech, "qualities")} ${topic.place}, ${dice.pick(times)}.\n` +
    `[${listed(present)} enter.]`;
  let spoken: Spoken = { paragraphs: [heading], present };
  const speeches = dice.integer(6, 14);
  for (let i = 0; i < speeches || spoken.asked !== undefined; i++)
    spoken = spokenOn(speech)(spoken);
  const end = `[${listed(spoken.present)} leave.]`;
  return `${[...spoken.paragraphs, end].join("\n\n")}\n\n`;
};
