// Training on texts that are easy to learn: in every precision, in parts, computed again, resumed or not.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import {
  compile,
  key,
  leavesOf,
  mapTree,
  mul,
  round,
  type Tensor,
  toArray,
  values,
} from "../../../src/index.ts";
import { Language } from "../../../src/models/index.ts";
import { type FitProblem, printFitProblem } from "../../../src/nn/index.ts";
import { inFolder } from "../../support/folders.ts";
import { messageOf } from "../../support/messages.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const {
  allWindows,
  beginTraining,
  configOf,
  init,
  judgeOf,
  learnerOf,
  optimizerFor,
  randomWindows,
} = Language;

/** 0 1 2 3 4 3 2 1 0 1 …: what comes next follows from two tokens, not from one. */
const swinging = (length: number): Int32Array =>
  Int32Array.from({ length }, (_, i) => Math.abs((i % 8) - 4));

const corpus: Language.Corpus = { train: swinging(400), validation: swinging(150) };
const config = configOf("nano", 5, { width: 16, heads: 2, layers: 2, context: 8 });
const usual: Language.TrainingOptions = {
  seed: 1,
  iterations: 120,
  batchSize: 8,
  time: 8,
  learningRate: 0.01,
  device: "cpu",
};
const beginning = init(key(2), config);

const right = <A>(made: E.Either<FitProblem, A>): A => {
  if (E.isLeft(made)) throw new Error(printFitProblem(made.left));
  return made.right;
};
const trainWith = async (
  options: Partial<Language.TrainingOptions>,
  learner: Language.Learner<Language.Params> = learnerOf(config, beginning),
) => right(await Language.train(corpus, learner, { ...usual, ...options })());
const bits = (tree: unknown): readonly number[] =>
  leavesOf(tree as Language.Params).flatMap((leaf) => [...values(leaf)]);
const refused = async (options: Partial<Language.TrainingOptions>, text = corpus) => {
  const made = await Language.train(text, learnerOf(config, beginning), { ...usual, ...options })();
  return E.isLeft(made) ? printFitProblem(made.left) : "trained";
};

const test = suite("Language.train");

for (const precision of ["f32", "bf16", "f16"] as const)
  for (const recompute of [false, true])
    test(`learns what follows in ${precision}${recompute ? ", layers computed again" : ""}`, async () => {
      const learner = learnerOf(config, beginning, { recompute });
      const { validation, outcome } = await trainWith({ precision, evaluateEvery: 40 }, learner);
      assert.is(outcome, "finished");
      assert.equal(
        validation.map(({ iteration }) => iteration),
        [40, 80, 120],
      );
      // Pieces side by side begin alike, so that nothing is left to chance.
      assert.ok((validation.at(-1)?.loss as number) < 0.3, JSON.stringify(validation));
    });

test("gives the same gradients where layers are computed again, and with any number of micro-batches", async () => {
  const batch = randomWindows(corpus.train, { time: 8, seed: 0, count: 4 }).batch([0, 1, 2, 3]);
  const gradientOf = async (recompute: boolean) => {
    const { loss } = learnerOf(config, beginning, { recompute });
    const optimizer = optimizerFor({ ...usual, optimizer: () => sgdOf1 });
    const step = compile(Language.trainingStep({ loss }, optimizer), { device: "cpu" });
    return step(beginTraining(beginning, optimizer, 0), await batch).state.params;
  };
  const sgdOf1 = {
    init: () => [],
    update: (updates: unknown) => [mapTree(updates as Language.Params, (g) => mul(g, -1)), []],
  } as unknown as ReturnType<typeof optimizerFor>; // parameters less gradients
  const [once, again] = [bits(await gradientOf(false)), bits(await gradientOf(true))];
  once.forEach((x, i) => assert.ok(Math.abs(x - (again[i] as number)) < 1e-6));

  const [whole, inParts] = [
    await trainWith({ iterations: 5 }),
    await trainWith({ iterations: 5, microBatches: 4 }),
  ];
  const [a, b] = [bits(whole.params), bits(inParts.params)];
  // Adam divides by what may be next to nothing, so that rounding shows in the parameters.
  a.forEach((x, i) => assert.ok(Math.abs(x - (b[i] as number)) < 2e-3, `${x} ${b[i]}`));
  assert.is(inParts.validation.at(-1)?.iteration, 5);
  const scaled = await trainWith({ iterations: 5, microBatches: 2, precision: "f16" });
  assert.is(scaled.validation.at(-1)?.iteration, 5);
});

