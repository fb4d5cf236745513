// Which devices there are, and which one runs what was not told otherwise.

import * as E from "fp-ts/lib/Either.js";
import type { TaskEither } from "fp-ts/lib/TaskEither.js";
import { fail, type Problem, TensorError } from "../errors.ts";
import { cpuDevice } from "./cpu/cpu.ts";
import type { Device, DeviceInfo, DeviceStats, OpenOptions } from "./device.ts";
import { gpuJsDevice } from "./gpujs/gpujs.ts";
import { referenceDevice } from "./reference/reference.ts";
import { refuseFallback } from "./strict.ts";

/** Every device by name. A new device adds one line. */
const devices = {
  reference: referenceDevice,
  cpu: cpuDevice,
  "gpu:webgpu": gpuJsDevice("webgpu"),
  "gpu:webgl2": gpuJsDevice("webgl2"),
  "gpu:headlessgl": gpuJsDevice("headlessgl"),
  "gpu:webasm": gpuJsDevice("webasm"),
  "gpu:cpu": gpuJsDevice("cpu"),
} satisfies Record<string, Device>;

/** Names that stand for the best of several devices, the one to prefer first. */
const families = {
  gpu: ["gpu:webgpu", "gpu:webgl2", "gpu:headlessgl", "gpu:webasm", "gpu:cpu"],
  auto: ["gpu:webgpu", "gpu:webgl2", "gpu:headlessgl", "cpu"],
} satisfies Record<string, readonly (keyof typeof devices)[]>;

type Family = keyof typeof families;

/** The name of a device; `gpu` stands for the best mode of gpu.js that runs here, `auto` for a graphics card or else the host. */
export type DeviceName = keyof typeof devices | Family;

/** What a family stands for, and why. */
interface Choice {
  readonly device: Device;
  /** Why the devices before it were not taken, one reason each. */
  readonly reasons: readonly string[];
  /** How it was chosen, where it was timed. */
  readonly choice?: string;
}

/** What families stand for, once they were opened. */
const chosen = new Map<string, Choice>();

/** The device that PULLBACK_DEVICE names, where it is set; else the one that runs everywhere. */
const fromEnvironment = (): string => {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  const name = process?.env?.["PULLBACK_DEVICE"];
  return name === undefined || name === "" ? "cpu" : name;
};

let chosenName: string | undefined;

/** The name of the device that runs what was not told otherwise. */
const defaultName = (): string => {
  chosenName ??= fromEnvironment();
  return chosenName;
};

const isFamily = (name: string): name is Family => Object.hasOwn(families, name);

/** Every name that a device can be asked for by, whether it runs here or not. */
export const deviceNames: readonly DeviceName[] = [
  ...Object.keys(families),
  ...Object.keys(devices),
] as DeviceName[]; // their own keys

/** Names of the devices that run here now: those that need no opening, and those that were opened. */
export const availableDevices = (): readonly DeviceName[] => {
  const byName: Readonly<Record<string, Device>> = devices;
  const runs = (name: string): boolean => byName[name]?.missing?.() === undefined;
  return Object.keys(devices).filter(runs) as DeviceName[]; // its own keys
};

/** The first device of a family that runs here without being opened first. */
const firstOf = (family: Family): Choice => {
  const reasons: string[] = [];
  for (const name of families[family]) {
    const device: Device = devices[name];
    const reason = device.missing?.() ?? noCard(device);
    if (reason === undefined) return { device, reasons };
    reasons.push(`not ${name}: ${reason}`);
  }
  return fail(family, "UnknownDevice", "a device that can run here expected", reasons.join("; "));
};

/** A device as a family stands for it: it says why, and that others were not taken. */
const asChosen = (family: Family, { device, reasons, choice }: Choice): Device => {
  if (reasons.length > 0) refuseFallback(family, `${device.name}, since ${reasons.join("; ")}`);
  const info = (): DeviceInfo => {
    const own = device.info();
    const fallbacks = [...reasons, ...(own.fallback === undefined ? [] : [own.fallback])];
    return {
      ...own,
      ...(choice === undefined ? {} : { choice }),
      ...(fallbacks.length === 0 ? {} : { fallback: fallbacks.join("; ") }),
    };
  };
  return { ...device, info };
};

/** A device by name; the default one without. Fails with UnknownDevice, and in strict mode with DeviceFailure for a fallback. */
export const selectDevice = (name: string = defaultName()): Device => {
  if (Object.hasOwn(devices, name)) return devices[name as keyof typeof devices]; // checked by hasOwn
  if (isFamily(name)) return asChosen(name, chosen.get(name) ?? firstOf(name));
  return fail("device", "UnknownDevice", `one of ${deviceNames.join(", ")} expected`, `"${name}"`);
};

