// The memory that all generated code works on: one for the process, shared with worker threads where the host allows it.

import { type Dtype, dtypes, itemsFor, type TypedArray } from "../../dtype.ts";
import { fail } from "../../errors.ts";
import { aligned, Heap } from "./heap.ts";
import { heapStart, margin } from "./layout.ts";

const pageBytes = 65536;
/** 4 GiB: all that 32-bit addresses reach. Hosts reserve addresses for it, not memory. */
const maximumPages = 65536;
/** What the memory grows by at least, so that it does not grow often. */
const growthBytes = 4 * 2 ** 20;

/** A place in the memory. */
export class Block {
  readonly offset: number;
  readonly bytes: number;
  readonly #memory: CpuMemory;

  constructor(memory: CpuMemory, bytes: number) {
    this.#memory = memory;
    this.bytes = aligned(bytes);
    this.offset = memory.take(this.bytes);
  }

  /** Gives it back; once only. */
  drop(): void {
    this.#memory.heap.give(this.offset, this.bytes);
  }
}

/** The memory and the places in it. */
export class CpuMemory {
  readonly memory: WebAssembly.Memory;
  readonly isShared: boolean;
  readonly maximumPages: number;
  readonly heap = new Heap(heapStart);
  #words: Int32Array;
  /** All of it as elements of a dtype, made when they are first needed; good until the memory grows. */
  #views: Partial<Record<Dtype, TypedArray>> = {};

  constructor(isShared: boolean) {
    this.isShared = isShared;
    this.maximumPages = maximumPages;
    this.memory = new WebAssembly.Memory({
      initial: (heapStart + margin + growthBytes) / pageBytes,
      maximum: maximumPages,
      shared: isShared,
    });
    this.#words = new Int32Array(this.memory.buffer);
  }

  /** All 32-bit words; good until the memory grows. */
  get words(): Int32Array {
    return this.#words;
  }

  /** A place in the heap; grows the memory where that is needed. Fails with DeviceFailure where it cannot grow any more. */
  take(bytes: number): number {
    const offset = this.heap.take(bytes);
    const missing = offset + bytes + margin - this.memory.buffer.byteLength;
    if (missing > 0) {
      const most = maximumPages * pageBytes - this.memory.buffer.byteLength;
      const wanted = Math.min(most, Math.max(missing, growthBytes, this.heap.end / 8));
      try {
        if (missing > most) throw new RangeError("no more addresses");
        this.memory.grow(Math.ceil(wanted / pageBytes));
        this.#words = new Int32Array(this.memory.buffer);
        this.#views = {};
      } catch {
        this.heap.give(offset, bytes);
        fail(
          "cpu",
          "DeviceFailure",
          "at most 4 GiB of tensors at once expected",
          `${Math.round(this.heap.used / 2 ** 20)} MiB in use and ${Math.round(bytes / 2 ** 20)} MiB more asked for`,
          "donate what a step replaces, let results go that are not needed, or use smaller batches",
        );
      }
    }
    return offset;
  }

  /** Writes values of a dtype at a place. */
  write(offset: number, dtype: Dtype, values: TypedArray): void {
    const view = this.#viewAs(dtype);
    view.set(values, offset / view.BYTES_PER_ELEMENT);
  }

  /** A copy of `size` values of a dtype at a place. */
  read(offset: number, dtype: Dtype, size: number): TypedArray {
    const view = this.#viewAs(dtype);
    const start = offset / view.BYTES_PER_ELEMENT;
    return view.slice(start, start + itemsFor(dtype, size));
  }

  #viewAs(dtype: Dtype): TypedArray {
    this.#views[dtype] ??= new dtypes[dtype].array(this.memory.buffer);
    return this.#views[dtype];
  }
}