test("goes on from a checkpoint to the same bits, with dropout, too", async () => {
  const dropping = { ...config, dropout: 0.2 };
  const learner = learnerOf(dropping, beginning);
  const whole = await trainWith({ iterations: 12 }, learner);
  await inFolder(async (folder) => {
    const checkpoints = { folder, every: { steps: 5 } };
    const stop = new Error("enough");
    const broken = Language.train(corpus, learner, {
      ...usual,
      iterations: 12,
      checkpoints,
      onStep: ({ step }) => {
        if (step === 7) throw stop;
      },
    });
    await broken().then(
      () => assert.unreachable(),
      (error) => assert.is(error, stop),
    );
    const resumed = await trainWith({ iterations: 12, checkpoints, resume: true }, learner);
    assert.equal(bits(resumed.params), bits(whole.params));
    const other = await Language.train(corpus, learner, {
      ...usual,
      iterations: 12,
      learningRate: 0.02,
      checkpoints,
      resume: true,
    })();
    assert.is(E.isLeft(other) && other.left._tag, "OtherConfiguration");
  });
});

test("passes parameters through a function, for the loss and for those who judge", async () => {
  const coarse = (params: Language.Params): Language.Params =>
    mapTree(params, (x) => mul(round(mul(x, 2)), 0.5));
  const learner = Language.through(coarse)(learnerOf(config, beginning));
  const judge = judgeOf(learner.logits, { time: 8, device: "cpu" });
  const plain = judgeOf(learnerOf(config, beginning).logits, { time: 8, device: "cpu" });
  const loss = (await judge(beginning, corpus.validation)).loss;
  assert.is(loss, (await plain(coarse(beginning), corpus.validation)).loss);
});

test("says what is wrong with options and texts", async () => {
  assert.match(await refused({ iterations: 0 }), /Language.train: iterations ≥ 1 expected, got 0/);
  assert.match(await refused({ microBatches: 3 }), /microBatches that divide 8 expected, got 3/);
  assert.match(await refused({ time: 500 }), /a text of more than 500 tokens to learn from/);
  assert.match(await refused({ learningRate: -1 }), /a finite learningRate ≥ 0 expected, got -1/);
  assert.match(await refused({ learningRate: Number.NaN }), /learningRate ≥ 0 expected, got NaN/);
  const short = { ...corpus, validation: corpus.train.subarray(0, 1) };
  assert.match(await refused({}, short), /a validation text of two tokens or more expected, got 1/);
});

test(
  "windows: all of a text once, each behind what came before it",
  forAll(fc.tuple(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 1, max: 9 })))(
    async ([length, time]) => {
      const text = Int32Array.from({ length }, (_, i) => i);
      const pieces = allWindows(text, { time });
      const indices = Array.from({ length: pieces.length }, (_, i) => i);
      const { tokens, following } = await pieces.batch(indices);
      const flat = (x: Tensor): readonly number[] => (toArray(x) as number[][]).flat();
      const counted = flat(following).filter((token) => token !== Language.nothing);
      assert.equal(counted, [...text].slice(1));
      assert.equal(flat(tokens).slice(0, length - 1), [...text].slice(0, -1));
      const drawn = randomWindows(text, { time: 1, seed: length, count: 50 });
      const some = await drawn.batch(Array.from({ length: 50 }, (_, i) => i));
      assert.equal(
        flat(some.following),
        flat(some.tokens).map((token) => token + 1),
      );
      // A piece does not depend on those beside it.
      assert.equal(toArray((await drawn.batch([7])).tokens), [
        (toArray(some.tokens) as number[][])[7],
      ]);
    },
  ),
);

test("a judge weighs every token alike, whatever is read at once", async () => {
  const { logits } = learnerOf(config, beginning);
  const judge = (batchSize: number) => judgeOf(logits, { time: 8, batchSize, device: "cpu" });
  const all = await judge(64)(beginning, corpus.validation);
  const few = await judge(3)(beginning, corpus.validation);
  assert.is(all.tokens, 149);
  assert.is(few.tokens, 149);
  assert.ok(Math.abs(all.loss - few.loss) < 1e-5);
  assert.ok(Math.abs(all.loss - Math.log(5)) < 0.1, String(all.loss)); // it knows nothing yet
});

test("pieces and judges refuse sizes that are none", () => {
  const { logits } = learnerOf(config, beginning);
  for (const batchSize of [0, 1.5]) // with which it would never end
    assert.is(
      messageOf(() => judgeOf(logits, { time: 8, batchSize })),
      `judgeOf: a whole batchSize ≥ 1 expected, got ${batchSize}`,
    );
  for (const time of [0, 1.5]) {
    const said = `a whole time ≥ 1 expected, got ${time}`;
    assert.is(
      messageOf(() => allWindows(corpus.train, { time })),
      `allWindows: ${said}`,
    );
    const drawn = () => randomWindows(corpus.train, { time, seed: 0, count: 1 });
    assert.is(messageOf(drawn), `randomWindows: ${said}`);
  }
});

test.run();
