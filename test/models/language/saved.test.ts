// Models in files: they come back bit for bit with all that it takes to use them, and files that hold none, or a damaged one, are refused with the reason.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { cast, key, leavesOf, mapTree, scalar, tensor } from "../../../src/index.ts";
import {
  type Config,
  charactersOf,
  characterTokenizer,
  configOf,
  decodeModel,
  encodeModel,
  init,
  loadModel,
  logits,
  type ModelProblem,
  type Params,
  paramsOf,
  printModelProblem,
  printTokenProblem,
  readConfig,
  type SavedModel,
  saveModel,
  type Tokenizer,
} from "../../../src/models/language/index.ts";
import { Compress, saveTree } from "../../../src/nn/index.ts";
import { bitsOf } from "../../support/arrays.ts";
import { assertTreesClose } from "../../support/close.ts";
import { inFolder } from "../../support/folders.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("saveModel, loadModel");

const right = <A>(found: E.Either<ModelProblem, A>): A => {
  if (E.isLeft(found)) throw new Error(printModelProblem(found.left));
  return found.right;
};

const saidOf = (found: E.Either<ModelProblem, unknown>, folder: string): string =>
  E.isLeft(found)
    ? `${found.left._tag}: ${printModelProblem(found.left).replaceAll(`${folder}/`, "")}`
    : "nothing wrong";

const small = { symbols: 5, context: 4, width: 4, layers: 1, heads: 2 };
const config = configOf("nano", 5, small);
const charactersFrom = (text: string): Tokenizer => {
  const made = characterTokenizer(charactersOf(text));
  if (E.isLeft(made)) throw new Error(printTokenProblem(made.left));
  return made.right;
};
const tokenizer = charactersFrom("abcde");
const params = init(key(3), config);
const model: SavedModel = { config, params, tokenizer };

const configs: fc.Arbitrary<Config> = fc
  .record({
    groups: fc.constantFrom(undefined, 1),
    hidden: fc.constantFrom(undefined, 6),
    dropout: fc.constantFrom(undefined, 0.1),
    positions: fc.constantFrom("learned", "rotary"),
    norm: fc.constantFrom("layer", "rms"),
    activation: fc.constantFrom("gelu", "gelu-tanh", "swiglu"),
    attention: fc.constantFrom<Config["attention"]>(
      { kind: "full" },
      { kind: "blockwise" },
      { kind: "blockwise", block: 2 },
      { kind: "window", window: 2 },
      { kind: "linear" },
    ),
    tied: fc.boolean(),
    bias: fc.boolean(),
  })
  .map(({ groups, hidden, dropout, ...rest }) => ({
    ...small,
    ...(rest as Omit<Config, keyof typeof small>), // words of it
    ...(groups === undefined ? {} : { groups }),
    ...(hidden === undefined ? {} : { hidden }),
    ...(dropout === undefined ? {} : { dropout }),
  }));

test(
  "come back bit for bit, whatever is configured",
  forAll(
    { config: configs, seed: fc.nat(99) },
    { runs: 20 },
  )(({ config: own, seed }) =>
    inFolder(async (folder) => {
      const path = join(folder, "deep/model.safetensors");
      const started = init(key(seed), own);
      right(await saveModel(path, { config: own, params: started, tokenizer })());
      const found = right(await loadModel(path)());
      assert.equal(found.config, own);
      assert.equal(found.tokenizer.description, tokenizer.description);
      assert.equal(found.tokenizer.encode("dab"), E.right(Int32Array.of(3, 0, 1)));
      assert.not.ok("formats" in found);
      assert.equal(leavesOf(found.params).map(bitsOf), leavesOf(started).map(bitsOf));
      const tokens = tensor([[1, 4, 0]], { dtype: "i32" });
      assertTreesClose(
        logits(found.config, paramsOf(found))(tokens),
        logits(own, started)(tokens),
        0,
        "logits",
      );
      assert.equal(readdirSync(join(folder, "deep")), ["model.safetensors"]);
    }),
  ),
);

