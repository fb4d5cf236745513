// Models on the bench: what was done to one holds whatever is done next.

import * as E from "fp-ts/lib/Either.js";
import type * as TE from "fp-ts/lib/TaskEither.js";
import * as assert from "uvu/assert";
import {
  compile,
  item,
  key,
  leavesOf,
  ready,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  values,
} from "../../../src/index.ts";
import { Language } from "../../../src/models/index.ts";
import { Compress, type FitProblem, printFitProblem } from "../../../src/nn/index.ts";
import { suite } from "../../support/suite.ts";

const { configOf, init, judgeOf, learnerOf, logits, pruned, rounded, stored, trainable, tuned } =
  Language;

const text = Int32Array.from({ length: 300 }, (_, i) => Math.abs((i % 8) - 4));
const corpus: Language.Corpus = { train: text, validation: text.subarray(0, 100) };
const config = configOf("nano", 5, { width: 16, heads: 2, layers: 2, context: 8 });
const specimen: Language.Specimen = { config, params: init(key(2), config) };
const options: Language.TrainingOptions = {
  seed: 1,
  iterations: 16,
  batchSize: 4,
  time: 8,
  learningRate: 0.01,
  device: "cpu",
};

const right = async <A>(made: TE.TaskEither<FitProblem, A>): Promise<A> => {
  const found = await made();
  if (E.isLeft(found)) throw new Error(printFitProblem(found.left));
  return found.right;
};
const tune = async (it: Language.Specimen, training: Language.Training = {}) =>
  (await right(tuned(corpus, options, training)(it))).specimen;
const zerosOf = (params: Language.Params): readonly boolean[] =>
  leavesOf(params).flatMap((leaf) => [...values(leaf)].map((x) => x === 0));
const matrices = (params: Language.Params): readonly Tensor[] =>
  (leavesOf(params) as readonly Tensor[]).filter(({ shape }) => shape.length >= 2);

const test = suite("Language specimens");

test("keep at 0 what was pruned while they are trained on, and prune more of what survived", async () => {
  const half = pruned(Compress.magnitude({ sparsity: 0.5 }))(specimen);
  const later = await tune(half);
  zerosOf(half.params).forEach((isZero, i) => {
    if (isZero) assert.ok(zerosOf(later.params)[i]);
  });
  assert.is.not(sumOf(later.params), sumOf(half.params));
  const quarter = pruned(Compress.magnitude({ sparsity: 0.5 }))(later);
  assert.ok(Math.abs(Compress.sparsityOf(quarter.masks) - 0.75) < 0.01);
});

const sumOf = (params: Language.Params): number =>
  matrices(params).reduce((total, leaf) => total + item(sum(leaf)), 0);

test("lose weights gradually down to the share that is asked for", async () => {
  const gradually = { sparsity: 0.8, rounds: 4 };
  const { specimen: thin } = await right(
    Language.prunedGradually(corpus, options, gradually)(specimen),
  );
  assert.ok(Math.abs(Compress.sparsityOf(thin.masks) - 0.8) < 0.01);
  matrices(thin.params).forEach((leaf) => {
    const zeros = [...values(leaf)].filter((x) => x === 0).length;
    assert.is(zeros, Math.round(0.8 * values(leaf).length));
  });
  const refused = await Language.prunedGradually(
    corpus,
    { ...options, microBatches: 2 },
    gradually,
  )(specimen)();
  assert.match(
    E.isLeft(refused) ? printFitProblem(refused.left) : "",
    /prunedGradually: f32 or bf16, no micro-batches/,
  );
  for (const [wrong, said] of [
    [{ sparsity: 1.5, rounds: 2 }, "a sparsity in 0…1 expected, got 1.5"],
    [{ sparsity: Number.NaN, rounds: 2 }, "a sparsity in 0…1 expected, got NaN"],
    [{ sparsity: 0.5, rounds: 0 }, "rounds ≥ 1 expected, got 0"],
    [{ sparsity: 0.5, rounds: 1.5 }, "rounds ≥ 1 expected, got 1.5"],
  ] as const) {
    const found = await Language.prunedGradually(corpus, options, wrong)(specimen)();
    const text = E.isLeft(found) ? printFitProblem(found.left) : "pruned";
    assert.is(text, `Language.prunedGradually: ${said}`);
  }
});

test("keep at 0 what is 0 where nobody says any more what was pruned", async () => {
  const half = pruned(Compress.magnitude({ sparsity: 0.5 }))(specimen);
  const found = Language.keepingZeros()({ config, params: half.params });
  assert.equal(
    leavesOf(found.masks as Language.Params).map((mask) => [...values(mask)]),
    leavesOf(half.masks as Language.Params).map((mask) => [...values(mask)]),
  );
  const later = await tune(found);
  assert.equal(zerosOf(later.params), zerosOf(half.params));
  assert.is(Language.keepingZeros()(specimen).masks, undefined);
  // Tables may be left out, as everything else.
  const some = Language.keepingZeros((_, path) => path.startsWith("layers"))(found);
  assert.equal((some.masks as Language.Params).tokens.table.shape, []);
});

