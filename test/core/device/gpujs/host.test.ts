// The modes of gpu.js on the processor: the store of kernels, what they say of themselves and of a kernel that ran elsewhere, and that they
// leave neither noise nor a running process behind. Whether they are right is the matter of test/devices.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as assert from "uvu/assert";
import { prepare } from "../../../../src/core/device/gpujs/host/execute.ts";
import { type Limits, makeKernelStore } from "../../../../src/core/device/gpujs/host/kernels.ts";
import { type Mode, type ModeName, modes } from "../../../../src/core/device/gpujs/modes.ts";
import { gpuJsVersion, kernelClass } from "../../../../src/core/device/gpujs/package.ts";
import { call } from "../../../../src/core/kernel/build.ts";
import { constant } from "../../../../src/core/kernel/expr.ts";
import * as P from "../../../../src/index.ts";
import { kernelOf, planOf } from "../../../devices/oneKernel.ts";
import { root } from "../../../support/files.ts";
import { refusalOf } from "../../../support/refusal.ts";
import { suite } from "../../../support/suite.ts";

/** A store of kernels for a mode that is not quite what it says, and a plan of one kernel that adds 1. */
const tampered = (change: Partial<Mode>) => {
  const store = makeKernelStore({ ...modes.webasm, ...change });
  const inputs = [{ dtype: "f32", values: [1, 2] }] as const;
  const kernel = kernelOf(2, "f32", inputs, (i, read) => call("add", read(0, i), constant(1)));
  const run = () =>
    prepare(planOf(kernel, inputs), "test", store).run([{ host: Float32Array.of(1, 2) }]);
  return { run, report: store.report };
};

/** Runs a function while gpu.js translates nothing to WebAssembly, so that it computes in JavaScript what it was asked to compile. */
const untranslated = <T>(run: () => T): T => {
  const { prototype } = kernelClass("WebAssemblyKernel") as {
    prototype: { translateSource: unknown };
  };
  const { translateSource } = prototype;
  prototype.translateSource = () => false;
  try {
    return run();
  } finally {
    prototype.translateSource = translateSource;
  }
};

const test = suite("gpu.js on the processor");

for (const mode of ["webasm", "cpu"] as const) {
  const device = `gpu:${mode}` as const;
  test(`${device} says what runs`, () => {
    P.evaluate(P.add(P.tensor([1]), 1), { device });
    const { details, ...info } = P.deviceInfo(device);
    assert.equal(info, { device, mode, executor: "kernel by kernel on the host" });
    const { kernelClass } = modes[mode];
    assert.match(
      details,
      new RegExp(`^gpu\\.js ${gpuJsVersion()}, \\d+ kernels in ${kernelClass}$`),
    );
  });
}

test("is tried on the version that is pinned", () => {
  assert.is(gpuJsVersion(), "2.24.1");
});

test("reports a kernel that ran elsewhere than asked, and refuses it in strict mode", async () => {
  const { run, report } = tampered({});
  const [sum] = untranslated(run);
  assert.equal([...(sum?.host ?? [])], [2, 3]);
  assert.is(
    report.fallback,
    "webasm kernel ran in CPUKernel: return type Number is not supported on the webasm backend",
  );
  P.setStrict(true);
  try {
    const { tag, message } = await refusalOf(() => untranslated(tampered({}).run));
    assert.is(tag, "DeviceFailure");
    assert.match(
      message,
      /^gpu:webasm: no fallback in strict mode expected, got webasm kernel ran in/,
    );
    assert.match(message, /\nhint: setStrict\(false\) allows it$/);
  } finally {
    P.setStrict(false);
  }
});

test("keeps kernels within limits, those used last", () => {
  const kernel = (n: number) => kernelOf(4, "f32", [], () => constant(n));
  const builds = (limits: Limits): number => {
    const store = makeKernelStore(modes.webasm, limits);
    for (const n of [1, 2, 1, 3, 1, 2]) {
      assert.equal([...store.runner(kernel(n), [])([])], [n, n, n, n]);
    }
    return store.report.built;
  };
  assert.is(builds({ kernels: 3, bytes: 1000 }), 3);
  assert.is(builds({ kernels: 2, bytes: 1000 }), 4); // 2 went for 3, 1 was in use
  assert.is(builds({ kernels: 3, bytes: 40 }), 4); // two of 16 bytes each
});

test("names the kernel that gpu.js refuses", async () => {
  const { run } = tampered({ name: "webgl3" as ModeName });
  assert.equal(await refusalOf(run), {
    tag: "DeviceFailure",
    message:
      'test: a kernel that gpu.js runs in mode webgl3 expected, got A requested mode of "webgl3" and is not supported',
  });
});

test("prints nothing, and lets the process end", async () => {
  const program = `
    import * as P from "./src/index.ts";
    for (const device of ["gpu:webasm", "gpu:cpu"]) P.evaluate(P.matmul(P.ones([64, 64]), P.ones([64, 64])), { device });
  `;
  const args = ["--import", "tsx", "--input-type=module", "--eval", program];
  const ended = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 60_000 });
  assert.equal(ended, { stdout: "", stderr: "" });
});

test.run();