test("are read from bytes as from files", () =>
  inFolder(async (folder) => {
    const path = join(folder, "m");
    right(await saveModel(path, model)());
    const bytes = new Uint8Array(readFileSync(path));
    assertTreesClose(right(decodeModel(bytes)).params, model.params, 0);
    assert.match(saidOf(decodeModel(bytes.subarray(0, -4)), folder), /^Truncated: decodeModel: /);
  }));

test("are read neither cut off at any place nor changed in any byte", () =>
  inFolder(async (folder) => {
    const path = join(folder, "m");
    right(await saveModel(path, model)());
    const bytes = new Uint8Array(readFileSync(path));
    await forAll({ at: fc.nat(bytes.length - 1), change: fc.integer({ min: 1, max: 255 }) })(
      ({ at, change }) => {
        assert.ok(E.isLeft(decodeModel(bytes.subarray(0, at))), `cut at ${at}`);
        const changed = bytes.map((byte, i) => (i === at ? byte ^ change : byte));
        const found = decodeModel(changed);
        // Spaces behind the header are no part of what it says.
        assert.ok(E.isLeft(found) || bytes[at] === 0x20, `byte ${at} changed`);
      },
    )();
    writeFileSync(path, bytes.subarray(0, 100));
    assert.match(saidOf(await loadModel(path)(), folder), /^Truncated: loadModel m: a header of/);
  }));

test("are told from other files", () =>
  inFolder(async (folder) => {
    const [path, missing] = [join(folder, "m"), join(folder, "none")];
    assert.is(
      saidOf(await loadModel(missing)(), folder),
      "MissingFile: loadModel none: a file expected, got nothing",
    );
    assert.match(saidOf(await loadModel(folder)(), `${folder}/`), /^UnreadableFile: .*EISDIR/);
    writeFileSync(path, "The king is dead; long live the king.");
    assert.match(saidOf(await loadModel(path)(), folder), /is it a safetensors file\?$/);
    await saveTree(path, model.params)();
    assert.is(
      saidOf(await loadModel(path)(), folder),
      "BadHeader: loadModel m: a language model expected, got no description of one\nhint: saveModel writes such a file; loadGpt2 reads models as they are published",
    );
    assert.match(
      saidOf(await saveModel(join(path, "below"), model)(), folder),
      /^UnwritableFile: saveModel m\/below: /,
    );
  }));

const { description: characters } = tokenizer;

/** What is said of a file that describes a model as it is not. */
const misdescribed = (description: unknown, leaves: unknown = params): Promise<string> =>
  inFolder(async (folder) => {
    const path = join(folder, "m");
    await saveTree(path, leaves, { language: JSON.stringify(description) })();
    return saidOf(await loadModel(path)(), folder);
  });

test("name the tensor that is not what the configuration asks for", async () => {
  const { norm: _, ...headless } = params;
  assert.is(
    await misdescribed({ config, tokenizer: characters }, headless),
    'MissingTensor: loadModel m: the leaves of the tree expected, got no "norm.gain"',
  );
  assert.is(
    await misdescribed({ config, tokenizer: characters }, { ...params, more: scalar(1) }),
    'ExtraTensor: loadModel m: the leaves of the tree expected, got extra "more"',
  );
  assert.is(
    await misdescribed({ config: { ...config, context: 8 }, tokenizer: characters }),
    'ShapeMismatch: loadModel m: shapes and dtypes of the tree expected, got "places.table" f32 [4, 4] where f32 [8, 4] is expected',
  );
  assert.match(
    await misdescribed({ config, tokenizer: characters }, mapTree(params, cast("f64"))),
    /^DtypeMismatch: .*"tokens.table" f64 \[5, 4\] where f32 \[5, 4\] is expected, and 8 more$/,
  );
  assert.is(
    await misdescribed({ config: { ...config, layers: 1e9 }, tokenizer: characters }),
    "MissingTensor: loadModel m: tensors of 1000000000 layers expected, got 9 tensors",
  );
});

