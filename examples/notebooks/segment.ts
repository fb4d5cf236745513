// %% [markdown]
// # Finding thin and rare things in pictures of streets
//
// A segmenter says of each pixel of a picture what it belongs to: road, sky, a pole, a person. SegNet (Badrinarayanan, Kendall & Cipolla,
// 2017) does so with an encoder that halves the picture again and again, and a decoder that enlarges the outcome. What is thin or rare
// gets lost on the way. Gao et al. ([arXiv 2406.01605](https://arxiv.org/abs/2406.01605)) repair this with "a multi-residual connection
// strategy" across scales and with "a modified cross-entropy loss function incorporating a balancing factor". Only the abstract of the
// paper was at hand; what it leaves open is ours, and said so in [docs/segmentation](../../docs/segmentation/MODEL.md).
//
// This notebook goes from pictures to a conclusion: what gets lost, why, what the connections and the loss each change, and what they
// cost. It takes a few minutes. Its pictures are drawn by the program, so that it runs from a fresh clone. The study on photographs, with
// three seeds and all tables, is `npm run study:segment`.
//
// It is written as [segment.ts](segment.ts).

// %% Scenes

import * as E from "fp-ts/lib/Either.js";
import { identity } from "fp-ts/lib/function.js";
import { key } from "../../src/index.ts";
import { Segmentation } from "../../src/models/index.ts";
import { ClassWeights, summary } from "../../src/nn/index.ts";
import { display, isQuick, table } from "../../tools/notebook/index.ts";
import { classBars, errorMap, imageGrid, lines, paint } from "../../tools/plot/index.ts";
import { inBlocks, iouInBlocks } from "../segment/blocks.ts";
import { parseConnections } from "../segment/connections.ts";
import { describeData, openData } from "../segment/data.ts";
import { judgeOnTest } from "../segment/judged.ts";
import { pullOf } from "../segment/pull.ts";
import { chosen, classDots, type Shown, showcase } from "../segment/report.ts";
import { testScenes } from "../segment/study/sizes.ts";

const { ignored, printImageProblem, printTrainingProblem, streetClasses } = Segmentation;
const classNames = streetClasses.map(({ name }) => name);
const colors = streetClasses.map(({ color }) => color);

/** A value, or the end of the notebook. */
const orThrow = <L, A>(print: (problem: L) => string, found: E.Either<L, A>): A => {
  if (E.isLeft(found)) throw new Error(print(found.left));
  return found.right;
};

const choice = { layout: "camvid", reduce: 1, scenes: isQuick() ? 16 : 160 } as const; // no folder: scenes
const parts = orThrow(identity, await openData(choice, { augment: false, seed: 0 })());
const [height, width] = parts.size;
display(`${describeData(choice, parts)}, ${height} × ${width} pixels`);

const pictures = testScenes(choice.scenes);
const sceneAt = async (index: number): Promise<Segmentation.LabelledPicture> =>
  orThrow(printImageProblem, await pictures.load(index)());
const shownScenes = chosen(pictures.names.length, 4);
const scenes = await Promise.all(shownScenes.map(sceneAt));
const painted = (map: Segmentation.Labels) => paint(map, colors, { ignored });
display(
  imageGrid({
    title: "Scenes of the test part, and their labels",
    classes: streetClasses,
    enlarge: 1.5,
    rows: [scenes, scenes.map(painted)],
  }),
);

// %% [markdown]
// White pixels have no label; they are neither learned nor counted. What is labelled is much road and few bicyclists: mind that the axis
// is logarithmic.

// %% Shares
const shares = ClassWeights.frequencies(parts.counts);
const order = [...classNames.keys()].toSorted((a, b) => (shares[b] ?? 0) - (shares[a] ?? 0));
const byShare = order.map((i) => classNames[i] as string);
/** Numbers of all classes, the most frequent class first. */
const inOrder = (numbers: readonly number[]): readonly number[] =>
  order.map((i) => numbers[i] as number); // one for each class
display(
  classDots("Pixels of each class in the training part", "share of pixels, percent", byShare, {
    pixels: inOrder(shares),
  }),
);

// %% [markdown]
// ## What sampling down loses
//
// Each stage of SegNet's encoder ends with a pooling that keeps the largest of 2 × 2 values, and where it was. After the last one the map
// that has to know everything is small. The published network has five such stages; here is a small one with three, which learns
// something in a few epochs:

// %% Maps
const filters = isQuick() ? 2 : 16;
const configWith = (connections: Segmentation.Connections): Segmentation.Config =>
  Segmentation.configOf("segnet-small", {
    classes: classNames.length,
    width: filters,
    connections,
  });
const { allConnections, noConnections } = Segmentation;
const plain = configWith(noConnections);
const stride = Segmentation.strideOf(plain); // 2 to the number of stages
const padded = [height, width].map((side) => Math.ceil(side / stride) * stride);
display(
  table(
    plain.stages.map((stage, i) => ({
      stage: i + 1,
      convolutions: stage.length,
      filters: stage.at(-1),
      "map before pooling": padded.map((side) => side / 2 ** i).join(" × "),
      "map after pooling": padded.map((side) => side / 2 ** (i + 1)).join(" × "),
    })),
  ),
);

// %% [markdown]
// What fits into such a map can be seen on the labels themselves: give every pixel of a block the class that most pixels of the block
// have. That is what a decoder could say that knew one class for each place of the map and nothing else. Three poolings make blocks of 8,
// five make blocks of 32. Poles go first, then people, then signs and fences; houses and roads stay.

// %% Blocks
/** A share in percent, to a tenth. */
const percent = (share = Number.NaN): number => Math.round(1000 * share) / 10;

/** A row for each class, the most frequent one first, of shares in percent. */
const tableOfClasses = (title: string, columns: Readonly<Record<string, readonly number[]>>) =>
  table(
    order.map((i) => ({
      [title]: classNames[i],
      ...Object.fromEntries(Object.entries(columns).map(([name, all]) => [name, percent(all[i])])),
    })),
  );

display(
  imageGrid({
    columnLabels: ["labels", "in blocks of 4", "of 8", "of 32"],
    enlarge: 1.5,
    rows: scenes
      .slice(0, 2)
      .map((scene) => [scene, ...[4, 8, 32].map((size) => inBlocks(scene, size))])
      .map((row) => row.map(painted)),
  }),
);

const allScenes = await Promise.all(pictures.names.map((_, index) => sceneAt(index)));
const iouOf = (size: number) => iouInBlocks(allScenes, size, classNames.length);
const columns = [2, 4, 8, 16, 32].map((size) => [`blocks of ${size}`, iouOf(size)] as const);
display(tableOfClasses("IoU with the truth, percent", Object.fromEntries(columns)));

// %% [markdown]
// SegNet knows more than that: the indices of its poolings say where in each 2 × 2 the maxima were. They do not say what was there beside
// the maximum. The residual connections are to bring it back. Ours are of three kinds, each of which can be switched off:
//
// - **blocks**: the input of a stage is added to its result, as in ResNet;
// - **skips**: what the encoder saw at a scale is put beside what the decoder has at that scale;
// - **images**: the picture itself, averaged to the scale of a stage, is put beside the input of each encoder stage but the first.
//
// ## What the loss asks for
//
// The second reason is the loss. Cross-entropy is a mean over pixels, so a class counts as much as it has pixels, and a network that
// never says "bicyclist" loses next to nothing. The abstract's factor "optimizes the distribution between positive and negative samples".
// In our reading each pixel is a sample for each class $c$: a positive one where the class is the pixel's own, a negative one elsewhere.
// With the probability $p_{ic}$ that the network gives class $c$ at pixel $i$,
//
// $$\text{loss} = \frac{1}{\text{classes}} \sum_c \frac{1}{W_c} \Big( \beta_c \sum_{i \text{ of } c} -\log p_{ic} \; + \; (1 - \beta_c) \sum_{i \text{ not of } c} -\log (1 - p_{ic}) \Big)$$
//
// over the classes that the batch has. $W_c$ is the sum of the weights $\beta_c$ and $1 - \beta_c$ of all pixels, so that these classes
// count alike. $\beta_c$ is near 1 for rare classes: a pixel that is one of theirs weighs more than one that is not. Evened out wholly,
// $\beta_c = 1 - f_c$ for a class that has the share $f_c$ of the pixels; we go half of the way, with the root of the odds, since large
// classes are lost to the rare ones otherwise.
//
// The chart asks the losses themselves. It starts from a network that finds all classes equally likely everywhere, and shows what share
// of all change that a loss asks for (the sum of the gradient's absolute values) it asks for at pixels of each class, in 32 scenes. For
// cross-entropy that is the share of pixels; for the balanced loss the rarest classes have several times as much.

