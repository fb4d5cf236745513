// One WebGL context from its first use until it is lost: its textures and its kernels.

import { TensorError } from "../../../errors.ts";
import type { Kernel } from "../../../kernel/kernel.ts";
import { RecentCache } from "../../../recentCache.ts";
import type { Adapter } from "../../device.ts";
import { Handle } from "../card/handle.ts";
import { howToGoOn } from "../card/lost.ts";
import { Residency } from "../card/residency.ts";
import { printKernel } from "../generate.ts";
import {
  type Drawing,
  destroyDrawing,
  drawInto,
  openDrawing,
  type TextureValue,
} from "../internals.ts";
import type { Mode } from "../modes.ts";
import { classOf, type GpuJsKernel, type KernelArgument, quietly } from "../package.ts";
import { namedNumbers } from "../scalars.ts";
import { isSoftwareName } from "../software.ts";
import { printColumns, width } from "./columns.ts";
import { type BuiltKernel, buildKernel, buildUnpacker } from "./kernels.ts";
import { type Memory, Textures } from "./textures.ts";

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
  /** How many kernels were built, how many of them compute four elements a thread, and the classes of gpu.js that ran them. */
  built = 0;
  builtColumns = 0;
  readonly executors = new Set<string>();
  readonly #checked = new WeakSet<GpuJsKernel>();
  /** Calls of programs, after each of which the driver was told to begin. */
  submissions = 0;

  constructor(name: string, mode: Mode) {
    this.#name = name;
    this.#mode = mode;
    this.#drawing = quietly(() => openDrawing(mode.name as "webgl2" | "headlessgl")); // the modes that draw
    this.textures = new Textures(name, this.#drawing);
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
      hint: howToGoOn,
    });
  }

  /** Draws a kernel over the whole of its output; where it suits columns.ts, four values a thread. */
  draw(
    kernel: Kernel,
    isWide: boolean,
    inputs: readonly (Memory | undefined)[],
    offsets: readonly number[],
    output: Memory,
  ): void {
    const { size } = kernel.output;
    const sizes = inputs.map((input) => input?.size.join("×")).join();
    const { shortcut, source } = this.#built(
      `${isWide ? "columns " : ""}${kernel.key}|${sizes}`,
      () => (isWide ? this.#buildColumns(kernel) : this.#buildPlain(kernel)),
    );
    const args = [
      ...source.slots.map((slot) =>
        this.textures.valueOf(inputs[slot] as Memory, Math.max(1, kernel.inputs[slot]?.size ?? 1)),
      ),
      ...source.offsetSlots.map((slot) => offsets[slot] as number),
      ...source.numbers.map((name) => namedNumbers[name]),
    ];
    if (!isWide) {
      this.#drawInto(kernel, shortcut, this.textures.valueOf(output, size), args);
      return;
    }
    const texels = this.textures.take(size / width, { isWide: true });
    try {
      this.#drawInto(kernel, shortcut, this.textures.valueOf(texels, size / width), args);
      const unpacker = this.#built(`unpack ${size}`, () => buildUnpacker(this.#drawing, size));
      const packed = this.textures.valueOf(texels, size, { isPacked: true });
      this.#drawInto(kernel, unpacker.shortcut, this.textures.valueOf(output, size), [packed]);
    } finally {
      this.textures.give(texels);
    }
  }

  #buildPlain(kernel: Kernel): BuiltKernel {
    const source = printKernel(kernel, this.#mode);
    return buildKernel(this.#drawing, this.#mode, source, kernel.output.size, "Number");
  }

  #buildColumns(kernel: Kernel): BuiltKernel {
    this.builtColumns++;
    const source = printColumns(kernel, this.#mode);
    return buildKernel(this.#drawing, this.#mode, source, kernel.output.size / width, "Array(4)");
  }

  #built(key: string, build: () => BuiltKernel): BuiltKernel {
    return this.#kernels.get(key, () => {
      this.built++;
      return build();
    });
  }

  #drawInto(
    kernel: Kernel,
    shortcut: GpuJsKernel,
    output: TextureValue,
    args: readonly KernelArgument[],
  ): void {
    try {
      drawInto(shortcut, output, args);
    } catch (cause) {
      throw this.isLost ? this.lost() : this.#refused(kernel, (cause as Error).message); // gpu.js throws errors
    }
    if (this.#checked.has(shortcut)) return;
    // gpu.js computes on the processor what it cannot draw; then nothing was drawn into the texture.
    const executor = classOf(shortcut);
    this.executors.add(executor);
    if (executor !== this.#mode.kernelClass)
      throw this.#refused(kernel, `one in ${executor}: ${shortcut.kernel.fallbackReason}`);
    this.#checked.add(shortcut); // not before: it is refused each time
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
}

const adapterOf = (gl: WebGL2RenderingContext): Adapter => {
  const extension = gl.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = gl.getParameter(extension?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER);
  return typeof name === "string" && name !== "" && name !== "ANGLE"
    ? { name, isSoftware: isSoftwareName(name) }
    : { name: "a driver that does not tell its name", isSoftware: undefined };
};
