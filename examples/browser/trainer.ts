// A training run that a page can look at between steps: data from the simulator, the forecaster of src/models, and one compiled program for a
// step on whatever device is asked for. A checkpoint of it goes on where it was, on another device too.

import * as E from "fp-ts/lib/Either.js";
import { compile, item, ready, snapshot, type Tensor, values } from "../../src/index.ts";
import { Spatiotemporal } from "../../src/models/index.ts";
import {
  adamW,
  batchesPerEpoch,
  chain,
  clipByGlobalNorm,
  deal,
  warmupCosine,
} from "../../src/nn/index.ts";

const { beginTraining, denormalize, forecasterFor, gather, makeWindows } = Spatiotemporal;
const { printOptionProblem, simulate, toTensors, trainingStep } = Spatiotemporal;

/** Steps of a whole run. */
export const wholeRun = 600;
const batchSize = 32;
const aheadMinutes = 5;
/** Examples of the test part that the forecast is drawn for. */
const shown = 96;

const orThrow = <A>(result: E.Either<Spatiotemporal.OptionProblem, A>): A => {
  if (E.isLeft(result)) throw new Error(printOptionProblem("browser example", result.left));
  return result.right;
};

const windows = orThrow(
  makeWindows(orThrow(simulate({ minutes: 720, seed: 3 })), {
    targets: ["cpu", "throughput"],
    horizonMinutes: [aheadMinutes],
    window: 8,
    cycleMinutes: [],
  }),
);
// A small one: in gpu.js's mode webasm every kernel has a memory of its own, and a tab has room for about a hundred.
const model = forecasterFor(windows, {
  hidden: 16,
  embedding: 4,
  dropout: 0,
  autoregression: false,
});
const averaging = 0;
const schedule = warmupCosine({ peak: 0.01, steps: wholeRun, warmup: 20 });
const optimizer = chain(clipByGlobalNorm(1), adamW({ learningRate: schedule }));
const take = gather(windows);

/** Names of what is forecast for. */
export const services: readonly string[] = windows.series.services;

type State = Spatiotemporal.TrainState<Spatiotemporal.Forecaster.Params>;

/** Where a run is: enough to go on from, on any device. Its tensors are on the host. */
export interface Checkpoint {
  readonly steps: number;
  readonly state: State;
}

const seed = 1;

/** The run before its first step. */
export const beginning = (): Checkpoint => ({
  steps: 0,
  state: beginTraining(model, optimizer, seed),
});

/** A forecast beside what came, for one service. */
export interface Forecast {
  /** Minutes since the data begins. */
  readonly minutes: readonly number[];
  /** Requests a minute. */
  readonly truth: readonly number[];
  readonly forecast: readonly number[];
}

/** A run on one device. */
export interface Trainer {
  /** Trains by one batch; the loss before the update. */
  readonly step: () => Promise<number>;
  /** Requests a minute of a service in the test part, as they are forecast now. */
  readonly forecast: (service: string) => Promise<Forecast>;
  readonly checkpoint: () => Promise<Checkpoint>;
}

/** Both programs on one device. Compiled once, however often a run starts there. */
const programsOn = (() => {
  const made = new Map<string, ReturnType<typeof makePrograms>>();
  return (device: string) => {
    const programs = made.get(device) ?? makePrograms(device);
    made.set(device, programs);
    return programs;
  };
})();

const makePrograms = (device: string) => ({
  update: compile(trainingStep(model, optimizer, { seed, averaging }), {
    device,
    donate: [0], // the state stays in the buffers that it has
    name: "step",
  }),
  look: compile(
    ({ average }: State, inputs: Spatiotemporal.Forecaster.Inputs) =>
      model.forecast(average)(inputs),
    { device, name: "forecast" },
  ),
});

/** A run on a device from a checkpoint. Nothing is computed before the first step. */
export const makeTrainer = (device: string, from: Checkpoint): Trainer => {
  const { update, look } = programsOn(device);
  const batches = batchesFrom(from.steps);
  const test = windows.examples.test.slice(0, shown);
  const seen = take(test);
  const seenInputs = toTensors(seen, windows).inputs;
  let { steps, state } = from;
  return {
    step: async () => {
      const chosen = batches.next().value as readonly number[]; // without end
      // Donation would take the tensors of the checkpoint away from it.
      if (steps === from.steps) state = await snapshot(state);
      const next = update(state, toTensors(take(chosen), windows));
      const loss = item(await ready(next.metrics.loss as Tensor)); // the step gives it
      state = next.state;
      steps++;
      return loss;
    },
    forecast: async (service) => {
      const node = services.indexOf(service);
      const target = windows.targets.indexOf(windows.series.features.indexOf("throughput"));
      const forecast = denormalize(windows, values(await ready(look(state, seenInputs))));
      const truth = denormalize(windows, seen.y);
      const at = (all: Float64Array): readonly number[] =>
        test.map(
          (_, i) => all[(i * services.length + node) * windows.targets.length + target] as number,
        );
      return {
        minutes: test.map((now) => now + aheadMinutes),
        truth: at(truth),
        forecast: at(forecast),
      };
    },
    checkpoint: async () => ({ steps, state: await snapshot(state) }),
  };
};

/** Batches for step after step, shuffled anew in each epoch, from some step on. */
function* batchesFrom(steps: number): Generator<readonly number[]> {
  const { train } = windows.examples;
  const dealing = { length: train.length, size: batchSize, seed };
  const each = batchesPerEpoch(dealing);
  for (let step = steps; ; step++) {
    const { indices } = deal(dealing, Math.floor(step / each)).at(step % each);
    yield indices.map((i) => train[i] as number); // indices of examples
  }
}