/** Makes a device the one that runs everything that was not told otherwise. */
export const setDefaultDevice = (name: DeviceName): void => {
  selectDevice(name); // fails where there is none of that name
  chosenName = name;
};

/** What really runs on a device (the default one without a name): mode, adapter, versions, and the reason for any fallback. */
export const deviceInfo = (name?: string): DeviceInfo => selectDevice(name).info();

/** What a device (the default one without a name) has done since it was opened, and what it holds. */
export const deviceStats = (name?: string): DeviceStats => selectDevice(name).stats();

/** Opens a device; resolves to why it is not taken, if it is not. */
const tryDevice = async (
  device: Device,
  { allowSoftware = false }: OpenOptions,
): Promise<string | undefined> =>
  (await device.open?.(allowSoftware ? { allowSoftware } : undefined)) ??
  (allowSoftware ? undefined : noCard(device));

/** Why no graphics card is known to stand behind a device, if that is so. */
const noCard = (device: Device): string | undefined => {
  const { adapter } = device.info();
  if (adapter === undefined || adapter.isSoftware === false) return undefined;
  return adapter.isSoftware === true
    ? `only a software rasteriser answers, ${adapter.name} (allowSoftware takes it)`
    : "its driver does not say whether a graphics card stands behind it (allowSoftware takes it)";
};

/** Milliseconds that work takes on a device: the best of a few runs, after one that compiles. */
const timeOn = async (
  name: string,
  { work = () => undefined, runs = 5 }: OpenOptions,
): Promise<number> => {
  await work(name);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await work(name);
    best = Math.min(best, performance.now() - start);
  }
  return best;
};

const shortMs = (ms: number): string => `${Number(ms.toPrecision(3))} ms`;

/** Goes through a family until one device is taken; with `work`, times it against the last of the family, which always runs. */
const openFamily = async (family: Family, options: OpenOptions): Promise<Choice> => {
  const names = families[family];
  const reasons: string[] = [];
  for (const name of names) {
    const device: Device = devices[name];
    const reason = await tryDevice(device, options);
    if (reason !== undefined) {
      reasons.push(`not ${name}: ${reason}`);
      continue;
    }
    const rival: Device = devices[names.at(-1) as (typeof names)[number]]; // none is empty
    if (options.work === undefined || device === rival) return { device, reasons };
    const [mine, other] = [await timeOn(name, options), await timeOn(rival.name, options)];
    const times = `${name} ${shortMs(mine)} and ${rival.name} ${shortMs(other)} a run of the work given`;
    const choice = `${family}: the faster, by ${times}`;
    return mine <= other ? { device, reasons, choice } : { device: rival, reasons, choice };
  }
  return fail(family, "DeviceFailure", "a device that can run here expected", reasons.join("; "));
};

const openNamed = async (name: string, { allowSoftware = false }: OpenOptions): Promise<void> => {
  const reason = await selectDevice(name).open?.({ allowSoftware });
  if (reason !== undefined)
    fail(name, "DeviceFailure", "a device that can run here expected", reason);
};

/**
 * Opens a device: asks for its adapter, and builds nothing yet. Left with a problem where it cannot run here; a task that never rejects
 * because of that. Devices that were lost are opened anew.
 *
 * `gpu` and `auto` try their devices in order. They pass over software rasterisers unless `allowSoftware` is set. A device that is named is
 * taken as it is: a software rasteriser is reported as a fallback then, and refused in strict mode, unless `allowSoftware` is set. With `work`,
 * the device that a family comes to is timed against the host, and the faster of the two is taken; `deviceInfo(name).choice` says so.
 *
 * @example
 * const opened = await openDevice("reference")();
 * opened._tag // Right
 */
export const openDevice =
  (name: string, options: OpenOptions = {}): TaskEither<Problem, DeviceInfo> =>
  async () => {
    try {
      if (isFamily(name)) {
        const choice = await openFamily(name, options);
        asChosen(name, choice); // refuses in strict mode
        chosen.set(name, choice);
      } else await openNamed(name, options);
      return E.right(selectDevice(name).info());
    } catch (error) {
      if (error instanceof TensorError) return E.left(error.problem);
      throw error;
    }
  };

/**
 * Opens a device as `openDevice` does and makes it the default. Rejects with a TensorError where it cannot run here.
 *
 * @example
 * const info = await useDevice("reference");
 * info.device // reference
 */
export const useDevice = async (
  name: DeviceName,
  options: OpenOptions = {},
): Promise<DeviceInfo> => {
  const opened = await openDevice(name, options)();
  if (E.isLeft(opened)) throw new TensorError(opened.left);
  setDefaultDevice(name);
  return opened.right;
};
