// What we use of gpu.js that its documentation does not promise. Each test names the part; when one fails after an update of gpu.js,
// src/core/device/gpujs/internals.ts is the file to look at.

import { createRequire } from "node:module";
import * as assert from "uvu/assert";
import { functionsCalledIn, kernelFunctions } from "../../../../src/core/device/gpujs/functions.ts";
import { type KernelSource, printKernel } from "../../../../src/core/device/gpujs/generate.ts";
import { buildPipeline, textureSizeOf } from "../../../../src/core/device/gpujs/internals.ts";
import { modes } from "../../../../src/core/device/gpujs/modes.ts";
import { call } from "../../../../src/core/kernel/build.ts";
import { kernelOf } from "../../../devices/oneKernel.ts";
import { openForTests } from "../../../support/devices.ts";
import { suite } from "../../../support/suite.ts";

const require = createRequire(import.meta.url);
// biome-ignore lint/suspicious/noExplicitAny: the point is to look at what has no types.
const gpuJs = require("gpu.js") as any;

const test = suite("internals of gpu.js 2.24.1");

test("the version is the one that all this was read in", () => {
  assert.is((require("gpu.js/package.json") as { version: string }).version, "2.24.1");
});

test("the classes of kernels are exports, and `Kernel` of a GPU object decides which is made", () => {
  for (const { kernelClass } of Object.values(modes)) assert.type(gpuJs[kernelClass], "function");
  const gpu = new gpuJs.GPU({ mode: "cpu" });
  assert.is(gpu.Kernel, gpuJs.CPUKernel);
  class Ours extends gpuJs.CPUKernel {}
  gpu.Kernel = Ours;
  const { kernel } = gpu.createKernel("function () { return 1; }", { output: [1] });
  assert.instance(kernel, Ours);
});

test("the methods and fields that we call and replace are there", () => {
  const methods: Record<string, readonly string[]> = {
    WebGPUKernel: ["translateSource", "assembleWGSL", "build", "destroy", "computeParamsLayout"],
    WebGL2Kernel: [
      "run",
      "destroy",
      "getInternalFormat",
      "getTextureFormat",
      "_replaceOutputTexture",
    ],
    HeadlessGLKernel: [
      "run",
      "destroy",
      "getInternalFormat",
      "getTextureFormat",
      "_replaceOutputTexture",
    ],
  };
  for (const [name, wanted] of Object.entries(methods))
    for (const method of wanted) assert.type(gpuJs[name].prototype[method], "function", method);
  assert.type(gpuJs.WebGPUContext.acquire, "function");
});

test("drawing goes into the texture of a kernel when it was switched", () => {
  // The text of the method is the promise that we rely on.
  const text = String(gpuJs.WebGL2Kernel.prototype._replaceOutputTexture);
  assert.match(text, /this\.texture\.beforeMutate\(\) \|\| this\._textureSwitched/);
  assert.match(text, /framebufferTexture2D/);
});

test("a texture for values is nearly square", () => {
  assert.equal(textureSizeOf(1), [1, 1]);
  assert.equal(textureSizeOf(12), [3, 4]);
  const [width, height] = textureSizeOf(2 ** 24);
  assert.is(width * height, 2 ** 24);
});

const reason = await openForTests("gpu:webgpu");

/** A kernel with an array at an offset, a named number and two functions. */
const source = (): KernelSource =>
  printKernel(
    kernelOf(4, "f32", [{ dtype: "f32", values: [] }], (i, read) =>
      call("exp", call("max", read(0, i), read(0, i))),
    ),
    modes.webgpu,
  );

if (reason === undefined) {
  test("a WebGPU kernel is built into a pipeline with the parameters where we write them", async () => {
    const { slots, offsetNames, numbers } = source();
    assert.equal([slots, offsetNames, numbers], [[0], ["o0"], ["inf"]]);
    const { wgsl, parameterBytes, numberOffsets, pipeline, layout } = await buildPipeline(
      source(),
      undefined,
    );
    // Four words, four for the array's sizes, and the two numbers.
    assert.equal([parameterBytes, numberOffsets], [48, [32, 36]]);
    assert.ok(pipeline !== null && layout !== null);
    assert.match(
      wgsl,
      /outputX : u32,\n {2}outputY : u32,\n {2}outputZ : u32,\n {2}dispatchWidth : u32,/,
    );
    assert.match(wgsl, /@binding\(1\) var<storage, read> user_b0 : array<f32>;/);
    assert.match(wgsl, /@binding\(2\) var<storage, read_write> result : array<f32>;/);
    assert.match(wgsl, /@workgroup_size\(64, 1, 1\)/);
    assert.match(wgsl, /gid\.x \+ gid\.y \* params\.dispatchWidth/);
  });

  test("functions get their native bodies", async () => {
    const { wgsl } = await buildPipeline(source(), undefined);
    assert.match(
      wgsl,
      /fn fn_isNotNumber\(user_x : f32\) -> f32 \{\n {2}return select\(0\.0, 1\.0, \(bitcast<u32>/,
    );
    assert.match(wgsl, /fn fn_exponential\(user_x : f32, user_inf : f32\) -> f32 \{/);
  });

  test("an entry point of ours takes the place of gpu.js's", async () => {
    const main =
      "@compute @workgroup_size(1) fn main() { result[0] = user_b0[0] + params.user_inf; }";
    const { wgsl } = await buildPipeline(source(), main);
    assert.ok(wgsl.endsWith(main));
    assert.is(wgsl.match(/fn main/g)?.length, 1);
  });
} else {
  test.skip("WebGPU kernels", reason);
}

test("functions are found with all that they call, those first that call nothing", () => {
  const names = functionsCalledIn("const a = power(b, c, inf, nan);").map(({ name }) => name);
  assert.is(names.at(-1), "power");
  assert.ok(names.indexOf("isNotNumber") < names.indexOf("exponential"));
  assert.ok([...kernelFunctions.keys()].every((name) => /^[a-zA-Z]+$/.test(name)));
});

test.run();
