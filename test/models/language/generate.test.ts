// Texts that a model writes: choices are what they say, a text is the same whatever was read at once, and a beam finds what is likely.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { key, mapTree, mul, tensor, toArray } from "../../../src/index.ts";
import {
  beamSearch,
  candidates,
  configOf,
  draw,
  type GenerateOptions,
  generate,
  init,
  logits,
  logProbabilities,
  readerOf,
} from "../../../src/models/language/index.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("generate");

const config = configOf("nano", 7, { width: 8, heads: 2, layers: 1, context: 8 });
// Weights that are larger than at the start tell tokens apart.
const params = mapTree(init(key(3), config), (x) => (x.shape.length === 2 ? mul(x, 20) : x));

const take = async (count: number, options: GenerateOptions): Promise<readonly number[]> => {
  const found: number[] = [];
  for await (const token of generate(config, params, options)) {
    found.push(token);
    if (found.length === count) break;
  }
  return found;
};

const scoresBehind = (text: readonly number[]): readonly number[] =>
  (toArray(logits(config, params)(tensor([[...text]], { dtype: "i32" }))) as number[][][])[0]?.at(
    -1,
  ) as number[];

const best = (scores: readonly number[]): number => scores.indexOf(Math.max(...scores));

const scores = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 9 });

test(
  "candidates add up to 1, fall, and are as many as asked for",
  forAll({
    scores,
    topK: fc.integer({ min: 1, max: 9 }),
    topP: fc.double({ min: 0.01, max: 1, noNaN: true }),
  })(({ scores, topK, topP }) => {
    const found = candidates(scores, { topK, topP });
    const sum = found.reduce((all, { probability }) => all + probability, 0);
    assert.ok(Math.abs(sum - 1) < 1e-12);
    assert.ok(found.length <= Math.min(topK, scores.length) && found.length >= 1);
    for (const [i, { token }] of found.entries())
      if (i > 0)
        assert.ok((scores[token] as number) <= (scores[found[i - 1]?.token as number] as number));
  }),
);

test(
  "candidates without limits have the softmax's probabilities",
  forAll({ scores, temperature: fc.constantFrom(0.5, 1, 2) })(({ scores, temperature }) => {
    const logs = logProbabilities(scores.map((x) => x / temperature));
    for (const { token, probability } of candidates(scores, { temperature }))
      assert.ok(Math.abs(Math.log(probability) - (logs[token] as number)) < 1e-9);
  }),
);

test("candidates of a nucleus are the fewest that reach its share", () => {
  const logs = [0.5, 0.3, 0.15, 0.05].map(Math.log);
  const count = (topP: number) => candidates(logs, { topP }).length;
  assert.equal([0.4, 0.49, 0.51, 0.79, 0.9, 1].map(count), [1, 1, 2, 2, 3, 4]);
  assert.is(candidates(logs, { temperature: 0 }).length, 1);
});

test("draws as often as probable", () => {
  const likely = candidates([Math.log(3), 0], {});
  const draws = Array.from({ length: 100 }, (_, i) => draw(likely, (i + 0.5) / 100));
  assert.is(draws.filter((token) => token === 0).length, 75);
});

test("writes the most likely text at temperature 0, beyond the context, too", async () => {
  const found = await take(12, { prompt: [1, 2], temperature: 0 });
  let text = [1, 2];
  for (const token of found) {
    assert.is(token, best(scoresBehind(text)));
    text = text.length === config.context ? [...text, token].slice(-4) : [...text, token];
  }
});

test("draws the same text from the same seed, and another from another", async () => {
  const options = { prompt: [1], temperature: 3, topK: 5, seed: 1 };
  const first = await take(20, options);
  assert.equal(await take(20, options), first);
  assert.not.equal(await take(20, { ...options, seed: 2 }), first);
});

test("ends behind the token that ends it", async () => {
  const [, second] = await take(2, { prompt: [1, 2], temperature: 0 });
  const ended = await take(9, { prompt: [1, 2], temperature: 0, end: second as number });
  assert.is(ended.at(-1), second);
  assert.ok(ended.length <= 2);
});

test("reads pieces of any size alike", async () => {
  const text = [1, 5, 2, 0, 3, 6, 4];
  const whole = await readerOf(config, params).read([text]);
  const reader = readerOf(config, params);
  for (const token of text.slice(0, 6)) await reader.read([[token]]);
  const [last] = await reader.read([text.slice(6)]);
  for (const [i, x] of (last as Float32Array).entries())
    assert.ok(Math.abs(x - (whole[0]?.[i] as number)) < 1e-4);
});

