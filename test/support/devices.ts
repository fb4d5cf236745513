// The devices that tests hold to the reference, opened where they take opening. Where Debian's chromium is installed, its SwiftShader
// serves as the WebGPU adapter of Node; a user never gets a software rasteriser unasked, but a test asks.

import { existsSync } from "node:fs";
import { selectDevice } from "../../src/core/device/select.ts";
import type { DeviceName } from "../../src/index.ts";

const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Lets Dawn find Debian's SwiftShader, unless the environment names a driver already. */
const offerSwiftShader = (): void => {
  if (!existsSync(swiftShader) || process.env["VK_DRIVER_FILES"] !== undefined) return;
  process.env["VK_DRIVER_FILES"] = swiftShader;
  process.env["VK_ICD_FILENAMES"] = swiftShader; // as older loaders call it
  process.env["XDG_RUNTIME_DIR"] ??= "/tmp"; // else the driver complains
};

/** Opens a device, a software one too; resolves to why it cannot be tested here, if it cannot. */
export const openForTests = async (name: DeviceName): Promise<string | undefined> => {
  if (typeof process !== "undefined" && name === "gpu:webgpu") offerSwiftShader();
  return selectDevice(name).open?.({ allowSoftware: true });
};
