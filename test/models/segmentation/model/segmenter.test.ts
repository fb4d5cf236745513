// Laws of the encoder-decoders under every combination of connections. Values against PyTorch are in test/golden.

import fc from "fast-check";
import * as assert from "uvu/assert";
import { assertGradients } from "../../../../src/core/run/checkGradients.ts";
import {
  cast,
  compile,
  grad,
  key,
  leavesOf,
  mapTree,
  pad,
  slice,
  sum,
  type Tensor,
  zeros,
} from "../../../../src/index.ts";
import {
  allConnections,
  type Config,
  configOf,
  type NetworkName,
  networkNames,
  noConnections,
  strideOf,
} from "../../../../src/models/segmentation/model/config.ts";
import * as Segmenter from "../../../../src/models/segmentation/model/segmenter.ts";
import { meanSquaredError } from "../../../../src/nn/index.ts";
import { assertTreesClose } from "../../../support/close.ts";
import { messageOf } from "../../../support/messages.ts";
import { forAll } from "../../../support/property.ts";
import { suite } from "../../../support/suite.ts";
import { configs, noise } from "../setup.ts";

const test = suite("Segmenter");
const runs = { runs: 15 }; // each is compiled, which takes most of the time

const begin = (config: Config) => ({
  params: Segmenter.init(key(0), config),
  state: Segmenter.initState(config),
});

const sides = fc.integer({ min: 1, max: 40 });

test(
  "gives each pixel of a picture of any size its logits, in training as in use",
  forAll({ config: configs, height: sides, width: sides })(({ config, height, width }) => {
    const { params, state } = begin(config);
    const x = noise(2, height, width);
    const made = Segmenter.applyInTraining(params, state, config)(x);
    const expected = [2, height, width, config.classes];
    assert.equal([...made.logits.shape], expected);
    assert.equal([...Segmenter.apply(params, state, config)(x).shape], expected);
    const shapesOf = (tree: unknown) => leavesOf(tree).map(({ shape }) => [...shape]);
    assert.equal(shapesOf(made.state), shapesOf(state));
  }),
);

test(
  "is the same with zeros at the bottom and the right up to the stride",
  forAll(
    { config: configs },
    runs,
  )(({ config }) => {
    const stride = strideOf(config);
    const { params, state } = begin(config);
    const infer = compile((x: Tensor) => Segmenter.apply(params, state, config)(x), {
      device: "cpu",
    });
    const [height, width] = [stride - 1, stride + 1];
    const x = noise(1, height, width);
    const none = [0, 0] as const;
    const larger = pad({ widths: [none, [0, 1], [0, stride - 1], none] })(x);
    const wanted = slice({ stop: [1, height, width] })(infer(larger));
    assertTreesClose(infer(x), wanted, 1e-6); // the same sums, but for how loops are cut
  }),
);

test(
  "what is computed again gives the same loss, statistics and gradients",
  forAll(
    { config: configs },
    runs,
  )(({ config }) => {
    const { params, state } = begin(config);
    const x = noise(2, 9, 14);
    const stepWith = (recompute: boolean) =>
      compile(
        (p: Segmenter.Params) => {
          const run = (own: Segmenter.Params) =>
            Segmenter.applyInTraining(own, state, config, { recompute })(x);
          const { logits, state: after } = run(p);
          const slope = grad((own: Segmenter.Params) =>
            meanSquaredError(run(own).logits, zeros(logits.shape)),
          )(p);
          return { logits, after, slope };
        },
        { device: "reference" },
      );
    assertTreesClose(stepWith(true)(params), stepWith(false)(params), 1e-9); // doubles, summed in another order
  }),
);

test("gradients are those of differences, with all connections", () => {
  const inF64 = <T>(tree: T): T => mapTree(tree, cast("f64"));
  for (const name of ["segnet-small", "unet"] as const) {
    const config = configOf(name, { classes: 2, width: 1, connections: allConnections });
    const { params, state } = begin(config);
    const x = cast("f64")(noise(2, 16, 16));
    // Maxima and ReLUs have kinks, which a smaller step hardly ever meets.
    assertGradients(
      (p: Segmenter.Params) => sum(Segmenter.applyInTraining(p, inF64(state), config)(x).logits),
      [inF64(params)],
      { order: 1, epsilon: 1e-7 },
    );
  }
});