test("a beam of all texts finds the most likely one", async () => {
  const all = [0, 1, 2, 3, 4, 5, 6];
  const logOf = (text: readonly number[], token: number): number =>
    logProbabilities(scoresBehind(text))[token] as number;
  const texts = all.flatMap((a) =>
    all.map((b) => ({ tokens: [a, b], log: logOf([1], a) + logOf([1, a], b) })),
  );
  const first = [...texts].sort((a, b) => b.log - a.log)[0];
  const [found] = await beamSearch(config, params, { prompt: [1], beams: 7, count: 2 });
  assert.equal(found?.tokens, first?.tokens);
  assert.ok(Math.abs((found?.logProbability as number) - (first?.log as number)) < 1e-3);
  const [greedy] = await beamSearch(config, params, { prompt: [1], beams: 1, count: 3 });
  assert.equal(greedy?.tokens, await take(3, { prompt: [1], temperature: 0 }));
});

test("a beam ends as the greedy text does, and every text of it ends or is as long as asked for", async () => {
  const greedy = await take(6, { prompt: [1], temperature: 0 });
  for (let end = 0; end < 7; end++) {
    const until = greedy.indexOf(end) + 1;
    const [one] = await beamSearch(config, params, { prompt: [1], beams: 1, count: 6, end });
    assert.equal(one?.tokens, until === 0 ? greedy : greedy.slice(0, until));
    const three = await beamSearch(config, params, { prompt: [1], beams: 3, count: 4, end });
    assert.is(three.length, 3);
    for (const { tokens } of three) {
      const at = tokens.indexOf(end);
      assert.is(tokens.length, at < 0 ? 4 : at + 1);
    }
  }
});

test("a beam of all texts finds the best of those that end, too", async () => {
  const logsOf = (text: readonly number[]): Float64Array => logProbabilities(scoresBehind(text));
  const texts = (end: number) =>
    [0, 1, 2, 3, 4, 5, 6].flatMap((a) => {
      const log = logsOf([1])[a] as number;
      if (a === end) return [{ tokens: [a], log }];
      return [...logsOf([1, a])].map((more, b) => ({ tokens: [a, b], log: log + more }));
    });
  for (const [end, lengthPenalty] of [
    [1, 1],
    [6, 1],
    [1, 0],
    [6, 0],
    [6, 2],
  ] as const) {
    const rank = ({ tokens, log }: { tokens: readonly number[]; log: number }) =>
      log / tokens.length ** lengthPenalty;
    const [first] = texts(end).sort((a, b) => rank(b) - rank(a));
    const options = { prompt: [1], beams: 60, count: 2, end, lengthPenalty };
    assert.equal((await beamSearch(config, params, options))[0]?.tokens, first?.tokens);
  }
});

test("a reader goes on with as many texts as it has", async () => {
  const reader = readerOf(config, params, { batch: 2 });
  await reader.read([[1], [2]]);
  assert.is(await refused(async () => reader.choose([0])), "Reader: 2 texts expected, got 1");
});

const refused = async (f: () => Promise<unknown>): Promise<string> => {
  try {
    await f();
  } catch (error) {
    return (error as Error).message.split("\n")[0] as string;
  }
  return "nothing";
};

test("refuses choices that are none, empty prompts, and tokens that are no symbols", async () => {
  const cases: readonly (readonly [GenerateOptions, string])[] = [
    [{ prompt: [] }, "generate: a prompt of one token or more expected, got none"],
    [{ prompt: [7] }, "generate: tokens in 0…6 expected, got 7"],
    [{ prompt: [1], temperature: -1 }, "generate: a temperature of 0 or more expected, got -1"],
    [{ prompt: [1], topK: 0 }, "generate: a top-k of 1 or more expected, got 0"],
    [{ prompt: [1], topP: 0 }, "generate: a top-p in (0, 1] expected, got 0"],
    [{ prompt: [1], end: 7 }, "generate: tokens in 0…6 expected, got 7"],
    [{ prompt: [1], seed: -1 }, "generate: a whole seed in 0…2³² − 1 expected, got -1"],
  ];
  for (const [options, message] of cases) assert.is(await refused(() => take(1, options)), message);
  const beam = { prompt: [1], beams: 0, count: 1 };
  assert.is(
    await refused(() => beamSearch(config, params, beam)),
    "beamSearch: beams of 1 or more expected, got 0",
  );
  assert.is(
    await refused(() => beamSearch(config, params, { prompt: [1], beams: 2, count: 20 })),
    "Reader: at most 8 tokens expected, got 9",
  );
  assert.is(
    await refused(() =>
      beamSearch(config, params, { ...beam, beams: 1, lengthPenalty: Number.NaN }),
    ),
    "beamSearch: a finite lengthPenalty expected, got NaN",
  );
});

test("refuses to choose among scores that are no numbers", async () => {
  const broken = mapTree(params, (x) => mul(x, Number.NaN));
  const write = () => generate(config, broken, { prompt: [1], temperature: 0 }).next();
  assert.is(await refused(write), "generate: finite scores of tokens expected, got NaN");
  assert.is(
    await refused(() => beamSearch(config, broken, { prompt: [1], beams: 2, count: 1 })),
    "beamSearch: finite scores of tokens expected, got NaN",
  );
});

test.run();
