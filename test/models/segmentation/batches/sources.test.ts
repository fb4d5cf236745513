// Each kind of source gives in a thread what its reader gives here.

import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import { values } from "../../../../src/index.ts";
import { streetAugmentation } from "../../../../src/models/segmentation/augment/index.ts";
import { openBatches } from "../../../../src/models/segmentation/batches/dataset.ts";
import { fitTo, type Size } from "../../../../src/models/segmentation/batches/fitTo.ts";
import {
  augmentAt,
  openSource,
  type Source,
} from "../../../../src/models/segmentation/batches/open.ts";
import { survey } from "../../../../src/models/segmentation/batches/survey.ts";
import type { LabelledPicture } from "../../../../src/models/segmentation/images.ts";
import { ClassWeights } from "../../../../src/nn/index.ts";
import { testOnData } from "../../../support/data.ts";
import { suite } from "../../../support/suite.ts";
import { right, withBatches } from "./support.ts";

const test = suite("openBatches, sources");
const size: Size = [45, 60];
const augmentation = { ...streetAugmentation, crop: size };

/** Fails unless batches of a source are its pictures, augmented as told. */
const assertPictures = (source: Source, indices: readonly number[]): Promise<void> =>
  withBatches({ source, size, augmentation, seed: 3, workers: 2 }, async (data) => {
    const pictures = right(await openSource(source)());
    assert.equal([data.names, data.classes], [pictures.names, pictures.classes]);
    const { images, labels } = await data.dataset.batch(indices, { epoch: 2, position: 0 });
    const examples: LabelledPicture[] = [];
    for (const index of indices) {
      const loaded = right(await pictures.load(index)());
      const seen = augmentAt(augmentation, { seed: 3, epoch: 2, index })(loaded);
      examples.push(right(fitTo(size)(seen)));
    }
    assert.equal(
      [...values(images)],
      examples.flatMap(({ pixels }) => [...pixels]),
    );
    assert.equal(
      [...values(labels)],
      examples.flatMap((each) => [...each.labels]),
    );
  });

test("scenes", () => assertPictures({ kind: "scenes", seed: 7, count: 6 }, [5, 0, 3, 3]));

test("scenes with wrong options are refused as files are", async () => {
  for (const workers of [0, 1]) {
    const source = { kind: "scenes", seed: 7, count: -1 } as const;
    const opened = await openBatches({ source, size, seed: 1, workers })();
    assert.is(E.isLeft(opened) && opened.left._tag, "InvalidOption");
  }
});

test("a folder that is not there is named", async () => {
  for (const workers of [0, 1]) {
    const source = { kind: "camvid", folder: "/nowhere", split: "train" } as const;
    const opened = await openBatches({ source, size, seed: 1, workers })();
    assert.match(E.isLeft(opened) ? opened.left.file : "none", /^\/nowhere/);
  }
});

const quarter = (folder: string) =>
  ({ kind: "camvid", folder: join(folder, "quarter_120x90"), split: "train" }) as const;

testOnData(test, "camvid", "CamVid", (folder) =>
  assertPictures(quarter(folder), [366, 0, 123, 124]),
);

testOnData(test, "camvid", "CamVid's colours, and about the weights of its README", (folder) =>
  withBatches({ source: quarter(folder), size: [90, 120], workers: 2 }, async (data) => {
    const { counts, colors } = right(await survey(data)());
    const { pixels, mean, deviation } = colors;
    assert.is(pixels, 367 * 90 * 120);
    // Those of README.txt in colour are of the full size, whose pixels vary more.
    const rounded = (numbers: readonly number[]) => numbers.map((x) => Number(x.toFixed(4)));
    assert.equal(rounded(mean), [0.4128, 0.426, 0.4335]);
    assert.equal(rounded(deviation), [0.2975, 0.3017, 0.2978]);
    const known = [
      0.2793, 0.2017, 4.7865, 0.149, 1, 0.4217, 3.8467, 1.9736, 0.7889, 6.3747, 8.8587,
    ];
    // Known for all pixels; here is one of sixteen.
    for (const [k, weight] of ClassWeights.medianFrequency(counts).entries())
      assert.ok(Math.abs(weight / (known[k] as number) - 1) < 0.02, `${k}: ${weight}`);
  }),
);

test.run();