// %% Pull
const losses = {
  "cross-entropy": Segmentation.lossNamed("cross-entropy", parts.counts),
  balanced: Segmentation.lossNamed("balanced", parts.counts),
};
const few = [...parts.train.names.keys()].slice(0, 32);
const { labels: someLabels } = await parts.train.dataset.batch(few);
const pull = (loss: Segmentation.Loss) => inOrder(pullOf(loss, classNames.length)(someLabels));
display(
  classDots(
    "What a loss asks for at pixels of each class",
    "share of all change, percent",
    byShare,
    { "cross-entropy": pull(losses["cross-entropy"]), balanced: pull(losses.balanced) },
  ),
);

// %% [markdown]
// ## Four networks
//
// The small SegNet: with and without the connections ("residual"), with cross-entropy and with the balanced loss; ours has both. All else
// is equal: the seed, the scenes and their order, the optimiser, the epochs. The epoch is chosen by the mean intersection over union
// (mIoU) on the validation part; what is reported comes from the test part.

// %% Training
const contenders = {
  SegNet: { connections: noConnections, loss: "cross-entropy" },
  "SegNet, balanced": { connections: noConnections, loss: "balanced" },
  "SegNet, residual": { connections: allConnections, loss: "cross-entropy" },
  ours: { connections: allConnections, loss: "balanced" },
} as const;
type Name = keyof typeof contenders;
const compared = ["SegNet", "ours"] as const;
const names = isQuick() ? compared : (Object.keys(contenders) as readonly Name[]); // its own keys

const optionsFor = (loss: keyof typeof losses): Segmentation.TrainingOptions => ({
  seed: 0,
  epochs: isQuick() ? 1 : 8,
  batchSize: 4,
  learningRate: 0.005,
  loss: losses[loss],
});

/** A network, trained and judged, with what it found in the scenes that are shown. */
const run = async (name: Name) => {
  const { connections, loss } = contenders[name];
  const config = configWith(connections);
  const options = optionsFor(loss);
  const trained = await Segmentation.trainOn(parts, config, options)();
  const { network, validation } = orThrow(printTrainingProblem, trained);
  const kept = { kept: shownScenes, batchSize: options.batchSize };
  const judged = await judgeOnTest(parts, config, network, kept);
  return { name, parameters: summary(network.params).count, validation, ...judged };
};

const runs: Awaited<ReturnType<typeof run>>[] = [];
for (const name of names) runs.push(await run(name));
const runOf = (name: Name) => runs.find((it) => it.name === name) as (typeof runs)[number]; // of `names`
await parts.close();

display(
  lines({
    title: "On the validation part",
    x: { label: "epoch" },
    y: { label: "mIoU, percent" },
    curves: runs.map(({ name, validation }) => ({
      name,
      x: validation.map((_, i) => i + 1),
      y: validation.map((share) => 100 * share),
    })),
    height: 260,
  }),
);

// %% [markdown]
// The table has, besides mIoU, the share of pixels that are right, the mean of that share over the classes, and the F1 of outlines: how
// many pixels on the outline of a class have one of the same class in the truth nearby, and the other way round. Outlines of thin things
// count there as much as those of large ones.

// %% Scores
const goal = Math.max(...runOf("SegNet").validation);
display(
  table(
    runs.map(({ name, parameters, areas, outlines, validation }) => {
      const epoch = validation.findIndex((share) => share >= goal);
      return {
        percent: name,
        parameters,
        mIoU: percent(areas.meanIou),
        "pixels right": percent(areas.globalAccuracy),
        "class accuracy": percent(areas.meanClassAccuracy),
        "outlines, F1": percent(outlines.meanF1),
        "as good as SegNet's best in epoch": epoch < 0 ? undefined : epoch + 1,
      };
    }),
  ),
);

// %% [markdown]
// Class by class, from the most frequent one to the rarest:

// %% Classes
display(
  classBars({
    classes: byShare,
    label: "IoU, percent",
    series: runs.map(({ name, areas }) => ({ name, values: inOrder(areas.iou).map(percent) })),
  }),
);
const iouByName = Object.fromEntries(runs.map(({ name, areas }) => [name, areas.iou]));
display(tableOfClasses("IoU, percent", iouByName));

// %% [markdown]
// ## What they see
//
// Scenes of the test part, what is in them, and what was found. Below, where it was wrong.

