// Which device runs what: names and families, what is passed over and why, strict mode, and the timed choice.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as E from "fp-ts/lib/Either.js";
import * as assert from "uvu/assert";
import * as P from "../../../src/index.ts";
import { openForTests } from "../../support/devices.ts";
import { root } from "../../support/files.ts";
import { refusalOf } from "../../support/refusal.ts";
import { suite } from "../../support/suite.ts";

/** Why there is no adapter to test with here, if there is none; asked for first, so that all tests find the same. */
const noAdapter = await openForTests("gpu:webgpu");

/** What a device is opened to, or the problem that it is refused with. */
const opened = async (name: string, options?: P.OpenOptions): Promise<P.DeviceInfo | P.Problem> => {
  const result = await P.openDevice(name, options)();
  return E.isRight(result) ? result.right : result.left;
};

const strictly = async <T>(run: () => Promise<T>): Promise<T> => {
  P.setStrict(true);
  try {
    return await run();
  } finally {
    P.setStrict(false);
  }
};

/** What a program prints in a process of its own, where no device was opened yet. */
const printed = async (
  program: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "--eval", program],
    { cwd: root, env: { ...process.env, ...env } },
  );
  return stdout;
};

const test = suite("devices");

test("are listed by mode; a card only once it was opened", () => {
  const cards = noAdapter === undefined ? ["gpu:webgpu"] : [];
  assert.equal(P.availableDevices(), ["reference", "cpu", ...cards, "gpu:webasm", "gpu:cpu"]);
});

test("that need no opening open at once", async () => {
  const info = await opened("reference");
  assert.equal(info, P.deviceInfo("reference"));
});

test("of unknown names are refused", async () => {
  const problem = (await opened("gpu:tpu")) as P.Problem;
  assert.is(problem._tag, "UnknownDevice");
  assert.match(
    (await refusalOf(() => P.deviceInfo("gpu:tpu"))).message,
    /^device: one of gpu, auto, reference, cpu, gpu:webgpu, .*, gpu:cpu expected, got "gpu:tpu"$/,
  );
});

test("that are no graphics cards are passed over unasked, and it is said", async () => {
  const info = (await opened("gpu")) as P.DeviceInfo;
  // Where a real card is, it is taken, and there is nothing to say.
  if (info.device === "gpu:webgpu") {
    assert.is(info.adapter?.isSoftware, false);
    return;
  }
  assert.match(
    info.fallback ?? "",
    /^not gpu:webgpu: (only a software rasteriser answers, .*\(allowSoftware takes it\)|no graphics adapter|the package .*)/,
  );
  assert.match(info.fallback ?? "", /; not gpu:webgl2: there is no WebGL 2 context here/);
  assert.equal(P.deviceInfo("gpu"), info);
});

test("are refused as a fallback in strict mode", async () => {
  if (((await opened("gpu")) as P.DeviceInfo).device === "gpu:webgpu") return;
  await strictly(async () => {
    const problem = (await opened("gpu")) as P.Problem;
    assert.is(problem._tag, "DeviceFailure");
    assert.match(
      P.printProblem(problem),
      /^gpu: no fallback in strict mode expected, got gpu:(headlessgl|webasm), since not gpu:webgpu: /,
    );
    const again = await refusalOf(() => P.compile(() => P.zeros([1]), { device: "gpu" })());
    assert.is(again.tag, "DeviceFailure");
  });
});

test("take the next where one cannot run", async () => {
  const { WebAssembly } = globalThis;
  Object.assign(globalThis, { WebAssembly: undefined });
  try {
    if (((await opened("gpu")) as P.DeviceInfo).device !== "gpu:cpu") return; // a card, which needs none
    assert.match(
      P.deviceInfo("gpu").fallback ?? "",
      /not gpu:webasm: this JavaScript engine has no WebAssembly$/,
    );
  } finally {
    Object.assign(globalThis, { WebAssembly });
    await P.openDevice("gpu")();
  }
});

test("say which of two is faster at the work given", async () => {
  // With software allowed there may be a card; without one there is nothing to choose from, and nothing is timed.
  const ran: string[] = [];
  const info = (await opened("auto", {
    allowSoftware: true,
    runs: 3,
    work: async (device) => {
      ran.push(device);
      if (device !== "cpu") await new Promise((resolve) => setTimeout(resolve, 5));
    },
  })) as P.DeviceInfo;
  assert.is(info.device, "cpu");
  if (ran.length === 0) {
    assert.match(info.fallback ?? "", /^not gpu:webgpu: /);
    return;
  }
  const card = ran[0];
  assert.equal(ran, [...new Array(4).fill(card), ...new Array(4).fill("cpu")]);
  assert.match(
    info.choice ?? "",
    new RegExp(`^auto: the faster, by ${card} \\S+ ms and cpu \\S+ ms a run of the work given$`),
  );
  assert.is(P.deviceInfo("auto").choice, info.choice);
  await P.openDevice("auto")(); // as it was
});

