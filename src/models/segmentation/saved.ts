// A trained network in a file: its tensors, and beside them everything that it takes to use it on pictures.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { printProblem, TensorError } from "../../core/errors.ts";
import { isRecord, parseJson } from "../../nn/checkpoint/json.ts";
import { type FileProblem, formatProblem, inFile } from "../../nn/checkpoint/problem.ts";
import { loadTensors, saveTree, treeOf } from "../../nn/checkpoint/tree.ts";
import { key } from "../../ops/random.ts";
import type { Standard } from "./batch.ts";
import type { Network } from "./evaluate.ts";
import type { ClassInfo } from "./images.ts";
import type { Config } from "./model/config.ts";
import * as Segmenter from "./model/segmenter.ts";

/** A network that can be used: what it is built from, how it sees pictures, and what its classes are called. */
export interface SavedNetwork {
  readonly network: Network;
  readonly config: Config;
  readonly standard: Standard;
  readonly classes: readonly ClassInfo[];
}

const entry = "segmenter";

/** Writes a network to a safetensors file, whole or not at all. */
export const saveNetwork = (
  path: string,
  { network: { params, stats }, ...rest }: SavedNetwork,
): TE.TaskEither<FileProblem, void> =>
  saveTree(path, { params, stats }, { [entry]: JSON.stringify(rest) });

/**
 * Reads a network that `saveNetwork` wrote. Fails with MissingFile, UnreadableFile, a tag of what is wrong with the file, or BadHeader
 * where it is a file of something else.
 *
 * @example
 * import { rmSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { Segmentation } from "pullback/models";
 * const { Segmenter, configOf } = Segmentation;
 * const path = `${tmpdir()}/pullback-network-${process.pid}.safetensors`;
 * const config = configOf("segnet-small", { classes: 2, width: 1 });
 * const network = { params: Segmenter.init(key(0), config), stats: Segmenter.initState(config) };
 * const standard = { mean: [0, 0, 0], deviation: [1, 1, 1] } as const;
 * const classes = ["road", "sky"].map((name) => ({ name, color: [0, 0, 0] as const }));
 * await saveNetwork(path, { network, config, standard, classes })();
 * const found = await loadNetwork(path)();
 * found._tag === "Right" ? found.right.classes.map(({ name }) => name) : found.left // ["road", "sky"]
 * rmSync(path);
 */
export const loadNetwork = (path: string): TE.TaskEither<FileProblem, SavedNetwork> =>
  pipe(
    loadTensors(path),
    TE.chainEitherK(({ tensors, metadata }) =>
      pipe(
        readRest(metadata[entry]),
        E.bindTo("rest"),
        E.bind("network", ({ rest }) => treeOf(tensors, likeOf(rest.config))),
        E.map(({ rest, network }) => ({ ...rest, network })),
        E.mapLeft(inFile("loadNetwork", path)),
      ),
    ),
  );

type Rest = Omit<SavedNetwork, "network">;

/** A tree of the structure of a network, whose values do not matter. */
const likeOf = (config: Config): Network => ({
  params: Segmenter.init(key(0), config),
  stats: Segmenter.initState(config),
});

const readRest = (text: string | undefined) => {
  const rest = text === undefined ? undefined : parseJson(text);
  const problem =
    isRecord(rest) && ["config", "standard", "classes"].every((name) => name in rest)
      ? problemOf(rest as unknown as Rest) // the compiler cannot know; problemOf looks at what is used
      : "no description of one";
  return problem === undefined
    ? E.right(rest as unknown as Rest)
    : E.left(
        formatProblem(
          "BadHeader",
          "a segmentation network expected",
          problem,
          "train --folder writes such a file, network.safetensors",
        ),
      );
};

const isByte = (n: unknown): boolean => Number.isInteger(n) && Number(n) >= 0 && Number(n) <= 255;

/** Whether it is a name and a colour of three bytes. */
const isClassInfo = (it: unknown): it is ClassInfo =>
  isRecord(it) &&
  typeof it.name === "string" &&
  Array.isArray(it.color) &&
  it.color.length === 3 &&
  it.color.every(isByte);

/** What is wrong with a description, if something is. */
const problemOf = ({ config, standard, classes }: Rest): string | undefined => {
  try {
    if (!Array.isArray(classes) || config.classes !== classes.length)
      return `${config.classes} classes and other names for them`;
    if (standard.mean.length !== 3 || standard.deviation.length !== 3)
      return "a mean and deviation of other than 3 channels";
    const numbers = [...standard.mean, ...standard.deviation];
    if (!numbers.every(Number.isFinite) || !standard.deviation.every((d) => d > 0))
      return "means and deviations by which no picture can be standardised";
    const unclear = classes.find((it) => !isClassInfo(it));
    if (unclear !== undefined) return `${JSON.stringify(unclear)} for a class's name and colour`;
    Segmenter.planOf(config);
    return undefined;
  } catch (error) {
    // What is not there at all ends in a TypeError.
    return error instanceof TensorError ? printProblem(error.problem) : "a damaged description";
  }
};
