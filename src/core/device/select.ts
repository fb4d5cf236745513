// Which devices there are, and which one runs what was not told otherwise.

import { fail } from "../errors.ts";
import type { Device, DeviceInfo } from "./device.ts";
import { referenceDevice } from "./reference/reference.ts";

/** Every device by name. A new device adds one line. */
const devices = {
  reference: referenceDevice,
} satisfies Record<string, Device>;

/** The name of a device. */
export type DeviceName = keyof typeof devices;

let defaultName: DeviceName = "reference";

/** Names of the devices that can run here. */
export const availableDevices = (): readonly DeviceName[] => Object.keys(devices) as DeviceName[]; // its own keys

/** A device by name; the default one without. Fails with UnknownDevice. */
export const selectDevice = (name: string = defaultName): Device =>
  Object.hasOwn(devices, name)
    ? devices[name as DeviceName] // checked by hasOwn
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
