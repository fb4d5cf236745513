// The three commands: train, evaluate, predict. A Left is what is wrong, where the caller is.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type DeviceInfo, deviceInfo, key, printDevice, values } from "../../src/index.ts";
import { Segmentation } from "../../src/models/index.ts";
import { jsonLines, printFileProblem, summary, tensorBoard } from "../../src/nn/index.ts";
import { printConnections } from "./connections.ts";
import { describeData, openData } from "./data.ts";
import { finderFor } from "./finding.ts";
import type { EvaluateOptions, Options, PredictOptions, TrainOptions } from "./options.ts";
import { chosen, overlaid, printScores, showcase } from "./report.ts";

/** How a command ended: done, or interrupted with a checkpoint. */
export type Ending = "done" | "interrupted";

type Parts = Segmentation.OpenParts;
type Saved = Segmentation.SavedNetwork;

const configOf = (
  { network, width, connections }: TrainOptions,
  { classes }: Parts,
): Segmentation.Config =>
  Segmentation.configOf(network, {
    classes: classes.length,
    width,
    ...(connections === undefined ? {} : { connections }),
  });

/** What the data and the network are, in lines. */
const describe = (options: TrainOptions, parts: Parts, info: DeviceInfo): string => {
  const config = configOf(options, parts);
  const { count } = summary(Segmentation.Segmenter.init(key(0), config));
  const [height, width] = parts.size;
  return [
    describeData(options.data, parts),
    `${options.network} of width ${options.width}, connections ${printConnections(config.connections)}: ${count} parameters, on pictures of ${height} x ${width}`,
    `loss ${options.loss}, stored in ${options.precision}${options.recompute ? ", blocks computed again" : ""}`,
    `device ${printDevice(info)}`,
  ].join("\n");
};

/** Opens the parts for as long as they are used. */
const withParts = <A>(
  open: TE.TaskEither<string, Parts>,
  use: (parts: Parts) => TE.TaskEither<string, A>,
): TE.TaskEither<string, A> =>
  pipe(
    open,
    TE.chain((parts) => async () => {
      try {
        return await use(parts)();
      } finally {
        await parts.close();
      }
    }),
  );

const train = (options: TrainOptions, info: DeviceInfo): TE.TaskEither<string, Ending> =>
  withParts(openData(options.data, options), (parts) => {
    const config = configOf(options, parts);
    const { folder, json, data: _, ...training } = options;
    if (!json) console.log(describe(options, parts, info));
    return pipe(
      Segmentation.trainOn(parts, config, {
        ...training,
        loss: Segmentation.lossNamed(options.loss, parts.counts),
        checkpoints: { folder, every: { epochs: 1, seconds: 60 } },
        loggers: [jsonLines(join(folder, "metrics.jsonl")), tensorBoard(folder)],
        resume: true,
        progress: json ? "silent" : "auto",
        signals: true,
      }),
      TE.mapLeft(Segmentation.printTrainingProblem),
      TE.chain((trained) =>
        trained.outcome === "interrupted"
          ? TE.right<string, Ending>("interrupted")
          : afterTraining(options, parts, config, trained),
      ),
    );
  });

/** Writes the network, judges it on the test part, and draws what it found there. */
const afterTraining = (
  options: TrainOptions,
  parts: Parts,
  config: Segmentation.Config,
  { network, bestEpoch, validation }: Segmentation.Trained,
): TE.TaskEither<string, Ending> => {
  const saved: Saved = { network, config, standard: parts.standard, classes: parts.classes };
  const path = join(options.folder, "network.safetensors");
  return pipe(
    Segmentation.saveNetwork(path, saved),
    TE.mapLeft(printFileProblem),
    TE.chain(() => judgement(saved, parts, "test", options)),
    TE.chain((scores) =>
      TE.fromTask(async (): Promise<Ending> => {
        const pictures = await drawn(saved, parts, "test", options, options.folder);
        const seconds = performance.now() / 1000; // since the process started
        if (options.json) {
          const { device, mode } = deviceInfo(options.device);
          console.log(
            JSON.stringify({
              device,
              mode,
              seconds,
              bestEpoch,
              validation,
              scores,
              path,
              pictures,
            }),
          );
          return "done";
        }
        console.log(`\n${printScores(parts.classes, scores)}`);
        const choice = `best epoch ${bestEpoch + 1} of ${validation.length} by validation`;
        console.log(`\n${choice}; ${seconds.toFixed(1)} s in all`);
        console.log(`network   ${path}\npictures  ${pictures}`);
        return "done";
      }),
    ),
  );
};

type Judging = Pick<EvaluateOptions, "device" | "batchSize">;

const judgement = (
  { network, config, standard }: Saved,
  parts: Parts,
  part: Segmentation.Part,
  { device, batchSize }: Judging,
): TE.TaskEither<string, Segmentation.Judgement> => {
  const predict = Segmentation.predictorFor({
    config,
    standard,
    ...(device === undefined ? {} : { device }),
  });
  const [height, width] = parts.size;
  const judged = Segmentation.predictions(predict, network, parts[part].dataset, batchSize);
  return orProblem(() =>
    Segmentation.judge(judged, { classes: parts.classes.length, height, width }),
  );
};

/** A promise as a TaskEither: what it is rejected with is a Left where it is a problem of pictures. */
const orProblem =
  <A>(task: () => Promise<A>): TE.TaskEither<string, A> =>
  async () => {
    try {
      return E.right(await task());
    } catch (error) {
      const problem = Segmentation.problemOf(error);
      if (problem === undefined) throw error;
      return E.left(Segmentation.printImageProblem(problem));
    }
  };

