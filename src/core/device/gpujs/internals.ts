// Every use of gpu.js that its documentation does not promise, in one place; test/core/device/gpujs/internals.test.ts fails loudly when
// one of them changes. gpu.js is pinned to 2.24.1 because of them.
//
// Why they are needed: `createPipeline` runs a whole plan in one submission, but reads every result back and takes only arrays, so that no
// parameter can stay on the card. What is here takes from gpu.js the kernels that it translated and built, and leaves it to us which
// buffers and textures they run on.

import type { KernelFunction } from "./functions.ts";
import type { KernelSource } from "./generate.ts";
import { shorten } from "./gl/shorten.ts";
import {
  type Gpu,
  type GpuJsKernel,
  gpuJs,
  type KernelArgument,
  type ResidentValue,
} from "./package.ts";
import { commonSettings } from "./settings.ts";
import type {
  GpuAdapter,
  GpuBindGroupLayout,
  GpuComputePipeline,
  GpuDevice,
} from "./webgpu/api.ts";

/** The device that all WebGPU kernels of gpu.js share, and where it comes from. A lost one is replaced at the next call. */
export const acquireDevice = async (): Promise<{
  readonly adapter: GpuAdapter;
  readonly device: GpuDevice;
}> => {
  const { WebGPUContext } = gpuJs() as unknown as {
    WebGPUContext: { acquire(): Promise<{ adapter: GpuAdapter; device: GpuDevice }> };
  };
  return WebGPUContext.acquire();
};

/** A WebGPU kernel of gpu.js, of which only what it was built into is used. */
interface WebGpuKernel {
  translatedFunctions: string;
  readonly computePipeline: GpuComputePipeline;
  readonly bindGroupLayout: GpuBindGroupLayout;
  readonly paramsLayout: {
    readonly byteLength: number;
    readonly arrayArgs: readonly { readonly dimsOffset: number }[];
    readonly scalarArgs: readonly { readonly offset: number }[];
  };
  build(...args: readonly unknown[]): Promise<void>;
  translateSource(): void;
  assembleWGSL(): string;
  destroy(): void;
}

/** What a kernel was built into for WebGPU. */
export interface BuiltPipeline {
  readonly pipeline: GpuComputePipeline;
  /** Binding 0 is the block of parameters, then come the arrays of `slots`, then the result. */
  readonly layout: GpuBindGroupLayout;
  /** Bytes of the block of parameters. It begins with four u32: three sizes of the output, and threads in a row of the dispatch. */
  readonly parameterBytes: number;
  /** Where the numbers of the source are in it: first offsets, then named numbers; f32, in bytes. */
  readonly numberOffsets: readonly number[];
  /** The WGSL that was compiled. */
  readonly wgsl: string;
}

/** Translates a source to WGSL and compiles it. `main`, where given, takes the place of the entry point that gpu.js wrote. */
export const buildPipeline = async (
  source: KernelSource,
  main: string | undefined,
): Promise<BuiltPipeline> => {
  const { GPU, WebGPUKernel } = gpuJs() as unknown as {
    GPU: new (settings: { mode: "webgpu" }) => Gpu & { Kernel: unknown };
    WebGPUKernel: new (...args: readonly unknown[]) => WebGpuKernel;
  };
  let wgsl = "";
  class OurKernel extends WebGPUKernel {
    override translateSource(): void {
      super.translateSource();
      this.translatedFunctions = withNativeBodies(this.translatedFunctions, source.functions);
    }

    override assembleWGSL(): string {
      const text = super.assembleWGSL();
      wgsl = main === undefined ? text : `${text.slice(0, text.indexOf("@compute"))}${main}`;
      return wgsl;
    }
  }
  const gpu = new GPU({ mode: "webgpu" });
  gpu.Kernel = OurKernel;
  const shortcut = gpu.createKernel(source.text, { output: [1], ...commonSettings(source) });
  const kernel = (shortcut as unknown as { kernel: WebGpuKernel }).kernel;
  const numbers = source.offsetSlots.length + source.numbers.length;
  await kernel.build(
    ...source.slots.map(() => new Float32Array(1)),
    ...new Array<number>(numbers).fill(0),
  );
  const { computePipeline, bindGroupLayout, paramsLayout } = kernel;
  const built: BuiltPipeline = {
    pipeline: computePipeline,
    layout: bindGroupLayout,
    parameterBytes: paramsLayout.byteLength,
    numberOffsets: paramsLayout.scalarArgs.map(({ offset }) => offset),
    wgsl,
  };
  kernel.destroy(); // its buffers; what was built lives on
  return built;
};

/** WGSL in which functions that have bodies of their own for it have them. */
const withNativeBodies = (wgsl: string, functions: readonly KernelFunction[]): string =>
  functions.reduce((text, { name, parameters, wgsl: body }) => {
    if (body === undefined) return text;
    const head = `fn fn_${name}(${parameters.map((p) => `user_${p} : f32`).join(", ")}) -> f32 {`;
    const start = text.indexOf(head);
    const end = text.indexOf("\n}", start);
    if (start < 0 || end < 0)
      throw new Error(`gpu.js printed the function ${name} in another form`);
    return `${text.slice(0, start)}${head}\n  ${body}${text.slice(end)}`;
  }, wgsl);

