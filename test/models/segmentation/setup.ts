// What tests of segmentation share: networks of any kind, small pictures with labels, and sets of them.

import fc from "fast-check";
import { key, normal, type Tensor, tensor } from "../../../src/index.ts";
import type { Batch } from "../../../src/models/segmentation/batch.ts";
import {
  type Config,
  configOf,
  type NetworkName,
  networkNames,
  type Skip,
} from "../../../src/models/segmentation/model/config.ts";
import type { Dataset } from "../../../src/nn/index.ts";

const skips: readonly Skip[] = ["none", "add", "concat"];

/** Configurations of every network, as narrow as can be, with any connections. */
export const configs: fc.Arbitrary<Config> = fc
  .record({
    name: fc.constantFrom<NetworkName>(...networkNames),
    blocks: fc.boolean(),
    images: fc.boolean(),
    skip: fc.oneof(
      fc.constantFrom(...skips),
      fc.array(fc.constantFrom(...skips), { minLength: 5, maxLength: 5 }),
    ),
    classes: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ name, blocks, images, skip, classes }) => {
    const plain = configOf(name, { classes, width: 1 });
    const own = typeof skip === "string" ? skip : skip.slice(0, plain.stages.length);
    return { ...plain, connections: { blocks, skips: own, images } };
  });

/** Pictures of noise, f32 [batch, height, width, 3]. */
export const noise = (batch: number, height: number, width: number, seed = 1): Tensor =>
  normal(key(seed), [batch, height, width, 3]);

/** Pictures of two classes that are easy to tell apart: a bright box on dark ground; some pixels are `ignored`. */
export const boxes = (length: number, height: number, width: number): Dataset<Batch> => ({
  length,
  batch: (indices) => {
    const labels = indices.flatMap((i) =>
      Array.from({ length: height * width }, (_, at) => {
        const [y, x] = [Math.floor(at / width), at % width];
        if (at === i) return 255;
        return y > (i % 3) + 1 && y < height - 2 && x > (i % 4) + 1 && x < width - 2 ? 1 : 0;
      }),
    );
    const images = labels.flatMap((label, at) => [label === 1 ? 200 : 40, (at * 37) % 90, 60]);
    return {
      images: tensor(images, { dtype: "u8", shape: [indices.length, height, width, 3] }),
      labels: tensor(labels, { dtype: "u8", shape: [indices.length, height, width] }),
    };
  },
});
