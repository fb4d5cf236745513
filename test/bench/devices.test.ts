// Which devices the benchmarks time.

import * as assert from "uvu/assert";
import { openDevices } from "../../bench/devices.ts";
import { deviceNames } from "../../src/index.ts";
import { openForTests } from "../support/devices.ts";
import { suite } from "../support/suite.ts";

const test = suite("openDevices");
const noAdapter = await openForTests("gpu:webgpu");

const messageOf = async (devices: readonly string[]): Promise<string> => {
  try {
    await openDevices({ devices, software: false });
  } catch (error) {
    return (error as Error).message;
  }
  return assert.unreachable("an error was expected") as never;
};

test("times the device that is named", async () => {
  const { opened, missing } = await openDevices({ devices: ["reference"], software: false });
  assert.equal(
    opened.map(({ device }) => device),
    ["reference"],
  );
  assert.equal(missing, []);
});

test("accounts for every device when none is named: it is timed, or said why not", async () => {
  const { opened, missing } = await openDevices({ devices: [], software: false });
  const all = deviceNames.filter((name) => name !== "gpu" && name !== "auto");
  for (const name of all)
    assert.is(
      opened.filter(({ device }) => device === name).length +
        missing.filter((line) => line.startsWith(`not ${name}: `)).length,
      1,
      name,
    );
});

const rasteriser = "times a software rasteriser only when it is asked for, or named";
if (noAdapter !== undefined) test.skip(rasteriser, noAdapter);
else
  test(rasteriser, async () => {
    const find = async (devices: readonly string[], software: boolean) => {
      const { opened, missing } = await openDevices({ devices, software });
      return {
        info: opened.find(({ device }) => device === "gpu:webgpu"),
        reason: missing.find((line) => line.startsWith("not gpu:webgpu: ")),
      };
    };
    const [unasked, asked, named] = [
      await find([], false),
      await find([], true),
      await find(["gpu:webgpu"], false),
    ];
    assert.ok(asked.info !== undefined && named.info !== undefined);
    if (asked.info?.adapter?.isSoftware === false) return assert.ok(unasked.info); // a real card
    assert.is(unasked.info, undefined);
    assert.match(unasked.reason ?? "", /^not gpu:webgpu: only .* answers; --software times it$/);
  });

test("finds the best of a family", async () => {
  const { opened } = await openDevices({ devices: ["auto"], software: false });
  assert.is(opened.length, 1);
  assert.is.not(opened[0]?.device, "auto");
});

test("names the devices when one is unknown", async () => {
  assert.is(
    await messageOf(["abacus"]),
    `bench: --device: one of ${deviceNames.join(", ")} expected, got "abacus"`,
  );
});

test("refuses a named device that does not run here", async () => {
  assert.match(await messageOf(["gpu:webgl2"]), /^bench: gpu:webgl2: /);
});

test.run();
