// Training steps and what they cost: each is warmed up, its first loss is held to that of the same network in f32 with everything kept, and
// only then is it timed.

import * as E from "fp-ts/lib/Either.js";
import { compile, type DeviceName, ready, stack, tensor, values } from "../../../src/index.ts";
import { Segmentation } from "../../../src/models/index.ts";
import { timed } from "../../study/timing.ts";
import { testScenes } from "./sizes.ts";

/** What tensors are stored in between kernels. */
export const precisions = ["f32", "bf16", "f16"] as const;

/** How far the first loss may be from that in f32, as a share of it. */
const tolerances = { f32: 1e-4, bf16: 0.05, f16: 0.01 } as const;

const warmUp = 2;
const standard = { mean: [0.4, 0.4, 0.4], deviation: [0.3, 0.3, 0.3] } as const;

/** A step to be measured. */
export interface Case {
  readonly network: Segmentation.NetworkName;
  /** Filters of the first stage. */
  readonly width: number;
  readonly connected: "none" | "all";
  readonly precision: (typeof precisions)[number];
  /** Whether what is inside of blocks is computed again in the backward pass. */
  readonly recompute: boolean;
}

/** What a step costs. */
export interface Cost {
  readonly network: string;
  readonly precision: Case["precision"];
  readonly recompute: boolean;
  readonly milliseconds: number;
  readonly peakBytes: number;
  readonly temporaryBytes: number;
  /** Of the first step. */
  readonly loss: number;
}

/** A step that was warmed up: its cost but for its time, and what measures that, the median of some repetitions. */
export interface Started {
  readonly cost: Omit<Cost, "milliseconds">;
  readonly time: () => Promise<number>;
}

/** Pictures as a batch, and their size. */
export interface Batch {
  readonly batch: Segmentation.Batch;
  readonly size: Segmentation.Size;
}

/** The first scenes of the test part as a batch. */
export const batchOf = async (batchSize: number): Promise<Batch> => {
  const pictures = testScenes(4 * batchSize); // a fourth of them
  const loaded = [];
  for (let i = 0; i < batchSize; i++) {
    const picture = await pictures.load(i)();
    if (E.isLeft(picture)) throw new Error(Segmentation.printImageProblem(picture.left)); // they are drawn
    loaded.push(picture.right);
  }
  const { height, width } = loaded[0] as Segmentation.LabelledPicture; // batchSize > 0
  const bytes = (of: Uint8Array, shape: readonly number[]) => tensor(of, { dtype: "u8", shape });
  return {
    size: [height, width],
    batch: {
      images: stack({ axis: 0 })(loaded.map(({ pixels }) => bytes(pixels, [height, width, 3]))),
      labels: stack({ axis: 0 })(loaded.map(({ labels }) => bytes(labels, [height, width]))),
    },
  };
};

/** Who is measured, in words. */
const titleOf = ({ network, width, connected }: Case): string =>
  `${network}, width ${width}, connections ${connected}`;

const configOf = ({ network, width, connected }: Case): Segmentation.Config =>
  Segmentation.configOf(network, {
    classes: Segmentation.streetClasses.length,
    width,
    connections: connected === "all" ? Segmentation.allConnections : Segmentation.noConnections,
  });

/** Starts steps on a batch. */
export const starterOn =
  ({ batch, size }: Batch, device: DeviceName, repetitions: number) =>
  async (one: Case): Promise<Started> => {
    const { precision, recompute } = one;
    const config = configOf(one);
    const options: Segmentation.TrainingOptions = {
      seed: 0,
      epochs: 1,
      batchSize: batch.images.shape[0] as number, // [batch, height, width, 3]
      learningRate: 1e-3,
      loss: { kind: "cross-entropy" },
      precision,
      recompute,
      device,
    };
    const optimizer = Segmentation.optimizerFor(options, 1000);
    const step = compile(Segmentation.trainingStep(config, optimizer, { ...options, standard }), {
      donate: [0],
      device,
    });
    let state = Segmentation.beginTraining(config, optimizer, 0);
    /** Carries out a step, and returns its loss. */
    const go = async (): Promise<number> => {
      const made = step(state, batch);
      const loss = await ready(made.metrics.loss as NonNullable<typeof made.metrics.loss>);
      state = made.state;
      return values(loss)[0] as number; // []
    };
    const loss = await go();
    for (let i = 1; i < warmUp; i++) await go();
    return {
      cost: {
        network: titleOf(one),
        precision,
        recompute,
        ...Segmentation.stepMemory(config, options, { size, standard }),
        loss,
      },
      time: () => timed(go, { warmUp: 0, repetitions }), // it was warmed up
    };
  };

/** A step in words. */
export const printStep = ({ network, precision, recompute }: Started["cost"]): string =>
  `${network}, ${precision}, ${recompute ? "computed again" : "kept"}`;

/**
 * What the steps of a network cost, in each precision, with what is inside of blocks kept and computed again. A Left says which first loss
 * is not that in f32 with everything kept; that step was not timed, and none comes after it.
 */
export const costsOf = async (
  start: (one: Case) => Promise<Started>,
  of: Pick<Case, "network" | "width" | "connected">,
  say: (text: string) => void,
): Promise<E.Either<string, readonly Cost[]>> => {
  const costs: Cost[] = [];
  for (const precision of precisions)
    for (const recompute of [false, true]) {
      const { cost, time } = await start({ ...of, precision, recompute });
      const wanted = costs[0]?.loss ?? cost.loss; // f32 and kept comes first
      const tolerance = tolerances[precision];
      // A loss that is no number is not close to itself.
      if (!(Math.abs(cost.loss / wanted - 1) <= tolerance))
        return E.left(
          `${printStep(cost)}: a first loss of ${wanted} ± ${100 * tolerance} % expected, as in f32 and kept, got ${cost.loss}`,
        );
      const { network, loss, ...rest } = cost;
      costs.push({ network, ...rest, milliseconds: await time(), loss });
      say(`${printStep(cost)}: ${costs.at(-1)?.milliseconds.toFixed(0)} ms`);
    }
  return E.right(costs);
};
