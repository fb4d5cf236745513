// The memory that all generated code works on: one for the process, shared with worker threads where the host allows it.

import type { TypedArray } from "../../dtype.ts";
import { fail } from "../../errors.ts";
import { constantWords } from "./constants.ts";
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
  #bytes: Uint8Array;
  #words: Int32Array;
  #constants = 0;

  constructor(isShared: boolean) {
    this.isShared = isShared;
    this.maximumPages = maximumPages;
    this.memory = new WebAssembly.Memory({
      initial: (heapStart + margin + growthBytes) / pageBytes,
      maximum: maximumPages,
      shared: isShared,
    });
    this.#bytes = new Uint8Array(this.memory.buffer);
    this.#words = new Int32Array(this.memory.buffer);
  }

  /** All bytes; good until the memory grows. */
  get bytes(): Uint8Array {
    this.#refresh();
    return this.#bytes;
  }

  /** All 32-bit words; good until the memory grows. */
  get words(): Int32Array {
    this.#refresh();
    return this.#words;
  }

  #refresh(): void {
    if (this.#bytes.buffer === this.memory.buffer) return;
    this.#bytes = new Uint8Array(this.memory.buffer);
    this.#words = new Int32Array(this.memory.buffer);
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

  /** Writes the constants that code was generated with since the last time. */
  writeConstants(): void {
    const all = constantWords();
    if (all.length === this.#constants) return;
    this.words.set(all as unknown as Int32Array<ArrayBuffer>, 0); // 32-bit patterns
    this.#constants = all.length;
  }

  /** Writes the values of an array at a place. */
  write(offset: number, values: TypedArray): void {
    this.bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
  }

  /** Copies bytes out. */
  read(offset: number, into: TypedArray): void {
    new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(
      this.bytes.subarray(offset, offset + into.byteLength),
    );
  }
}
