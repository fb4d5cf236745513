// The page: choose a device, train, watch; pause, choose another device, and go on there.
// `?device=gpu:webgpu&steps=50&software` starts at once and stops after so many steps.

import { deviceNames, printDevice, printProblem, TensorError } from "../../src/index.ts";
import { drawForecast, drawLosses } from "./charts.ts";
import { open } from "./device.ts";
import { beginning, makeTrainer, services, type Trainer, wholeRun } from "./trainer.ts";

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T; // ids of index.html
const deviceChoice = find<HTMLSelectElement>("device");
const serviceChoice = find<HTMLSelectElement>("service");
const software = find<HTMLInputElement>("software");
const [start, pause, reset] = ["start", "pause", "reset"].map((id) =>
  find<HTMLButtonElement>(id),
) as [HTMLButtonElement, HTMLButtonElement, HTMLButtonElement];

const say = (id: string, text: string): void => {
  find(id).textContent = text;
};

const nextFrame = (): Promise<void> =>
  new Promise((resolve) => requestAnimationFrame(() => resolve()));

const wanted = new URLSearchParams(location.search);
const stepsWanted = Number(wanted.get("steps") ?? wholeRun);
const areStepsRight = Number.isInteger(stepsWanted) && stepsWanted > 0;
const steps = areStepsRight ? stepsWanted : wholeRun;

/** Steps between two checkpoints, and between two pictures of the forecast. */
const stepsBetween = 25;

let saved = beginning();
let losses: number[] = [];
let trainer: Trainer | undefined;
let isTraining = false;
/** Whether another service was chosen since the last picture. */
let isForecastDue = false;

const openChosen = async (): Promise<Trainer> => {
  const name = deviceChoice.value;
  say(
    "device-line",
    `Opening ${name}${name === "auto" ? ", timing a step where it can run" : ""} …`,
  );
  try {
    const info = await open(name, { allowSoftware: software.checked, from: saved });
    say("device-line", `Runs on ${printDevice(info)}`);
    return makeTrainer(info.device, saved);
  } catch (error) {
    say("device-line", `${name} was not opened.`);
    throw error;
  }
};

const showForecast = async (from: Trainer): Promise<void> => {
  isForecastDue = false;
  drawForecast(await from.forecast(serviceChoice.value));
};

const complain = (error: unknown): void =>
  say("problem", error instanceof TensorError ? printProblem(error.problem) : String(error));

/** Trains until so many steps are done or somebody pauses. */
const train = async (until: number): Promise<void> => {
  trainer ??= await openChosen();
  let msPerStep: number | undefined;
  for (let isFirst = true; isTraining && losses.length < until; isFirst = false) {
    const begin = performance.now();
    losses.push(await trainer.step());
    const ms = performance.now() - begin;
    if (!isFirst) msPerStep = 0.9 * (msPerStep ?? ms) + 0.1 * ms; // the first step compiles
    const loss = (losses.at(-1) as number).toFixed(4);
    const pace = msPerStep === undefined ? "" : `, ${msPerStep.toFixed(1)} ms a step`;
    say("status", `step ${losses.length} of ${until}, loss ${loss}${pace}`);
    drawLosses(losses);
    if (losses.length % stepsBetween === 0) saved = await trainer.checkpoint();
    if (losses.length % stepsBetween === 0 || isForecastDue) await showForecast(trainer);
    await nextFrame();
  }
  saved = await trainer.checkpoint();
  await showForecast(trainer);
};

const setRunning = (running: boolean): void => {
  isTraining = running;
  deviceChoice.disabled = software.disabled = running;
  start.disabled = running || losses.length >= steps;
  start.textContent = losses.length === 0 ? "Train" : "Go on";
  pause.disabled = !running;
  reset.disabled = running || losses.length === 0;
};

const run = async (): Promise<void> => {
  say("problem", "");
  setRunning(true);
  document.body.dataset["state"] = "running";
  try {
    await train(steps);
    document.body.dataset["state"] = losses.length >= steps ? "done" : "paused";
  } catch (error) {
    complain(error);
    document.body.dataset["state"] = "failed";
    // Where the device was lost, the run goes on from the checkpoint, on this device or on another.
    trainer = undefined;
    losses = losses.slice(0, saved.steps);
    if (losses.length > 0) {
      drawLosses(losses);
      say("status", `step ${losses.length} of ${steps} is saved, and goes on from there`);
    }
  }
  setRunning(false);
};

const forgetTrainer = (): void => {
  trainer = undefined;
};

const startOver = (): void => {
  forgetTrainer();
  saved = beginning();
  losses = [];
  find("loss").replaceChildren();
  find("forecast").replaceChildren();
  say("status", "");
  setRunning(false);
};

// A mode for Node alone can be asked for by address only.
for (const name of deviceNames)
  if (name !== "gpu:headlessgl" || wanted.get("device") === name)
    deviceChoice.add(new Option(name, name));
for (const service of services) serviceChoice.add(new Option(service, service));
deviceChoice.value = "auto";

start.addEventListener("click", () => void run());
pause.addEventListener("click", () => {
  isTraining = false; // after the step that runs
});
reset.addEventListener("click", startOver);
deviceChoice.addEventListener("change", forgetTrainer);
software.addEventListener("change", forgetTrainer);
serviceChoice.addEventListener("change", () => {
  isForecastDue = true; // while it trains, with the next step
  if (trainer !== undefined && !isTraining) showForecast(trainer).catch(complain);
});

software.checked = wanted.has("software");
const device = deviceNames.find((name) => name === (wanted.get("device") ?? "auto"));
if (device === undefined)
  say(
    "problem",
    `device: one of ${deviceNames.join(", ")} expected, got "${wanted.get("device")}"`,
  );
else if (!areStepsRight)
  say("problem", `steps: a whole number above 0 expected, got "${wanted.get("steps")}"`);
else {
  deviceChoice.value = device;
  if (wanted.has("steps")) void run();
}