test("are computed again in the backward pass where that is wanted, by a student, too", () => {
  const training = { ...options, batchSize: 8, time: 8 };
  const bytes = (recompute: boolean, more: Language.Training = {}): number =>
    Language.stepMemory(trainable(specimen, { ...more, recompute }), training).temporaryBytes;
  assert.ok(bytes(true) < bytes(false));
  const teacher = { teacher: specimen };
  assert.ok(bytes(true, teacher) < bytes(false, teacher));
});

test("are judged by what they are stored as, and learn to bear it", async () => {
  const coarse = rounded({ kind: "quantized", bits: 4, per: "tensor" })(specimen);
  const { formats, packed } = stored(coarse);
  const unpack = Compress.unpack(formats);
  const tokens = tensor([[0, 1, 2, 3, 4, 3]], { dtype: "i32" });
  const byParts = compile((parts: typeof packed) => logits(config, unpack(parts))(tokens));
  const inLoss = trainable(coarse).logits(coarse.params, tokens);
  const [a, b] = [values(await ready(byParts(packed))), values(await ready(inLoss))];
  a.forEach((x, i) => assert.ok(Math.abs(x - (b[i] as number)) < 1e-5));
  // Its gradients are those at the rounded weights, for the weights as they are.
  const batch = { tokens, following: tensor([[1, 2, 3, 4, 3, 2]], { dtype: "i32" }) };
  const at = (it: Language.Learner<Language.Params>, params: Language.Params) =>
    valueAndGrad((own: Language.Params) => it.loss(own, batch, key(0)))(params)[1];
  const straight = at(trainable(coarse), coarse.params);
  const there = at(learnerOf(config, coarse.params), await ready(unpack(packed)));
  const [x, y] = [leavesOf(straight), leavesOf(there)] as [readonly Tensor[], readonly Tensor[]];
  x.forEach((leaf, i) => {
    const wanted = values(y[i] as Tensor);
    values(leaf).forEach((g, j) => assert.ok(Math.abs(g - (wanted[j] as number)) < 1e-4));
  });
  assert.is((await tune(coarse)).formats, coarse.formats);
});

test("take activations in 8 bits where that is configured, each token by itself", async () => {
  const dynamic = { ...config, activations: "int8" } as const;
  const tokens = tensor(
    [
      [0, 1, 2, 3],
      [4, 3, 2, 1],
    ],
    { dtype: "i32" },
  );
  const both = values(logits(dynamic, specimen.params)(tokens));
  const plain = values(logits(config, specimen.params)(tokens));
  const furthest = Math.max(...both.map((x, i) => Math.abs(x - (plain[i] as number))));
  assert.ok(furthest > 0 && furthest < 0.02, String(furthest));
  const alone = values(logits(dynamic, specimen.params)(tensor([[4, 3, 2, 1]], { dtype: "i32" })));
  alone.forEach((x, i) => assert.ok(Math.abs(x - (both[20 + i] as number)) < 1e-6));
});

test("are taught by others, of other sizes, too, of whom nothing changes", async () => {
  const judge = judgeOf(learnerOf(config, specimen.params).logits, { time: 8, device: "cpu" });
  const teacher = await tune({ ...specimen }, {});
  const before = sumOf(teacher.params);
  const thin = Language.slim({ heads: 1, hidden: 16 })(config, specimen.params);
  const taught = await tune(thin, { teacher });
  assert.is(sumOf(teacher.params), before);
  const small = judgeOf(learnerOf(thin.config, thin.params).logits, { time: 8, device: "cpu" });
  const [untaught, after] = [
    await small(thin.params, corpus.validation),
    await small(taught.params, corpus.validation),
  ];
  assert.ok(after.loss < untaught.loss);
  assert.ok((await judge(teacher.params, corpus.validation)).loss < Math.log(5));
  const other = configOf("nano", 7, { width: 16, heads: 2, layers: 1, context: 8 });
  assert.throws(
    () => Language.studentOf(specimen, { config: other, params: init(key(0), other) }),
    /studentOf: a teacher of 5 symbols expected, as the student, got 7/,
  );
});

test("imitate hidden states: a student that is its teacher has nothing to learn from them", async () => {
  const imitator = Language.imitatorOf(specimen, specimen, { key: key(5), weight: 1, alpha: 1 });
  const batch = {
    tokens: tensor([[0, 1, 2, 3]], { dtype: "i32" }),
    following: tensor([[1, 2, 3, 4]], { dtype: "i32" }),
  };
  const identity = tensor(
    Float32Array.from({ length: 256 }, (_, i) => Number(i % 17 === 0)),
    { shape: [16, 16] },
  );
  const same = {
    model: specimen.params,
    projections: imitator.params.projections.map(() => identity),
  };
  assert.ok(Math.abs(item(imitator.loss(same, batch, key(0)))) < 1e-6);
  assert.ok(item(imitator.loss(imitator.params, batch, key(0))) > 1e-4);
});

test.run();