test("name the word, field or number that makes no model", async () => {
  const { bias: _, ...biasless } = config;
  const wrong: readonly (readonly [unknown, string])[] = [
    [{ ...config, positions: "spiral" }, "positions learned or rotary expected, got spiral"],
    [{ ...config, norm: "batch" }, "norm layer or rms expected, got batch"],
    [{ ...config, activation: "toString" }, "activation gelu or gelu-tanh or swiglu expected"],
    [{ ...config, attention: { kind: "flash" } }, "attention full or blockwise or window or"],
    [
      { ...config, attention: "full" },
      'a record attention of a configuration expected, got "full"',
    ],
    [{ ...config, attention: {} }, "attention full or blockwise or window or linear expected"],
    [
      { ...config, attention: { kind: "window" } },
      "a number window of window attention expected, got none",
    ],
    [
      { ...config, attention: { kind: "full", window: 3 } },
      'fields kind of full attention expected, got "window"\nhint: a later version may have written it',
    ],
    [{ ...config, attention: { kind: "blockwise", block: 0 } }, "a block of 1 or more expected"],
    [{ ...config, experts: 8 }, 'of a configuration expected, got "experts"'],
    [{ ...config, tied: 1 }, "a boolean tied of a configuration expected, got 1"],
    [{ ...config, width: "4" }, 'a number width of a configuration expected, got "4"'],
    [{ ...config, heads: 3 }, "heads that divide 4 expected, got 3"],
    [{ ...config, hidden: 2 ** 52 }, "at most 2³² draws from one key expected"],
    [{ ...config, dropout: null }, "a number dropout of a configuration expected, got null"],
    [biasless, "a boolean bias of a configuration expected, got none"],
    [null, "a record with a configuration expected, got null"],
  ];
  for (const [own, said] of wrong) {
    const found = await misdescribed({ config: own, tokenizer: characters });
    assert.ok(found.startsWith("BadConfig: loadModel m: ") && found.includes(said), found);
  }
});

test("name what makes no tokeniser", async () => {
  const said =
    "BadTokenizer: loadModel m: the description of a tokeniser expected, got one of which";
  for (const [own, why] of [
    [undefined, "a tokeniser of characters, bytes or bpe expected"],
    [{ _tag: "words" }, 'expected, got {"_tag":"words"}'],
    [{ _tag: "characters", characters: ["a", "a"] }, "twice"],
  ] as const) {
    const found = await misdescribed({ config, tokenizer: own });
    assert.ok(found.startsWith(said) && found.includes(why), found);
  }
});

test("refuse a tokeniser of other symbols, read or written", async () => {
  const other = charactersFrom("abcdef");
  const said = "a model of 6 symbols, as its tokeniser, expected, got 5";
  assert.is(
    await misdescribed({ config, tokenizer: other.description }),
    `VocabularyMismatch: loadModel m: ${said}`,
  );
  await inFolder(async (folder) => {
    const found = await saveModel(join(folder, "m"), { ...model, tokenizer: other })();
    assert.is(saidOf(found, folder), `VocabularyMismatch: saveModel m: ${said}`);
    assert.equal(readdirSync(folder), []);
  });
});

test("are not written where nothing could read them", () =>
  inFolder(async (folder) => {
    const path = join(folder, "m");
    const deeper = { ...model, config: { ...config, layers: 2 } };
    assert.match(
      saidOf(await saveModel(path, deeper)(), folder),
      /^MissingTensor: saveModel m: the leaves of the model that is configured expected, got no "layers\[1\]/,
    );
    const unknown = { ...model, config: { ...config, experts: 8 } as Config };
    assert.match(saidOf(await saveModel(path, unknown)(), folder), /^BadConfig: saveModel m: /);
    assert.equal(readdirSync(folder), []);
  }));

