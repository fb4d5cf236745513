// Sentences of a speech: statements, quoted speech that closes, questions and the answers that take up their words.

import { capital } from "./inflect.ts";
import {
  agreeing,
  being,
  type Noun,
  plainNoun,
  type Speech,
  subject,
  where,
  word,
} from "./phrases.ts";
import { common } from "./topics.ts";

const speakers: readonly (readonly [string, Noun])[] = [
  ["I", { text: "I", isOne: false }],
  ["we", { text: "we", isOne: false }],
  ["you", { text: "you", isOne: false }],
];

/** What people do: a deed with its object, or what they will, can or do not do. */
const predicate = (speech: Speech, doer: Noun): string => {
  const { dice } = speech;
  const object = () => plainNoun(speech, "things").text;
  const deed = word(speech, "deeds");
  switch (dice.pick(["does", "not", "modal", "wants"] as const, (it) => (it === "does" ? 5 : 1))) {
    case "does":
      return `${agreeing(deed, doer)} ${object()}${dice.chance(0.25) ? ` ${where(speech)}` : ""}`;
    case "not":
      return `${doer.isOne ? "does" : "do"} not ${deed} ${object()}`;
    case "modal":
      return `${dice.pick(["will", "can", "must", "may"])} ${deed} ${object()}`;
    case "wants":
      return `${agreeing(dice.pick(["want", "hope", "try"]), doer)} to ${deed} ${object()}`;
  }
};

/** A clause without its capital and its stop. */
export const clause = (speech: Speech): string => {
  const { dice } = speech;
  switch (dice.pick(["deed", "self", "event", "state"] as const, (it) => (it === "deed" ? 3 : 2))) {
    case "deed": {
      const doer = subject(speech, "people");
      return `${doer.text} ${predicate(speech, doer)}`;
    }
    case "self": {
      const [name, doer] = dice.pick(speakers);
      return `${name} ${predicate(speech, doer)}`;
    }
    case "event": {
      const thing = subject(speech, "things");
      const verb = agreeing(word(speech, "events"), thing);
      return `${thing.text} ${verb} ${dice.chance(0.5) ? dice.pick(common.manners) : where(speech)}`;
    }
    case "state": {
      const it = subject(speech, dice.chance(0.5) ? "people" : "things");
      const [first, second] = [word(speech, "qualities"), word(speech, "qualities")];
      const both = first !== second && dice.chance(0.3) ? `${first} and ${second}` : first;
      return `${it.text} ${being(it)} ${both}`;
    }
  }
};

const joints = [
  " and ",
  ", but ",
  " because ",
  " while ",
  " when ",
  ", and yet ",
  " until ",
] as const;
const openers =
  "at dawn,tonight,in spring,by the sea,some say,once more,in truth,my love,at last,as ever,today,every year,dear friend,of course,alas,far away,below".split(
    ",",
  );

/** A sentence that says something; some have two clauses or an opening. */
export const statement = (speech: Speech): string => {
  const { dice } = speech;
  const opening = dice.chance(0.15) ? `${dice.pick(openers)}, ` : "";
  const rest = dice.chance(0.3) ? `${dice.pick(joints)}${clause(speech)}` : "";
  const stop = dice.pick([".", "!", ";"] as const, (it) => (it === "." ? 12 : 1));
  // A semicolon goes on with one more clause.
  const end = stop === ";" ? `; ${clause(speech)}.` : stop;
  return capital(`${opening}${clause(speech)}${rest}${end}`);
};

/** Somebody's words, from one quotation mark to the other. */
export const quotation = (speech: Speech): string => {
  const { dice } = speech;
  const doer = plainNoun(speech, "people");
  const verb = agreeing(dice.pick(["say", "sing", "cry", "whisper"]), doer);
  const said = Array.from({ length: dice.integer(1, 2) }, () => `${capital(clause(speech))}.`);
  return `${capital(doer.text)} ${verb}, "${said.join(" ")}"`;
};

/** A question as it follows a colon, and what answers may be to it: they have its subject and its words. */
export interface Question {
  readonly text: string;
  readonly yes: string;
  readonly no: string;
}

/** "does the sailor mend the net?" with "Yes, the sailor mends the net." and "No, the sailor does not mend the net." */
export const question = (speech: Speech): Question => {
  const doer = plainNoun(speech, "people");
  const deed = word(speech, "deeds");
  const object = plainNoun(speech, "things").text;
  const auxiliary = doer.isOne ? "does" : "do";
  return {
    text: `${auxiliary} ${doer.text} ${deed} ${object}?`,
    yes: `Yes, ${doer.text} ${agreeing(deed, doer)} ${object}.`,
    no: `No, ${doer.text} ${auxiliary} not ${deed} ${object}.`,
  };
};
