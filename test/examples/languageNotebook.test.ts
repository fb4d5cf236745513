// What the notebook of language models asks of specimens, counts, plans and pictures.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { memoryOf, peaksOf } from "../../examples/language/bytes.ts";
import { countingLoss } from "../../examples/language/counting.ts";
import { measured } from "../../examples/language/measured.ts";
import { contextChart, lossAgainstBytes } from "../../examples/language/pictures.ts";
import { openShelf, rowOf } from "../../examples/language/shelf.ts";
import { key, ready } from "../../src/index.ts";
import { Language } from "../../src/models/index.ts";
import { Compress } from "../../src/nn/index.ts";
import { forAll } from "../support/property.ts";
import { suite } from "../support/suite.ts";

const test = suite("language, for its notebook");

const rightOf = <A>(answer: E.Either<unknown, A>): A => {
  if (E.isLeft(answer)) throw new Error(JSON.stringify(answer.left));
  return answer.right;
};

const tokenizer = Language.byteTokenizer;
const config = Language.configOf("nano", 256, { width: 8, heads: 2, layers: 1, context: 8 });
const model = { config, params: await ready(Language.init(key(0), config)) };
const text = rightOf(tokenizer.encode(Language.generatedText({ length: 60 })));
const measure = async (specimen: Language.Specimen) =>
  rightOf(await measured({ tokenizer, text })(specimen)());

const formats: fc.Arbitrary<Compress.Format | undefined> = fc.constantFrom(
  undefined,
  { kind: "dense", dtype: "bf16" } as const,
  Compress.int8,
  { ...Compress.int4, per: { group: 4 } } as const,
);

test(
  "the loss that is measured is that of the model in the file, however it was pruned and rounded",
  forAll(
    { sparsity: fc.constantFrom(0, 0.5, 0.9), format: formats },
    { runs: 6 },
  )(async ({ sparsity, format }) => {
    const pruned = Language.pruned(Compress.magnitude({ sparsity }))(model);
    const specimen = format === undefined ? pruned : Language.rounded(format)(pruned);
    const { loss, file } = await measure(specimen);
    const found = rightOf(Language.decodeModel(file));
    const read = { config: found.config, params: await ready(Language.paramsOf(found)) };
    assert.ok(Math.abs((await measure(read)).loss - loss) < 1e-5); // sums in another order
  }),
);

test("fewer bits and fewer weights are smaller files", async () => {
  const wide = { ...config, width: 64 }; // so that numbers are more than their names
  const whole = { config: wide, params: await ready(Language.init(key(0), wide)) };
  const half = Language.pruned(Compress.magnitude({ sparsity: 0.5 }))(whole);
  const int8 = Language.rounded(Compress.int8);
  const sizes: number[] = [];
  for (const specimen of [whole, half, int8(whole), int8(half)])
    sizes.push((await measure(specimen)).file.length);
  assert.equal(
    sizes,
    sizes.toSorted((a, b) => b - a),
  );
});

test("a tokeniser of other symbols is refused", async () => {
  const other = rightOf(Language.tokenizerOf(Language.charactersOf("abc")));
  const answer = await measured({ tokenizer: other, text })(model)();
  assert.is(E.isLeft(answer) && answer.left._tag, "VocabularyMismatch");
});

const tokens = fc
  .array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 40 })
  .map((all) => Int32Array.from(all));

test(
  "what counts pays something, and no more than a token costs that it never saw",
  forAll({
    train: tokens,
    validation: tokens,
    order: fc.constantFrom(0, 1) as fc.Arbitrary<0 | 1>,
  })(({ train, validation, order }) => {
    const loss = countingLoss({ train, validation, symbols: 4 }, order);
    assert.ok(loss > 0 && loss < Math.log(train.length - 1 + 4) + 1e-9);
  }),
);

test("what counts pays by shares, one more of each", () => {
  const train = Int32Array.of(0, 0, 0, 1);
  const validation = Int32Array.of(0, 1);
  const close = (order: 0 | 1, share: number): void =>
    assert.ok(
      Math.abs(countingLoss({ train, validation, symbols: 2 }, order) + Math.log(share)) < 1e-12,
    );
  close(0, 2 / 5); // counted behind the first: 0, 0, 1
  close(1, 2 / 5); // behind 0: the same three
});

const options = { seed: 0, iterations: 1, batchSize: 2, learningRate: 1e-3 };

test("plans take more for a longer context, and less where something is computed again", () => {
  const long = { ...config, context: 64 };
  const bytes = (of: Language.Config, recompute = false): number =>
    memoryOf(of, options, recompute).temporaryBytes;
  assert.ok(bytes(long) > bytes(config));
  const deep = { ...long, layers: 4 };
  assert.ok(bytes(deep, true) < bytes(deep));
  const peaks = Object.values(peaksOf({ ...deep, width: 64, context: 128 }, options));
  assert.is(peaks.length, 4);
  assert.ok(peaks.every((peak) => peak <= (peaks[0] as number))); // f32, everything kept
});

test("pictures have a curve for each model, and a dot for each that is not left out", () => {
  const chart = contextChart({ one: config, two: config }, [8, 16], options);
  for (const name of ["one", "two"]) assert.ok(chart.svg.includes(name));
  const made = (name: string, loss: number) => ({ way: "w", name, loss, bytes: 1000 / loss });
  const dots = (limit: number): number =>
    lossAgainstBytes([made("a", 1), made("b", 2), made("c", 3)], limit).svg.split("<circle")
      .length - 1;
  assert.equal([dots(9), dots(2), dots(1)], [3, 2, 1]);
});

test("what is put on a shelf stays there, and a row says how it differs from the control", async () => {
  const shelf = openShelf({ tokenizer, text });
  const half = Language.pruned(Compress.magnitude({ sparsity: 0.5, choose: () => true }))(model);
  const whole = await shelf.put("whole", "f32", model);
  const made = await shelf.put("pruned", "50 %", half);
  assert.equal(shelf.models(), [whole, made]);
  assert.is(made.loss, (await shelf.measure(half)).loss);
  const row = rowOf({ loss: made.loss - 0.25, bytes: 4 * made.bytes })(made);
  assert.equal(
    [row.model, row["above f32"], row["times smaller"], row["zeros, percent"]],
    ["pruned: 50 %", "0.2500", "4.00", "50.0"],
  );
});

test.run();