/** Draws some pictures of a part beside what was found in them; the file's path. */
const drawn = async (
  saved: Saved,
  parts: Parts,
  part: Segmentation.Part,
  { device }: Judging,
  folder: string,
): Promise<string> => {
  const find = finderFor(saved, device);
  const shown = [];
  const { names, dataset } = parts[part];
  for (const index of chosen(names.length, 6)) {
    const picture = await pictureAt(dataset, index, names[index] as string, parts.size);
    shown.push({ picture, found: { found: await find(picture) } });
  }
  const path = join(folder, "pictures.png");
  await mkdir(folder, { recursive: true });
  await showcase(parts.classes, shown).save(path);
  return path;
};

/** A picture of a data set, as networks see it. */
const pictureAt = async (
  dataset: Segmentation.PictureDataset,
  index: number,
  name: string,
  [height, width]: Segmentation.Size,
): Promise<Segmentation.LabelledPicture> => {
  const { images, labels } = await dataset.batch([index]);
  return {
    name,
    height,
    width,
    pixels: Uint8Array.from(values(images)),
    labels: Uint8Array.from(values(labels)),
  };
};

const loaded = (model: string): TE.TaskEither<string, Saved> =>
  pipe(Segmentation.loadNetwork(model), TE.mapLeft(printFileProblem));

/** Refuses pictures of other classes than the network knows. */
const sameClasses = (saved: Saved, parts: Parts): E.Either<string, void> => {
  const namesOf = (classes: readonly Segmentation.ClassInfo[]) =>
    classes.map(({ name }) => name).join(", ");
  const [known, given] = [namesOf(saved.classes), namesOf(parts.classes)];
  return known === given
    ? E.right(undefined)
    : E.left(`evaluate: pictures of the network's classes expected, ${known}, got ${given}`);
};

const evaluate = (options: EvaluateOptions): TE.TaskEither<string, Ending> =>
  pipe(
    loaded(options.model),
    TE.chain((saved) =>
      withParts(openData(options.data, { augment: false, seed: 0 }), (parts) =>
        pipe(
          TE.fromEither(sameClasses(saved, parts)),
          TE.chain(() => judgement(saved, parts, options.part, options)),
          TE.chain((scores) =>
            TE.fromTask(async (): Promise<Ending> => {
              const pictures =
                options.folder === undefined
                  ? undefined
                  : await drawn(saved, parts, options.part, options, options.folder);
              if (options.json) console.log(JSON.stringify({ scores, pictures }));
              else {
                console.log(printScores(parts.classes, scores));
                if (pictures !== undefined) console.log(`pictures  ${pictures}`);
              }
              return "done";
            }),
          ),
        ),
      ),
    ),
  );

const readImage = (file: string): TE.TaskEither<string, Segmentation.Picture> =>
  pipe(
    TE.tryCatch(
      () => readFile(file),
      (cause) =>
        `${file}: a readable picture expected, got ${(cause as NodeJS.ErrnoException).code}`, // readFile rejects with those only
    ),
    TE.chainEitherK((bytes) =>
      pipe(Segmentation.decodePicture(file, bytes), E.mapLeft(Segmentation.printImageProblem)),
    ),
  );

/** Writes a picture with what was found in it painted over it, and what was found as a mask of its own. */
const predictOne = (
  saved: Saved,
  file: string,
  { folder, device, json }: PredictOptions,
): TE.TaskEither<string, void> =>
  pipe(
    readImage(file),
    TE.chain((picture) =>
      TE.fromTask(async () => {
        const labels = await finderFor(saved, device)(picture);
        const stem = join(folder ?? dirname(file), basename(file, extname(file)));
        await mkdir(dirname(stem), { recursive: true });
        const painted = overlaid(picture, labels, saved.classes);
        await writeFile(`${stem}.overlay.png`, Segmentation.encodePng(painted));
        const colors = saved.classes.map(({ color }) => color);
        const mask = Segmentation.encodePaletteMask(colors)({ ...picture, labels });
        await writeFile(`${stem}.labels.png`, mask);
        const shares = sharesOf(labels, saved.classes);
        console.log(
          json
            ? JSON.stringify({
                file,
                overlay: `${stem}.overlay.png`,
                labels: `${stem}.labels.png`,
                shares,
              })
            : `${stem}.overlay.png: ${printShares(shares)}`,
        );
      }),
    ),
  );

/** The share of pixels of each class. */
const sharesOf = (
  labels: Uint8Array,
  classes: readonly Segmentation.ClassInfo[],
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    classes.map(({ name }, i) => [
      name,
      labels.reduce((n, label) => n + (label === i ? 1 : 0), 0) / labels.length,
    ]),
  );

const printShares = (shares: Readonly<Record<string, number>>): string =>
  Object.entries(shares)
    .filter(([, share]) => share >= 0.0005)
    .sort(([, a], [, b]) => b - a)
    .map(([name, share]) => `${name} ${(100 * share).toFixed(1)} %`)
    .join(", ");

const predict = (options: PredictOptions): TE.TaskEither<string, Ending> =>
  pipe(
    loaded(options.model),
    TE.chain((saved) =>
      TE.traverseSeqArray((file: string) => predictOne(saved, file, options))(options.images),
    ),
    TE.map((): Ending => "done"),
  );

/** Carries out a command on a device that is open. */
export const carryOut = (options: Options, info: DeviceInfo): TE.TaskEither<string, Ending> => {
  switch (options.command) {
    case "train":
      return train(options, info);
    case "evaluate":
      return evaluate(options);
    case "predict":
      return predict(options);
  }
};