test("become the default, which the choice goes with", async () => {
  try {
    const info = await P.useDevice("gpu:cpu");
    assert.is(info.device, "gpu:cpu");
    assert.equal(P.deviceInfo(), P.deviceInfo("gpu:cpu"));
  } finally {
    P.setDefaultDevice("reference");
  }
  assert.is((await refusalOf(() => P.useDevice("gpu:webgl2"))).tag, "DeviceFailure");
  assert.is(P.deviceInfo().device, "reference");
});

test("without an adapter say so: to results that wait for it, when opened, and from then on at once", async () => {
  // In a process of its own, since an adapter stays. No driver is at that place.
  const program = `
    import * as P from "./src/index.ts";
    const y = P.compile((x) => P.add(x, 1), { device: "gpu:webgpu" });
    const waiting = y(P.tensor([1]));
    await P.ready(waiting).catch((error) => console.log("later", error.problem._tag));
    const opened = await P.openDevice("gpu:webgpu")();
    console.log(opened._tag, P.printProblem(opened.left));
    try { y(P.tensor([1])); } catch (error) { console.log("at once", error.problem._tag); }
  `;
  assert.match(
    await printed(program, { VK_DRIVER_FILES: "/none", VK_ICD_FILENAMES: "/none" }),
    /^later DeviceFailure\nLeft gpu:webgpu: a device that can run here expected, got (no graphics adapter|the package webgpu .*)\nat once DeviceFailure\n$/,
  );
});

if (noAdapter === undefined) {
  test("that a software rasteriser stands behind are taken when asked for, and named", async () => {
    const info = (await opened("gpu:webgpu")) as P.DeviceInfo;
    assert.is(info.device, "gpu:webgpu");
    assert.is(typeof info.adapter?.isSoftware, "boolean");
    if (info.adapter?.isSoftware === false) return; // a real card
    assert.is(info.fallback, `a software rasteriser, ${info.adapter?.name}`);
    const allowed = (await opened("gpu:webgpu", { allowSoftware: true })) as P.DeviceInfo;
    assert.is(allowed.fallback, undefined);
    const family = (await opened("gpu", { allowSoftware: true })) as P.DeviceInfo;
    assert.is(family.device, "gpu:webgpu");
    assert.is(family.fallback, undefined);
    await P.openDevice("gpu")(); // as it was
  });

  test("that a software rasteriser stands behind are a fallback in strict mode", async () => {
    if (P.deviceInfo("gpu:webgpu").adapter?.isSoftware === false) return; // a real card
    await strictly(async () => {
      assert.match(
        P.printProblem((await opened("gpu:webgpu")) as P.Problem),
        /^gpu:webgpu: no fallback in strict mode expected, got a software rasteriser, /,
      );
      const info = (await opened("gpu:webgpu", { allowSoftware: true })) as P.DeviceInfo;
      assert.is(info.device, "gpu:webgpu");
    });
  });

  test("that a software rasteriser stands behind are no card to a family that was not opened", async () => {
    if (P.deviceInfo("gpu:webgpu").adapter?.isSoftware === false) return; // a real card
    const program = `
      import * as P from "./src/index.ts";
      await P.openDevice("gpu:webgpu", { allowSoftware: true })();
      console.log(P.deviceInfo("gpu:webgpu").fallback);
      console.log(P.deviceInfo("gpu").device, P.deviceInfo("gpu").fallback);
    `;
    assert.match(
      await printed(program),
      /^undefined\ngpu:(?!webgpu)\w+ not gpu:webgpu: only a software rasteriser answers, /,
    );
  });

  test("that a software rasteriser stands behind are refused in strict mode when they are used unopened", async () => {
    if (P.deviceInfo("gpu:webgpu").adapter?.isSoftware === false) return; // a real card
    const program = `
      import * as P from "./src/index.ts";
      const f = P.compile((x) => P.add(x, 1), { device: "gpu:webgpu" });
      await P.ready(f(P.tensor([1]))).catch((error) => console.log(error.message));
      try { f(P.tensor([1])); } catch (error) { console.log("then at once"); }
      await P.openDevice("gpu:webgpu", { allowSoftware: true })();
      console.log(P.toArray(await P.ready(f(P.tensor([1])))));
    `;
    assert.match(
      await printed(program, { PULLBACK_STRICT: "1" }),
      /^gpu:webgpu: no fallback in strict mode expected, got a software rasteriser, .*\nhint: openDevice\("gpu:webgpu", \{ allowSoftware: true \}\) takes it\nthen at once\n\[ 2 \]\n$/,
    );
  });
} else {
  test.skip("that a software rasteriser stands behind", noAdapter);
}

test.run();