const codes = fc.constantFrom<Compress.Format>(
  Compress.int8,
  { kind: "quantized", bits: 4, per: "tensor" },
  { kind: "quantized", bits: 4, per: { group: 2 } },
  { kind: "dense", dtype: "bf16" },
);

test(
  "keep packed leaves in fewer bytes, and give the same scores from them",
  forAll(
    { format: codes, own: configs },
    { runs: 12 },
  )(({ format, own }) =>
    inFolder(async (folder) => {
      const path = join(folder, "m");
      const started = init(key(5), own);
      const formats = Compress.formatsOf(started, Compress.matrices(format));
      const packed = Compress.pack(formats)(started);
      right(await saveModel(path, { config: own, params: packed, tokenizer, formats })());
      const found = right(await loadModel(path)());
      assert.equal(found.formats, formats);
      assert.equal(leavesOf(found.params).map(bitsOf), leavesOf(packed).map(bitsOf));
      const tokens = tensor([[1, 4, 0]], { dtype: "i32" });
      assertTreesClose(
        logits(own, paramsOf(found))(tokens),
        logits(own, Compress.unpack(formats)<Params>(packed))(tokens),
        0,
        "logits",
      );
    }),
  ),
);

test("refuse parameters, and formats, that are not those of the model", () =>
  inFolder(async (folder) => {
    const path = join(folder, "m");
    const formats = Compress.formatsOf(params);
    assert.match(
      saidOf(await saveModel(path, { ...model, formats })(), folder),
      /^MissingTensor: saveModel m: .* no "tokens\.table\.codes"/,
    );
    const packed = Compress.pack(formats)(params);
    assert.match(
      saidOf(await saveModel(path, { ...model, params: packed })(), folder),
      /^MissingTensor: saveModel m: .* no "tokens\.table", .*extra "tokens\.table\.codes"/,
    );
    const far = { ...formats, "layers[7].w": Compress.int8 };
    assert.match(
      saidOf(await saveModel(path, { ...model, params: packed, formats: far })(), folder),
      /^BadHeader: saveModel m: formats for leaves of the tree expected, got "layers\[7\]\.w"/,
    );
    const described = { config, tokenizer: characters };
    assert.match(
      await misdescribed({ ...described, formats: { "tokens.table": { kind: "dust" } } }),
      /^BadHeader: loadModel m: a format for "tokens\.table" expected, got \{"kind":"dust"\}/,
    );
    assert.match(
      await misdescribed({ ...described, formats: 7 }),
      /^BadHeader: loadModel m: formats by path expected, got 7/,
    );
  }));

test("read a configuration as it was", () => {
  assert.equal(readConfig(JSON.parse(JSON.stringify(config))), E.right(config));
});

test("models in formats come back as they were packed, and with many zeros in fewer bytes", () =>
  inFolder(async (folder) => {
    const wide = { ...config, width: 32 };
    const params = init(key(3), wide);
    const formats = Compress.formatsOf(params, Compress.matrices(Compress.int8));
    const pruned = Compress.makePermanent(Compress.magnitude({ sparsity: 0.75 })(params))(params);
    const packed = Compress.pack(formats)(pruned);
    const stored = { config: wide, tokenizer, params: packed, formats };
    const sizes: number[] = [];
    for (const sparse of [false, true]) {
      const path = join(folder, `${sparse}.safetensors`);
      right(await saveModel(path, stored, { sparse })());
      const bytes = right(await encodeModel(stored, { sparse })());
      assert.equal([...readFileSync(path)], [...bytes]);
      const back = right(await loadModel(path)());
      assert.equal(back.formats, formats);
      assert.equal(leavesOf(back.params).map(bitsOf), leavesOf(packed).map(bitsOf));
      right(decodeModel(bytes));
      sizes.push(bytes.length);
    }
    assert.ok((sizes[1] as number) < 0.6 * (sizes[0] as number), `${sizes}`); // a quarter, a bit each, and headers
  }));

test.run();
