// The commands train and evaluate, and what carries out any of the three. A Left is what is wrong, where the caller is.

import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type DeviceInfo, deviceInfo, key, printDevice, values } from "../../src/index.ts";
import { Segmentation } from "../../src/models/index.ts";
import { jsonLines, printFileProblem, summary, tensorBoard } from "../../src/nn/index.ts";
import { writableFolder, writing } from "../places.ts";
import type { Ending } from "../program.ts";
import { printConnections } from "./connections.ts";
import {
  describeData,
  describeExam,
  type Exam,
  type OpenExam,
  ofPart,
  openData,
  openPart,
} from "./data.ts";
import { type Judged, judgeOn } from "./judged.ts";
import { noNotice, noticeOn } from "./notice.ts";
import type { EvaluateOptions, Options, TrainOptions } from "./options.ts";
import { loaded, predict } from "./predict.ts";
import { orProblem } from "./problems.ts";
import { chosen, printScores, showcase } from "./report.ts";

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

/** Opens data for as long as they are used. */
const using = <D, A>(
  open: TE.TaskEither<string, D>,
  close: (data: D) => Promise<void>,
  use: (data: D) => TE.TaskEither<string, A>,
): TE.TaskEither<string, A> =>
  pipe(
    open,
    TE.chain((data) => async () => {
      try {
        return await use(data)();
      } finally {
        await close(data);
      }
    }),
  );

/** The data to train on, with a word on the terminal while they are read. */
const opened =
  (options: TrainOptions): TE.TaskEither<string, Parts> =>
  async () => {
    const notice = options.json ? noNotice : noticeOn(process.stderr);
    try {
      return await openData(options.data, options, notice)();
    } finally {
      notice.stop();
    }
  };

const train = (options: TrainOptions, info: DeviceInfo): TE.TaskEither<string, Ending> =>
  pipe(
    writableFolder(options.folder),
    TE.chain(() =>
      using(
        opened(options),
        ({ close }) => close(),
        (parts) => trainOn(options, parts, info),
      ),
    ),
  );

const trainOn = (
  options: TrainOptions,
  parts: Parts,
  info: DeviceInfo,
): TE.TaskEither<string, Ending> => {
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
};

/** Writes the network, judges it on the test part, and draws what it found there. */
const afterTraining = (
  options: TrainOptions,
  parts: Parts,
  config: Segmentation.Config,
  { network, bestEpoch, validation }: Segmentation.Trained,
): TE.TaskEither<string, Ending> => {
  const saved: Saved = { network, config, standard: parts.standard, classes: parts.classes };
  const path = join(options.folder, "network.safetensors");
  const exam = { pictures: parts.test, size: parts.size };
  return pipe(
    Segmentation.saveNetwork(path, saved),
    TE.mapLeft(printFileProblem),
    TE.chain(() => judgement(saved, exam, "test", options)),
    TE.bindTo("judged"),
    TE.bind("pictures", ({ judged: { found } }) => drawn(exam, found, options.folder)),
    TE.map(({ judged: { scores }, pictures }): Ending => {
      const seconds = performance.now() / 1000; // since the process started
      if (options.json) {
        const { device, mode } = deviceInfo(options.device);
        const data = describeData(options.data, parts);
        const judged = { bestEpoch, validation, scores };
        const found = { data, device, mode, seconds, ...judged, path, pictures };
        console.log(JSON.stringify(found));
        return "done";
      }
      console.log(`\n${printScores(parts.classes, scores)}`);
      const choice = `best epoch ${bestEpoch + 1} of ${validation.length} by validation`;
      console.log(`\n${choice}; ${seconds.toFixed(1)} s in all`);
      console.log(`network   ${path}\npictures  ${pictures}`);
      return "done";
    }),
  );
};

/** Judges a network on a part, and keeps what it found in the pictures that are drawn. */
const judgement = (
  saved: Saved,
  exam: Exam,
  part: Segmentation.Part,
  { device, batchSize }: Pick<EvaluateOptions, "device" | "batchSize">,
): TE.TaskEither<string, Judged> => {
  const { names } = exam.pictures;
  const kept = chosen(names.length, 6);
  return pipe(
    Segmentation.orProblem(() => judgeOn(saved, exam, { kept, batchSize, device })),
    TE.mapLeft((problem) => Segmentation.printImageProblem(ofPart(part, names, problem))),
  );
};

/** Draws pictures beside what was found in them; the file's path. */
const drawn = (
  { pictures: { names, dataset, classes }, size }: Exam,
  found: Judged["found"],
  folder: string,
): TE.TaskEither<string, string> => {
  const path = join(folder, "pictures.png");
  return pipe(
    orProblem(async () => {
      const shown = [];
      for (const [index, labels] of found) {
        const picture = await pictureAt(dataset, index, names[index] as string, size);
        shown.push({ picture, found: { found: labels } });
      }
      return showcase(classes, shown);
    }),
    TE.chain((picture) => writing(path, () => picture.save(path))),
    TE.map(() => path),
  );
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

/** Refuses pictures of other classes than the network knows. */
const sameClasses = (saved: Saved, { pictures }: Exam): E.Either<string, void> => {
  const namesOf = (classes: readonly Segmentation.ClassInfo[]) =>
    classes.map(({ name }) => name).join(", ");
  const [known, given] = [namesOf(saved.classes), namesOf(pictures.classes)];
  return known === given
    ? E.right(undefined)
    : E.left(`evaluate: pictures of the network's classes expected, ${known}, got ${given}`);
};

const evaluate = (options: EvaluateOptions): TE.TaskEither<string, Ending> =>
  pipe(
    options.folder === undefined ? TE.right(undefined) : writableFolder(options.folder),
    TE.chain(() => loaded(options.model)),
    TE.chain((saved) =>
      using(
        openPart(options.data, options.part),
        ({ pictures }) => pictures.close(),
        (exam) => evaluateOn(options, saved, exam),
      ),
    ),
  );

const evaluateOn = (
  options: EvaluateOptions,
  saved: Saved,
  exam: OpenExam,
): TE.TaskEither<string, Ending> => {
  const data = describeExam(options.data, options.part, exam);
  return pipe(
    TE.fromEither(sameClasses(saved, exam)),
    TE.chain(() => judgement(saved, exam, options.part, options)),
    TE.bindTo("judged"),
    TE.bind("pictures", ({ judged: { found } }) =>
      options.folder === undefined ? TE.right(undefined) : drawn(exam, found, options.folder),
    ),
    TE.map(({ judged: { scores }, pictures }): Ending => {
      if (options.json) console.log(JSON.stringify({ data, scores, pictures }));
      else {
        console.log(`${data}\n\n${printScores(exam.pictures.classes, scores)}`);
        if (pictures !== undefined) console.log(`pictures  ${pictures}`);
      }
      return "done";
    }),
  );
};

/** Carries out a command on a device that is open. */
export const carryOut = (options: Options, info: DeviceInfo): TE.TaskEither<string, Ending> => {
  switch (options.command) {
    case "train":
      return train(options, info);
    case "evaluate":
      return evaluate(options);
    case "predict":
      return pipe(
        predict(options),
        TE.map((): Ending => "done"),
      );
  }
};
