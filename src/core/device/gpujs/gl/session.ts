// One WebGL context from its first use until it is lost: its textures and its kernels.

import { TensorError } from "../../../errors.ts";
import type { Kernel } from "../../../kernel/kernel.ts";
import { RecentCache } from "../../../recentCache.ts";
import type { Adapter } from "../../device.ts";
import { Handle } from "../card/handle.ts";
import { Residency } from "../card/residency.ts";
import type { KernelFunction, NativeLanguage } from "../functions.ts";
import { type KernelSource, printKernel } from "../generate.ts";
import { type Drawing, destroyDrawing, drawInto, openDrawing } from "../internals.ts";
import type { Mode } from "../modes.ts";
import { classOf, type GpuJsKernel, type NativeFunction, quietly } from "../package.ts";
import { namedNumbers } from "../scalars.ts";
import { commonSettings, helper } from "../settings.ts";
import { isSoftwareName } from "../software.ts";
import { type Memory, Textures } from "./textures.ts";

/** A kernel that can be drawn. */
interface BuiltKernel {
  readonly shortcut: GpuJsKernel;
  readonly source: KernelSource;
}

/** A function with text in the language of the card. */
const nativeFunction = (it: KernelFunction, language: NativeLanguage): NativeFunction => ({
  ...helper(it),
  name: it.name,
  source: `float ${it.name}(${it.parameters.map((p) => `float ${p}`).join(", ")}) { ${it[language]} }`,
});

/** A WebGL context in a mode of gpu.js, opened when this is made. Throws what gpu.js throws where there is none. */
export class Session {
  readonly #mode: Mode;
  readonly #name: string;
  readonly #drawing: Drawing;
  readonly #kernels = new RecentCache<BuiltKernel>(2048, ({ shortcut }) =>
    destroyDrawing(shortcut),
  );
  readonly textures: Textures;
  readonly residency: Residency<Memory>;
  readonly adapter: Adapter;
  /** How many kernels were built, and the classes of gpu.js that ran them. */
  built = 0;
  readonly executors = new Set<string>();
  readonly #checked = new WeakSet<GpuJsKernel>();
  /** Calls of programs, after each of which the driver was told to begin. */
  submissions = 0;

  constructor(name: string, mode: Mode) {
    this.#name = name;
    this.#mode = mode;
    this.#drawing = quietly(() => openDrawing(mode.name as "webgl2" | "headlessgl")); // the modes that draw
    this.textures = new Textures(this.#drawing);
    this.adapter = adapterOf(this.#drawing.gl);
    this.residency = new Residency({
      device: name,
      upload: (values) => {
        const floats = values instanceof Float32Array ? values : Float32Array.from(values);
        return this.makeHandle(
          floats.length,
          floats.length === 0 ? undefined : this.textures.upload(floats),
        );
      },
    });
  }

  /** A handle of values in a texture. */
  makeHandle(size: number, memory?: Memory): Handle<Memory> {
    return new Handle(size, (it) => this.textures.give(it), memory);
  }

  /** Whether the context is gone, and all that was in it. */
  get isLost(): boolean {
    return this.#drawing.gl.isContextLost();
  }

  /** The error of a context that is gone. */
  lost(): TensorError {
    return new TensorError({
      _tag: "DeviceFailure",
      op: this.#name,
      rule: "a WebGL context that works expected",
      got: "one that was lost",
      hint: "values that were awaited with ready() are on the host still: go on from them on another device, or call openDevice again for a new one",
    });
  }

  /** Draws a kernel over the whole of its output. */
  draw(
    kernel: Kernel,
    inputs: readonly (Memory | undefined)[],
    offsets: readonly number[],
    output: Memory,
  ): void {
    const sizes = inputs.map((input) => input?.size.join("×")).join();
    const { shortcut, source } = this.#kernels.get(`${kernel.key}|${sizes}`, () =>
      this.#build(kernel),
    );
    const values = source.slots.map((slot) =>
      this.textures.valueOf(inputs[slot] as Memory, Math.max(1, kernel.inputs[slot]?.size ?? 1)),
    );
    const args = [
      ...values,
      ...source.offsetSlots.map((slot) => offsets[slot] as number),
      ...source.numbers.map((name) => namedNumbers[name]),
    ];
    try {
      drawInto(shortcut, this.textures.valueOf(output, kernel.output.size), args);
    } catch (cause) {
      throw this.isLost ? this.lost() : this.#refused(kernel, (cause as Error).message); // gpu.js throws errors
    }
    if (this.#checked.has(shortcut)) return;
    this.#checked.add(shortcut);
    // gpu.js computes on the processor what it cannot draw; then nothing was drawn into the texture.
    const executor = classOf(shortcut);
    this.executors.add(executor);
    if (executor !== this.#mode.kernelClass)
      throw this.#refused(kernel, `one in ${executor}: ${shortcut.kernel.fallbackReason}`);
  }

  #refused({ label }: Kernel, what: string): TensorError {
    return new TensorError({
      _tag: "DeviceFailure",
      op: label,
      rule: `a kernel that gpu.js runs in mode ${this.#mode.name} expected`,
      got: what.split("\n")[0] as string, // there is a first line
    });
  }

  /** Tells the driver to begin with what was drawn. */
  submit(): void {
    this.#drawing.gl.flush();
    this.submissions++;
  }

  #build(kernel: Kernel): BuiltKernel {
    const source = printKernel(kernel, this.#mode);
    const { native } = this.#mode;
    const common = commonSettings(source);
    const isNative = (it: KernelFunction): boolean =>
      native !== undefined && it[native] !== undefined;
    const shortcut = this.#drawing.gpu.createKernel(source.text, {
      ...common,
      argumentTypes: common.argumentTypes.map((type) =>
        type === "Array" ? "ArrayTexture(1)" : type,
      ),
      functions: source.functions.filter((it) => !isNative(it)).map(helper),
      nativeFunctions:
        native === undefined
          ? []
          : source.functions.filter(isNative).map((it) => nativeFunction(it, native)),
      output: [kernel.output.size],
      pipeline: true,
    });
    this.built++;
    return { shortcut, source };
  }
}

const adapterOf = (gl: WebGL2RenderingContext): Adapter => {
  const extension = gl.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = gl.getParameter(extension?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER);
  return typeof name === "string" && name !== "" && name !== "ANGLE"
    ? { name, isSoftware: isSoftwareName(name) }
    : { name: "a driver that does not tell its name", isSoftware: undefined };
};