// %% Pictures
const shown = scenes.map((picture, i): Shown => {
  const labelsBy = (name: Name) => runOf(name).found.get(shownScenes[i] as number) as Uint8Array; // kept for all of them
  return { picture, found: { SegNet: labelsBy("SegNet"), ours: labelsBy("ours") } };
});
display(showcase(streetClasses, shown));
const errorsOf = (name: Name) =>
  shown.map(
    ({ picture, found }) =>
      errorMap(picture, { height, width, labels: found[name] as Uint8Array }, { ignored }), // one of `compared`
  );
display(
  imageGrid({
    title: "Errors in red",
    rowLabels: compared,
    enlarge: 1.5,
    rows: compared.map(errorsOf),
  }),
);

// %% [markdown]
// ## What a step takes
//
// What the forward pass made has to wait until the backward pass needs it, which is where the memory of training goes. Two options take
// less: storing it in 16 bits (bf16), and computing what is inside of blocks again instead of keeping it. A step is planned before it
// runs, so that its memory is known without running it: here that of our network, and of one with SegNet's published stages and filters
// and all connections, on pictures of 360 × 480, the size that SegNet had CamVid in. The options are `precision` and `recompute`.

// %% Memory
const subjects = [
  { network: "segnet-small", width: filters, size: [height, width] },
  { network: "segnet", width: 64, size: [360, 480] },
] as const;
const memoryOf = (
  { network, width: first, size }: (typeof subjects)[number],
  precision: "f32" | "bf16",
) => {
  const config = Segmentation.configOf(network, {
    classes: classNames.length,
    width: first,
    connections: allConnections,
  });
  const peak = (recompute: boolean): number => {
    const options = { ...optionsFor("balanced"), precision, recompute };
    return Math.round(
      Segmentation.stepMemory(config, options, { ...parts, size }).peakBytes / 2 ** 20,
    );
  };
  return {
    "four pictures of": size.join(" × "),
    network,
    "filters of the first stage": first,
    stored: precision,
    "peak MiB, kept": peak(false),
    "peak MiB, computed again": peak(true),
  };
};
display(
  table(
    subjects
      .slice(0, isQuick() ? 1 : 2)
      .flatMap((subject) => [memoryOf(subject, "f32"), memoryOf(subject, "bf16")]),
  ),
);

// %% [markdown]
// ## Each connection by itself
//
// The connections are plain data, so an ablation is a list of configurations, and a command line has words for them. Here is what each
// adds to the network; what each is worth takes more training than a notebook has: `npm run study:segment -- connections`.

// %% Connections
display(
  table(
    ["none", "blocks", "skips=add", "skips=concat", "images", "all"].map((words) => {
      const connections = orThrow(identity, parseConnections(words));
      const params = Segmentation.Segmenter.init(key(0), configWith(connections));
      return {
        "--connections": words,
        configuration: JSON.stringify(connections),
        parameters: summary(params).count,
      };
    }),
  ),
);

// %% [markdown]
// ## What to take from it
//
// - SegNet with cross-entropy finds what is large, and of signs, poles, fences, people and bicycles nothing, although most of its pixels
//   are right. A share of right pixels says little about a street.
// - The connections help by themselves: no class is found worse than without them, and outlines lie better. But with cross-entropy
//   fences, pedestrians and bicyclists are still never found.
// - The balanced loss by itself does not pay off in mIoU: with it plain SegNet finds a little of what is rare, and loses as much or more of
//   cars, trees and houses.
// - Together they do more than either. Ours has the highest mIoU, by several points, and the best outlines, is best on every class of a
//   few percent or less, and is as good as SegNet's best epoch in little more than half as many epochs. It pays with a little of roads
//   and houses, and finds less of the cars than the same network with cross-entropy does.
// - Computing blocks again takes the peak of a step to about half, bf16 to about 70 %, and both together to about 40 %. Neither is free:
//   blocks are computed a second time, with the same gradients, and bf16 rounds. What rounding does to the scores, the table does not
//   say.
//
// And what these numbers do not show. Rare classes are found better, not well: look at the last rows of the table by classes. This is one
// seed, eight epochs, 160 scenes and a small network, so that differences of a point or two may be luck, and the order may change with
// more training. The network with connections has two fifths more parameters, which may be part of what it wins. And drawn scenes are
// easier than photographs: their things have few shapes, their light is simple, their labels exact. No figure here can be held against a
// published one.
//
// The same questions on CamVid, with deviations over three seeds and other losses and networks:
// [docs/segmentation](../../docs/segmentation/README.md).
