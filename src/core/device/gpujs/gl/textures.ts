// Textures of a WebGL context, used again when their values are no longer wanted: making one takes longer than drawing into it.

import { fail } from "../../../errors.ts";
import { nextTurn } from "../../turn.ts";
import type { CardMemory } from "../card/handle.ts";
import { type Drawing, type TextureSize, type TextureValue, textureSizeOf } from "../internals.ts";

/** A texture, and the forms in which kernels take it, by the number of values, negative where they are packed. */
export interface Memory extends CardMemory {
  readonly texture: WebGLTexture;
  readonly size: TextureSize;
  /** Whether a texel holds four values of ours, and not one. */
  readonly isWide: boolean;
  readonly values: Map<number, TextureValue>;
}

/** Free textures that are kept for later, in texels. */
const maxIdleTexels = 64 * 2 ** 20;

/** The textures of a context. */
export class Textures {
  readonly #device: string;
  readonly #drawing: Drawing;
  readonly #idle = new Map<string, Set<Memory>>();
  readonly #byAge = new Set<Memory>();
  #idleTexels = 0;
  readonly #channels: number;
  #framebuffer: WebGLFramebuffer | null = null;
  /** Whether the driver reads one channel; else four come for each value. */
  #readsOneChannel: boolean | undefined;
  /** Textures that exist, and their bytes. */
  count = 0;
  bytes = 0;
  bytesRead = 0;
  bytesUploaded = 0;

  constructor(device: string, drawing: Drawing) {
    this.#device = device;
    this.#drawing = drawing;
    this.#channels = drawing.format === drawing.gl.RGBA ? 4 : 1;
  }

  /** Textures that are not free. */
  get inUse(): number {
    return this.count - this.#byAge.size;
  }

  /** A texture of so many texels, of one value each or of four. */
  take(count: number, { isWide = false } = {}): Memory {
    const size = textureSizeOf(count);
    const free = this.#idle.get(keyOf({ size, isWide }))?.values().next().value;
    if (free === undefined) return this.#create(size, isWide);
    this.#forget(free);
    free.uses++;
    return free;
  }

  /** Gives a texture back. Kernels that were drawn before have read it. */
  give(memory: Memory): void {
    const key = keyOf(memory);
    this.#idle.set(key, (this.#idle.get(key) ?? new Set()).add(memory));
    this.#byAge.add(memory);
    this.#idleTexels += memory.size[0] * memory.size[1];
    for (const oldest of this.#byAge) {
      if (this.#idleTexels <= maxIdleTexels) break;
      this.#forget(oldest);
      this.count--;
      this.bytes -= oldest.bytes;
      this.#drawing.gl.deleteTexture(oldest.texture);
    }
  }

  /** A texture as kernels take and give it: so many values, one a texel unless they are packed in fours. */
  valueOf(
    { texture, size, values }: Memory,
    count: number,
    { isPacked = false } = {},
  ): TextureValue {
    const key = isPacked ? -count : count;
    const known = values.get(key) ?? this.#drawing.asValue(texture, size, count, isPacked);
    values.set(key, known);
    return known;
  }

  /** Values of the host in a texture. */
  upload(values: Float32Array): Memory {
    const { gl, internalFormat, format } = this.#drawing;
    const memory = this.take(values.length);
    const [width, height] = memory.size;
    const texels = new Float32Array(width * height * this.#channels);
    if (this.#channels === 1) texels.set(values);
    else for (let i = 0; i < values.length; i++) texels[i * this.#channels] = values[i] as number;
    this.#bind(memory.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, internalFormat, width, height, 0, format, gl.FLOAT, texels);
    this.bytesUploaded += texels.byteLength;
    return memory;
  }

  /** The first values of a texture, at once: waits for the card. */
  read(memory: Memory, count: number): Float32Array {
    const { gl } = this.#drawing;
    const [format, texels] = this.#prepareToRead(memory);
    const [width, height] = memory.size;
    gl.readPixels(0, 0, width, height, format, gl.FLOAT, texels);
    return this.#valuesIn(texels, count);
  }

  /** The first values of a texture, when the card is done; the caller's thread goes on meanwhile. WebGL 2 only. */
  async readLater(memory: Memory, count: number): Promise<Float32Array> {
    const { gl } = this.#drawing;
    const [format, texels] = this.#prepareToRead(memory);
    const [width, height] = memory.size;
    const staging = gl.createBuffer();
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, staging);
    gl.bufferData(gl.PIXEL_PACK_BUFFER, texels.byteLength, gl.STREAM_READ);
    gl.readPixels(0, 0, width, height, format, gl.FLOAT, 0);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
    if (fence !== null) await this.#passed(fence);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, staging);
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, texels);
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
    gl.deleteBuffer(staging);
    return this.#valuesIn(texels, count);
  }

  async #passed(fence: WebGLSync): Promise<void> {
    const { gl } = this.#drawing;
    const isOpen = (): boolean =>
      !gl.isContextLost() && gl.clientWaitSync(fence, 0, 0) === gl.TIMEOUT_EXPIRED;
    while (isOpen()) await nextTurn();
    gl.deleteSync(fence);
  }

  #prepareToRead({
    texture,
    size: [width, height],
  }: Memory): [format: number, Float32Array<ArrayBuffer>] {
    const { gl } = this.#drawing;
    this.#framebuffer ??= gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    this.#readsOneChannel ??=
      this.#channels === 1 &&
      gl.getParameter(gl.IMPLEMENTATION_COLOR_READ_FORMAT) === gl.RED &&
      gl.getParameter(gl.IMPLEMENTATION_COLOR_READ_TYPE) === gl.FLOAT;
    const texels = new Float32Array(width * height * (this.#readsOneChannel ? 1 : 4));
    this.bytesRead += texels.byteLength;
    return [this.#readsOneChannel ? gl.RED : gl.RGBA, texels];
  }

  #valuesIn(texels: Float32Array, count: number): Float32Array {
    return this.#readsOneChannel
      ? texels.subarray(0, count)
      : Float32Array.from({ length: count }, (_, i) => texels[4 * i] as number);
  }

  #forget(memory: Memory): void {
    this.#idle.get(keyOf(memory))?.delete(memory);
    this.#byAge.delete(memory);
    this.#idleTexels -= memory.size[0] * memory.size[1];
  }

  #bind(texture: WebGLTexture): void {
    const { gl } = this.#drawing;
    gl.activeTexture(gl.TEXTURE15); // gpu.js leaves it to such purposes
    gl.bindTexture(gl.TEXTURE_2D, texture);
  }

  #create(size: TextureSize, isWide: boolean): Memory {
    const { gl, internalFormat, format, wideFormat } = this.#drawing;
    const texture = gl.createTexture();
    this.#bind(texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    const [width, height] = size;
    const [inner, outer] = isWide ? [wideFormat, gl.RGBA] : [internalFormat, format];
    gl.texImage2D(gl.TEXTURE_2D, 0, inner, width, height, 0, outer, gl.FLOAT, null);
    const bytes = width * height * (isWide ? 4 : this.#channels) * 4;
    if (gl.getError() === gl.OUT_OF_MEMORY)
      fail(
        this.#device,
        "DeviceFailure",
        "memory for another texture expected",
        `none for ${width} × ${height} texels, ${this.bytes} bytes being there already`,
        "smaller batches, donated state, or another device",
      );
    this.count++;
    this.bytes += bytes;
    return { texture, size, isWide, bytes, values: new Map(), uses: 1 };
  }
}

const keyOf = ({ size, isWide }: Pick<Memory, "size" | "isWide">): string =>
  `${size.join("×")}${isWide ? " wide" : ""}`;
