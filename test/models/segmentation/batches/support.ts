// Sources made up for tests, what their batches must be, and threads that are none.

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { values } from "../../../../src/index.ts";
import type { Batch } from "../../../../src/models/segmentation/batch.ts";
import {
  type BatchesOptions,
  openBatches,
  type SegmentationData,
} from "../../../../src/models/segmentation/batches/dataset.ts";
import { fitTo, type Size } from "../../../../src/models/segmentation/batches/fitTo.ts";
import {
  type Augmentation,
  augmentAt,
  type MemoryOptions,
} from "../../../../src/models/segmentation/batches/open.ts";
import { type Call, serve } from "../../../../src/models/segmentation/batches/serve.ts";
import {
  type StartThread,
  startThread,
  type Thread,
} from "../../../../src/models/segmentation/batches/threads.ts";
import {
  type ImageProblem,
  printImageProblem,
} from "../../../../src/models/segmentation/data/problem.ts";
import { ignored, type LabelledPicture } from "../../../../src/models/segmentation/images.ts";

/** The size that the pictures below are made to be put into. */
export const size: Size = [5, 6];

/** An augmentation whose pictures are of that size or smaller. */
export const augmentation: Augmentation = { crop: size };

const classes = [
  { name: "ink", color: [0, 0, 0] },
  { name: "paper", color: [255, 255, 255] },
] as const;

/** A picture of a size, of bytes that differ, and classes 0, 1 and `ignored`. */
export const picture = (name: string, [height, width]: Size, seed: number): LabelledPicture => ({
  name,
  height,
  width,
  pixels: Uint8Array.from({ length: height * width * 3 }, (_, i) => (seed * 31 + i * 7) % 256),
  labels: Uint8Array.from(
    { length: height * width },
    (_, i) => [0, 1, ignored][(seed + i) % 3] as number,
  ),
});

const sizesTo = (height: number, width: number): fc.Arbitrary<Size> =>
  fc.tuple(fc.integer({ min: 1, max: height }), fc.integer({ min: 1, max: width }));

/** Sources of pictures up to a size. */
export const sourcesTo = (height: number, width: number): fc.Arbitrary<MemoryOptions> =>
  fc
    .array(fc.tuple(sizesTo(height, width), fc.nat(1000)), { minLength: 1, maxLength: 7 })
    .map((all) => sourceOf(all.map(([each, seed], i) => picture(`picture ${i}`, each, seed))));

/** The source of pictures in memory. */
export const sourceOf = (
  pictures: readonly LabelledPicture[],
): MemoryOptions & { readonly kind: "memory" } => ({ kind: "memory", classes, pictures });

/** The value of an Either that must be a Right. */
export const right = <A>(either: E.Either<ImageProblem, A>): A => {
  if (E.isLeft(either)) throw new Error(printImageProblem(either.left));
  return either.right;
};

/** What is asked of a data set that is closed afterwards. */
export const withBatches = async <A>(
  options: Partial<BatchesOptions> & { readonly source: BatchesOptions["source"] },
  use: (data: SegmentationData) => Promise<A>,
  start?: StartThread,
): Promise<A> => {
  const data = right(await openBatches({ size, seed: 1, ...options }, start)());
  try {
    return await use(data);
  } finally {
    await data.close();
  }
};

/** A batch as arrays. */
export const bytesOf = ({ images, labels }: Batch) => ({
  images: [images.shape, images.dtype, [...values(images)]],
  labels: [labels.shape, labels.dtype, [...values(labels)]],
});

/** What a batch must be: each picture augmented where there is an epoch, padded, and put behind the one before. */
export const expectedBytes = (
  { pictures }: MemoryOptions,
  indices: readonly number[],
  drawn?: { readonly seed: number; readonly epoch: number },
) => {
  const examples = indices.map((index) => {
    const loaded = pictures[index] as LabelledPicture;
    const seen =
      drawn === undefined ? loaded : augmentAt(augmentation, { ...drawn, index })(loaded);
    return right(fitTo(size)(seen));
  });
  const shape = [indices.length, ...size];
  return {
    images: [[...shape, 3], "u8", examples.flatMap(({ pixels }) => [...pixels])],
    labels: [shape, "u8", examples.flatMap(({ labels }) => [...labels])],
  };
};

/** Threads in name only: messages are copied and moved as between threads, but all is done in this one. */
export const sameThread: StartThread = (options, { hear, ended }) => {
  let listener: (call: Call) => void = () => undefined;
  let isOver = false;
  void serve(
    {
      postMessage: (reply, transfer) => {
        const copy = structuredClone(reply, { transfer: [...transfer] });
        setImmediate(() => isOver || hear(copy));
      },
      on: (_, listen) => {
        listener = listen;
      },
    },
    structuredClone(options),
  );
  return {
    post: (call) => listener(structuredClone(call)),
    hold: () => undefined,
    stop: async () => {
      isOver = true;
      ended("one that was stopped");
    },
  };
};

/** The host's threads, with all that were started, and what was said to and by them in order. */
export const watchedThreads = () => {
  const threads: Thread[] = [];
  const events: string[] = [];
  const start: StartThread = (options, { hear, ended }) => {
    if (startThread === undefined) throw new Error("Node has threads");
    const thread = startThread(options, {
      hear: (reply) => {
        events.push(reply._tag === "Made" ? `made ${reply.id}` : reply._tag);
        hear(reply);
      },
      ended: (reason) => {
        events.push("ended");
        ended(reason);
      },
    });
    const post = (call: Call): void => {
      events.push(`asked ${call.id}`);
      thread.post(call);
    };
    threads.push({ ...thread, post });
    return { ...thread, post };
  };
  return { threads, events, start };
};
