// What ways to train cost: milliseconds of an update, and bytes by the plans that it is run by. Loss and gradients are held to the control's before
// anything is timed.

import * as E from "fp-ts/lib/Either.js";
import { compile, key, type Plan } from "../../../src/index.ts";
import { Language } from "../../../src/models/index.ts";
import {
  fullPrecision,
  mixedPrecision,
  summary,
  valueAndGradUnder,
} from "../../../src/nn/index.ts";
import { timed } from "../../study/timing.ts";
import { gradientsBy, learnerOf, optionsOf, type Setting, trainingBy, type Way } from "./ways.ts";

/** Bytes of values of the forward pass that the backward pass reads: those alive just behind the kernel that gives the loss, the first output. */
const waitingIn = ({ buffers, outputs }: Plan): number => {
  const at = buffers[outputs[0] as number]?.firstStep ?? Number.NaN;
  return buffers
    .filter((it) => it.kind === "temporary" && it.firstStep <= at && it.lastStep > at)
    .reduce((total, { bytes }) => total + bytes, 0);
};

/** Bytes of a way. */
export interface WayMemory extends Language.StepMemory {
  /** Of temporaries that wait for the backward pass, copies of weights in 16 bits among them. */
  readonly waitingBytes: number;
  readonly parameterBytes: number;
  /** Of the optimiser's state, sums of gradients among it. */
  readonly optimizerBytes: number;
}

/** What a way takes, before it is ever run. */
export const memoryOf = async (setting: Setting, one: Way): Promise<WayMemory> => {
  const [learner, options] = [learnerOf(setting, one), optionsOf(setting, one)];
  const policy = one.precision === "f32" ? fullPrecision : mixedPrecision(one.precision);
  const slope = compile((params: Language.Params, batch: Language.Batch) =>
    valueAndGradUnder(policy)((own: Language.Params) => learner.loss(own, batch, key(0)))(params),
  );
  const [batch] = (await setting.batches(one.microBatches)) as [Language.Batch]; // one or more
  return {
    ...Language.stepMemory(learner, options),
    waitingBytes: waitingIn(slope.plan(learner.params, batch)),
    parameterBytes: summary(learner.params).bytes,
    optimizerBytes: summary(Language.optimizerFor(options).init(learner.params)).bytes,
  };
};

/** What a way's first update is made of. */
export interface Slope {
  readonly loss: number;
  /** Of each leaf. */
  readonly gradients: readonly Float32Array[];
}

/** How far one slope is from another: the loss as a share of the other, the gradients as `|a − b| / |b|` of the leaf where that is greatest. */
export interface Deviation {
  readonly loss: number;
  readonly gradient: number;
}

/** |a − b| / |b| */
export const distance = (a: Float32Array, b: Float32Array): number => {
  let [apart, whole] = [0, 0];
  for (const [i, y] of b.entries()) {
    apart += ((a[i] ?? Number.NaN) - y) ** 2;
    whole += y ** 2;
  }
  return Math.sqrt(apart / whole);
};

/** How far a slope is from the control's. */
export const deviationFrom = (control: Slope, { loss, gradients }: Slope): Deviation => ({
  loss: Math.abs(loss / control.loss - 1),
  gradient: Math.max(
    ...control.gradients.map((leaf, i) => distance(gradients[i] ?? new Float32Array(), leaf)),
  ),
});

/** How far ways may be from the control: the same sums in another order, or 4 roundings to what 16 bits hold. A loss is a mean, in which they cancel. */
export const tolerances: Readonly<Record<Way["precision"], Deviation>> = {
  f32: { loss: 1e-6, gradient: 1e-5 },
  bf16: { loss: 1e-4, gradient: 4 * 2 ** -8 },
  f16: { loss: 1e-4, gradient: 4 * 2 ** -11 },
};

/** Whether a way computes what the control does. What is no number is not near. */
export const isNear = ({ precision }: Way, { loss, gradient }: Deviation): boolean =>
  loss <= tolerances[precision].loss && gradient <= tolerances[precision].gradient;

/** What a way costs, and how far its first update is from the control's. */
export interface WayCost extends Way, WayMemory {
  /** Of an update by all pieces. */
  readonly milliseconds: number;
  readonly deviation: Deviation;
}

/** The slope that all ways of a setting are held to: that of a way by itself. */
export const slopeBy = async (setting: Setting, one: Way): Promise<Slope> => ({
  loss: await (await trainingBy(setting, one)).update(),
  gradients: await gradientsBy(setting, one),
});

/** What a way costs, the median of some updates. A Left says that it does not compute what the control does; it was not timed then. */
export const costOf = async (
  setting: Setting,
  one: Way,
  control: Slope,
  repetitions: number,
): Promise<E.Either<string, WayCost>> => {
  const gradients = await gradientsBy(setting, one);
  const training = await trainingBy(setting, one);
  const deviation = deviationFrom(control, { loss: await training.update(), gradients });
  if (!isNear(one, deviation)) {
    const { loss, gradient } = tolerances[one.precision];
    return E.left(
      `${one.name}: loss and gradients within ${loss} and ${gradient} of the control's expected, got ${deviation.loss} and ${deviation.gradient}`,
    );
  }
  const milliseconds = await timed(training.update, { repetitions });
  return E.right({ ...one, ...(await memoryOf(setting, one)), milliseconds, deviation });
};