/** A texture of the card with what gpu.js has to know of it. */
export interface TextureValue extends ResidentValue {
  readonly texture: WebGLTexture & { _refs?: number };
  type: string;
}

/** A kernel of the modes that draw, of which the output can be chosen. */
interface DrawingKernel {
  readonly context: WebGL2RenderingContext;
  texture: TextureValue | null;
  _textureSwitched: boolean;
  readonly texSize: ArrayLike<number>;
  readonly TextureConstructor: new (settings: object) => TextureValue;
  getInternalFormat(): number;
  getTextureFormat(): number;
}

const drawingKernelOf = (shortcut: GpuJsKernel): DrawingKernel =>
  shortcut.kernel as unknown as DrawingKernel;

/**
 * A class of gpu.js that draws, which leaves out of its shaders what they do not call: gpu.js puts 500 lines of functions into each. On Mesa's
 * llvmpipe a kernel is built in 15 ms instead of 70 then, on SwiftShader in 15 instead of 18.
 */
const withShortShaders = (drawingClass: unknown): unknown => {
  const Base = drawingClass as new (
    ...args: readonly unknown[]
  ) => {
    compiledFragmentShader: string;
    getFragmentShader(args: unknown): string;
  };
  return class extends Base {
    override getFragmentShader(args: unknown): string {
      this.compiledFragmentShader = shorten(super.getFragmentShader(args));
      return this.compiledFragmentShader;
    }
  };
};

/** What is shared by the kernels of one context. */
export interface Drawing {
  readonly gpu: Gpu;
  readonly gl: WebGL2RenderingContext;
  /** What textures of floats are made with. */
  readonly internalFormat: number;
  readonly format: number;
  /** What textures with four floats in a texel are made with; they are of format RGBA. */
  readonly wideFormat: number;
  /** A texture of ours in a form that kernels take and give: so many values, one a texel unless they are packed in fours. */
  readonly asValue: (
    texture: WebGLTexture,
    size: TextureSize,
    count: number,
    isPacked: boolean,
  ) => TextureValue;
}

/** Width and height in texels. */
export type TextureSize = readonly [width: number, height: number];

/** The size of the texture that gpu.js keeps so many values in. */
export const textureSizeOf = (count: number): TextureSize => {
  const { utils } = gpuJs() as unknown as {
    utils: { getKernelTextureSize(settings: object, output: readonly number[]): ArrayLike<number> };
  };
  const size = utils.getKernelTextureSize({ precision: "single" }, [count]);
  return [size[0] as number, size[1] as number];
};

/** A context of a mode that draws, made by building the smallest of kernels. */
export const openDrawing = (mode: "webgl2" | "headlessgl"): Drawing => {
  const { GPU } = gpuJs();
  const gpu = new GPU({ mode }) as Gpu & { Kernel: unknown };
  gpu.Kernel = withShortShaders(gpu.Kernel);
  const shortcut = gpu.createKernel("function () { return 0; }", {
    output: [1],
    returnType: "Number",
    tactic: "precision",
    precision: "single",
    loopMaxIterations: 1,
    pipeline: true,
  });
  shortcut();
  const kernel = drawingKernelOf(shortcut);
  const { context: gl, TextureConstructor } = kernel;
  const [internalFormat, format] = [kernel.getInternalFormat(), kernel.getTextureFormat()];
  return {
    gpu,
    gl,
    internalFormat,
    format,
    wideFormat: format === gl.RGBA ? internalFormat : gl.RGBA32F, // WebGL 1 has no other
    asValue: (texture, size, count, isPacked) => {
      const value = new TextureConstructor({
        texture,
        size: Int32Array.from(size),
        dimensions: [count, 1, 1],
        output: [count],
        context: gl,
        internalFormat,
        textureFormat: format,
        kernel,
      });
      // gpu.js counts values of a texture and draws elsewhere when there are several; ours belong to us.
      value.texture._refs = 1;
      if (isPacked) value.type = "MemoryOptimizedNumberTexture"; // what it is goes before what a kernel was told
      return value;
    },
  };
};

/** Runs a kernel into a texture of ours, which must be none of its arguments. The first call builds it. */
export const drawInto = (
  shortcut: GpuJsKernel,
  output: TextureValue,
  args: readonly KernelArgument[],
): void => {
  const kernel = drawingKernelOf(shortcut);
  output.texture._refs = 1;
  kernel.texture = output;
  kernel._textureSwitched = true;
  shortcut(...args);
};

/** Frees what a kernel holds, but not the texture of ours that it drew into last. */
export const destroyDrawing = (shortcut: GpuJsKernel): void => {
  drawingKernelOf(shortcut).texture = null;
  shortcut.destroy();
};