test("SegNet has the 13 convolutions of VGG-16 and as many back", () => {
  const { params } = begin(configOf("segnet", { classes: 11, width: 64 }));
  const weights = (blocks: Segmenter.Params["encoder"]) =>
    blocks.flatMap(({ convolutions }) => convolutions.map(({ weight }) => weight.shape));
  const count = (shapes: readonly (readonly number[])[]) =>
    shapes.reduce((all, shape) => all + shape.reduce((a, b) => a * b, 1), 0);
  const [encoder, decoder] = [weights(params.encoder), weights(params.decoder)];
  assert.is(encoder.length, 13);
  // Simonyan & Zisserman, "Very deep convolutional networks", 2015, table 1, column D: 3 × 3 filters of its widths.
  assert.is(count(encoder), 14_710_464);
  assert.is(decoder.length, 12); // the 13th gives the logits
  assert.equal([...params.classifier.weight.shape], [3, 3, 64, 11]);
});

test("a network is as wide as it was published where no width is given", () => {
  const first = (name: NetworkName, width?: number) =>
    configOf(name, { classes: 2, ...(width === undefined ? {} : { width }) }).stages[0]?.[0];
  assert.equal(
    networkNames.map((name) => [name, first(name)]),
    [
      ["segnet", 64],
      ["segnet-basic", 64],
      ["segnet-small", 32],
      ["unet", 64],
    ],
  );
  assert.is(first("segnet", 3), 3);
});

test("connections are leaves that the others do not have", () => {
  const names = (connections: typeof noConnections) => {
    const { params } = begin(configOf("segnet-small", { classes: 2, width: 2, connections }));
    return params.decoder.map(({ convolutions, projection }) => [
      convolutions[0]?.weight.shape[2],
      projection.length,
    ]);
  };
  assert.equal(names(noConnections), [
    [2, 0],
    [4, 0],
    [8, 0],
  ]); // prettier-ignore
  assert.equal(names({ ...noConnections, skips: ["concat", "none", "add"] }), [
    [4, 0],
    [4, 0],
    [8, 0],
  ]);
  // The finest decoder block ends as wide as it begins, the others as wide as the stage above.
  assert.equal(names({ ...noConnections, blocks: true }), [
    [2, 0],
    [4, 1],
    [8, 1],
  ]);
});

test("what makes no network is refused by name", () => {
  const small = configOf("segnet-small", { classes: 2, width: 2 });
  const refused = (change: Partial<Config>) =>
    messageOf(() => Segmenter.planOf({ ...small, ...change }));
  assert.is(refused({ classes: 0 }), "Segmenter.init: one class or more expected, got 0");
  assert.is(refused({ taps: 4 }), "Segmenter.init: an odd number of taps expected, got 4");
  assert.is(
    refused({ stages: [[2], []] }),
    "Segmenter.init: stages of one convolution or more expected, got [[2],[]]",
  );
  assert.is(
    refused({ connections: { ...noConnections, skips: ["add"] } }),
    "Segmenter.init: 3 skips expected, one for each stage, got 1",
  );
  assert.is(
    refused({ bottom: [5] }),
    "Segmenter.init: 8 channels below stage 2 expected, as many as its indices have, got 5",
  );
  // As from a file, which types do not hold.
  const read = (change: object) => refused(change as Partial<Config>);
  assert.is(read({ channels: 0 }), "Segmenter.init: one channel or more expected, got 0");
  assert.is(
    read({ upsampling: "bilinear" }),
    "Segmenter.init: upsampling indices or transposed expected, got bilinear",
  );
  assert.is(
    read({ decoder: "double" }),
    "Segmenter.init: decoder mirrored or single expected, got double",
  );
  for (const skips of ["sum", ["add", "sum", "none"]])
    assert.is(
      read({ connections: { ...noConnections, skips } }),
      "Segmenter.init: skips none or add or concat expected, got sum",
    );
  const { params, state } = begin(small);
  for (const run of [
    Segmenter.apply(params, state, small),
    Segmenter.applyInTraining(params, state, small),
  ])
    assert.is(
      messageOf(() => run(zeros([1, 8, 8, 4]))),
      "Segmenter.apply: pictures [batch, height, width, 3] expected, got [1, 8, 8, 4]",
    );
});

test.run();
