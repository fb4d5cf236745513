// The generated text: the same whatever is asked for, and of the structure that it promises.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { type Dice, makeDice } from "../../../../src/models/dice.ts";
import {
  plural,
  third,
  withArticle,
} from "../../../../src/models/language/texts/generated/inflect.ts";
import { sceneBy } from "../../../../src/models/language/texts/generated/scene.ts";
import { common, rhymes, topics } from "../../../../src/models/language/texts/generated/topics.ts";
import { generatedText, scene } from "../../../../src/models/language/texts/index.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";

const test = suite("generatedText");
const seeds = fc.nat(2 ** 32 - 1);
const scenes = { seed: seeds, index: fc.nat(500) };

test(
  "is the same for a seed, and begins alike at every length",
  forAll(
    { seed: seeds, short: fc.nat(4000), more: fc.nat(4000) },
    { runs: 40 },
  )(({ seed, short, more }) => {
    const text = generatedText({ seed, length: short + more });
    assert.is(text.length, short + more);
    assert.is(generatedText({ seed, length: short }), text.slice(0, short));
    assert.ok((scene(seed, 0) + scene(seed, 1)).startsWith(text.slice(0, 1000)));
  }),
);

test("has 300 000 characters of 60 kinds, and another text for another seed", () => {
  const text = generatedText();
  assert.is(text.length, 300_000);
  assert.match(text, /^[A-Za-z \n.,:;!?"[\]]*$/);
  assert.is(new Set(text).size, 60);
  assert.is.not(generatedText({ seed: 1, length: 1000 }), text.slice(0, 1000));
});

/** The speeches of a scene, and who is in it. */
const speechesOf = (text: string) =>
  text
    .trimEnd()
    .split("\n\n")
    .map((paragraph) => {
      const [, name, said] = /^([A-Z]+):\n([\s\S]+)$/.exec(paragraph) ?? [];
      return name === undefined
        ? ({ stage: paragraph } as const)
        : ({ name, lines: (said as string).split("\n") } as const); // both groups match
    });

test(
  "lets those speak who are there, never one twice in a row, and sends all of them away",
  forAll(scenes)(({ seed, index }) => {
    const [opening, ...rest] = speechesOf(scene(seed, index));
    const named = (stage = "") => stage.match(/[A-Z][a-z]+(?=,| and| enter| leave)/g) ?? [];
    const present = new Set(named(/\[.*\]/.exec(opening?.stage ?? "")?.[0]));
    assert.ok(present.size >= 2 && present.size <= 4);
    let last = "";
    for (const { stage, name } of rest) {
      if (name !== undefined) {
        assert.is.not(name, last);
        assert.ok([...present].some((it) => it.toUpperCase() === name));
        last = name;
      } else for (const it of named(stage)) assert.ok(present.delete(it));
    }
    assert.is(present.size, 0);
  }),
);

test(
  "has every question answered by who was asked, in its words",
  forAll(scenes)(({ seed, index }) => {
    const speeches = speechesOf(scene(seed, index)).filter((it) => it.name !== undefined);
    for (const [i, { lines = [] }] of speeches.entries()) {
      const [, of, asked] = /^Tell me, (\w+): (.+)\?$/.exec(lines.at(-1) ?? "") ?? [];
      if (of === undefined || asked === undefined) continue;
      const answer = speeches[i + 1];
      assert.is(answer?.name, of.toUpperCase());
      const [auxiliary, ...question] = asked.split(" ");
      const [said, ...words] = (answer?.lines?.[0] ?? "").slice(0, -1).split(/,? /);
      if (said === "No") {
        const without = words.filter((word, k) => !(word === auxiliary && words[k + 1] === "not"));
        assert.equal(
          without.filter((word) => word !== "not"),
          question,
        );
      } else {
        assert.is(said, "Yes");
        const same = (word: string, k: number) =>
          word === question[k] || word === third(question[k] as string); // as long
        assert.is(words.length, question.length);
        assert.ok(words.every(same));
        assert.is(words.join(" ") === question.join(" "), auxiliary === "do");
      }
    }
  }),
);

const text = generatedText({ seed: 3, length: 200_000 });
const lines = text.split("\n").slice(0, -1); // the last one may be cut

test("closes what it quotes in the line in which it began", () => {
  const quoting = lines.filter((line) => line.includes('"'));
  assert.ok(quoting.length > 100);
  for (const line of quoting) assert.match(line, /^[^"]+, "[^"]+[.]"$/);
});

test("agrees in number, across clauses and places too", () => {
  const ones = ["Every", "Each", "This", "Another", "A", "An"];
  const many = ["These", "Those", "Many", "Both", "Two", "Three", "Ten", "Few", "Most"];
  // Sentences of one clause that ends with a state: a subject of at most three words behind its determiner, or one with a clause of its own.
  const plain = /^(\w+) (?:\w+ ){1,3}(is|are) \w+[.!]$/;
  const far = /^(\w+) (?:\w+ )+?(?:who|that) [^,;]* (is|are) \w+[.!]$/;
  const joined = / (?:and|because|while|when|until) /;
  for (const [pattern, least] of [
    [plain, 40],
    [far, 8],
  ] as const) {
    const found = lines.flatMap((line) => {
      const [, determiner = "", verb] = (joined.test(line) ? null : pattern.exec(line)) ?? [];
      if (ones.includes(determiner)) return [verb === "is"];
      return many.includes(determiner) ? [verb === "are"] : [];
    });
    assert.ok(found.length > least);
    assert.ok(found.every((agrees) => agrees));
  }
});

test("writes an before vowels alone", () => {
  for (const [, article, next] of text.matchAll(/\b([Aa]n?) ([a-z]+)/g))
    assert.is(`${article?.toLowerCase()} ${next}`, withArticle(next as string)); // the group matches
});

test("counts one by one, up or down, and rhymes in couplets", () => {
  const counts = lines.flatMap((line, i) => (line.startsWith("and then the ") ? [i] : []));
  assert.ok(counts.length > 10);
  const numberOf = (line: string) =>
    common.numbers.indexOf(line.split(" ")[0]?.toLowerCase() ?? "");
  for (const end of counts) {
    let start = end;
    while (numberOf(lines[start - 1] as string) >= 0) start--; // a speaker's name is before it
    const numbers = lines.slice(start, end).map(numberOf);
    assert.ok(numbers.length >= 2 && numbers.length <= 4);
    const step = (numbers[1] as number) - (numbers[0] as number);
    assert.is(Math.abs(step), 1);
    assert.ok(numbers.every((n, k) => n === (numbers[0] as number) + k * step));
    const things = lines.slice(start, end).map((line) => line.split(" ")[1] as string);
    const several = things.find((_, k) => numbers[k] !== 0);
    things.forEach((thing, k) => {
      assert.is(numbers[k] === 0 ? plural(thing) : thing, several);
    });
  }
  const last = (line = "") => /(\w+)[.,]$/.exec(line)?.[1] as string;
  const odd = lines.flatMap((line, i) => (/ an? \w+ \w+ and the \w+,$/.test(line) ? [i] : []));
  assert.ok(odd.length > 40);
  for (const i of odd) {
    const [a, b] = [last(lines[i]), last(lines[i + 1])];
    assert.ok(a !== b && rhymes.some((family) => family.includes(a) && family.includes(b)));
  }
});

test("takes half of its words from the topic of a scene", () => {
  let [own, all] = [0, 0];
  for (let index = 0; index < 60; index++) {
    const text = scene(5, index);
    const place = /^Scene: the \w+ (\w+),/.exec(text)?.[1];
    const words = text.match(/[a-z]+/g) ?? [];
    const isOf = (list: readonly string[]) => (word: string) =>
      list.some((it) => it === word || plural(it) === word);
    const here = topics.find((it) => it.place === place);
    own += words.filter(isOf(here?.things ?? [])).length;
    all += words.filter(isOf(topics.flatMap((it) => it.things))).length;
  }
  assert.ok(own / all > 0.4 && own / all < 0.7);
});

test("is made of choices that weigh about half a nat for each character", () => {
  let [nats, characters] = [0, 0];
  const weighed = (dice: Dice): Dice => ({
    ...dice,
    chance: (probability) => {
      const happens = dice.chance(probability);
      nats -= Math.log(happens ? probability : 1 - probability);
      return happens;
    },
    integer: (low, high) => {
      nats += Math.log(high - low + 1);
      return dice.integer(low, high);
    },
    pick: (items, weightOf = () => 1) => {
      const item = dice.pick(items, weightOf);
      const total = items.reduce((sum, it) => sum + weightOf(it), 0);
      nats -= Math.log(weightOf(item) / total);
      return item;
    },
  });
  for (let index = 0; index < 100; index++)
    characters += sceneBy(weighed(makeDice(0, index))).length;
  assert.ok(nats / characters > 0.5 && nats / characters < 0.65);
});

test.run();
