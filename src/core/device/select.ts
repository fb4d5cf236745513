// Which devices there are, and which one runs what was not told otherwise.

import { fail } from "../errors.ts";
import type { Device, DeviceInfo } from "./device.ts";
import { gpuJsDevice } from "./gpujs/gpujs.ts";
import { referenceDevice } from "./reference/reference.ts";

/** Every device by name. A new device adds one line. */
const devices = {
  reference: referenceDevice,
  "gpu:webasm": gpuJsDevice("webasm"),
  "gpu:cpu": gpuJsDevice("cpu"),
} satisfies Record<string, Device>;

/** The first device that can run here, which says why the ones before it cannot. */
const firstOf = (candidates: readonly Device[]): Device => {
  const reasons: string[] = [];
  for (const device of candidates) {
    const reason = device.missing?.();
    if (reason === undefined) {
      const info = (): DeviceInfo => ({ ...device.info(), fallback: reasons.join("; ") });
      return reasons.length === 0 ? device : { ...device, info };
    }
    reasons.push(`not ${device.name}: ${reason}`);
  }
  return fail("device", "UnknownDevice", "a device that can run here expected", reasons.join("; "));
};

/** Names for the best of several devices, chosen when they are asked for. */
const families = {
  gpu: () => firstOf([devices["gpu:webasm"], devices["gpu:cpu"]]),
} satisfies Record<string, () => Device>;

/** The name of a device; a name without a mode stands for the best that runs here. */
export type DeviceName = keyof typeof devices | keyof typeof families;

let defaultName: DeviceName = "reference";

/** Names of the devices that can run here. */
export const availableDevices = (): readonly DeviceName[] => {
  const byName: Readonly<Record<string, Device>> = devices;
  const runs = (name: string): boolean => byName[name]?.missing?.() === undefined;
  return Object.keys(devices).filter(runs) as DeviceName[]; // its own keys
};

/** A device by name; the default one without. Fails with UnknownDevice. */
export const selectDevice = (name: string = defaultName): Device =>
  Object.hasOwn(devices, name)
    ? devices[name as keyof typeof devices] // checked by hasOwn
    : Object.hasOwn(families, name)
      ? families[name as keyof typeof families]() // checked by hasOwn
      : fail(
          "device",
          "UnknownDevice",
          `one of ${availableDevices().join(", ")} expected`,
          `"${name}"`,
        );

/** Makes a device the one that runs everything that was not told otherwise. */
export const setDefaultDevice = (name: DeviceName): void => {
  defaultName = selectDevice(name).name as DeviceName; // selectDevice knows only these
};

/** What really runs on a device (the default one without a name): mode, versions, and the reason for any fallback. */
export const deviceInfo = (name?: string): DeviceInfo => selectDevice(name).info();
