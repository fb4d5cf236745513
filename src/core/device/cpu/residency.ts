// Where in the memory the values of tensors are. Results stay there until they are donated or forgotten; values from the host are copied in once, and
// the copy is kept while there is room. Nobody has to release anything.

import type { Dtype, TypedArray } from "../../dtype.ts";
import type { Resident, Storage } from "../../tensor.ts";
import { requireOwned } from "../transfer.ts";
import { noteResult } from "../turn.ts";
import { Block, type CpuMemory } from "./memory.ts";

/** The name by which storages know this device. */
export const deviceName = "cpu";

/** Copies of what the host has as well are dropped beyond this, those that were not used for longest first. */
const maxCachedBytes = 128 * 2 ** 20;
/** Results beyond this are moved to the host, the oldest first: they may be garbage that was not collected yet. */
const maxResultBytes = 1024 * 2 ** 20;
/** Results of at most so many elements leave the memory when they are read: a loss that nobody computes with again. */
const maxLeaving = 1024;
/**
 * The collector does not see the memory. So that it comes in time where results are neither donated nor kept, they hold about as many bytes of the
 * host, which it does see: groups of results hold a buffer together. It is never touched, and too large for an allocator to take it from memory
 * that it has to clear. What is given back at once, as by donation, asks for none of it.
 */
const ballastBytes = 33 * 2 ** 20;

/** Values in the memory, and what became of them. */
class Place {
  block: Block | undefined;
  /** The values, once they had to make room. */
  moved: TypedArray | undefined;
  readonly dtype: Dtype;
  readonly size: number;
  /** Whether the host has the values as well. */
  readonly isCopy: boolean;

  constructor(block: Block, dtype: Dtype, size: number, isCopy: boolean) {
    this.block = block;
    this.dtype = dtype;
    this.size = size;
    this.isCopy = isCopy;
  }
}

/** What a storage holds: when it is garbage, the place is free. */
class Holder {
  readonly memory: CpuMemory;
  readonly place: Place;
  readonly ballast: ArrayBuffer | undefined;

  constructor(memory: CpuMemory, place: Place, ballast: ArrayBuffer | undefined) {
    this.memory = memory;
    this.place = place;
    this.ballast = ballast;
  }
}

/** A storage for a result. All its fields are there from the start, since objects that change their form are slow. */
const resultIn = (resident: Resident, fetch: (() => TypedArray) | undefined): Storage => ({
  host: undefined,
  resident,
  fetch,
  isComputed: true,
  donatedTo: undefined,
});

/** The tensors in one memory. */
export class Residency {
  readonly #memory: CpuMemory;
  /** Copies of what the host has, those used last at the end. */
  readonly #copies = new Set<Place>();
  #copiedBytes = 0;
  /** Results, oldest first. */
  readonly #results = new Set<Place>();
  #resultBytes = 0;
  readonly #forgotten = new FinalizationRegistry<Place>((place) => this.#forget(place));
  #ballast: ArrayBuffer | undefined;
  /** Bytes of the results that hold the ballast, but for those that were given back since. */
  #groupBytes = 0;
  bytesUploaded = 0;
  bytesRead = 0;

  constructor(memory: CpuMemory) {
    this.#memory = memory;
  }

  /** The block of a storage, if its values are in the memory. */
  find(storage: Storage): Block | undefined {
    requireOwned(storage);
    const { resident } = storage;
    if (resident?.device !== deviceName) return undefined;
    const { memory, place } = resident.handle as Holder; // this device made it
    if (memory !== this.#memory) return undefined; // of another engine, in a test
    if (place.isCopy && place.block !== undefined) {
      this.#copies.delete(place);
      this.#copies.add(place);
    }
    return place.block;
  }

  /** Copies values of the host in, and keeps the copy while there is room. */
  upload(storage: Storage, values: TypedArray, dtype: Dtype, size: number): Block {
    const block = new Block(this.#memory, values.byteLength);
    this.#memory.write(block.offset, dtype, values);
    this.bytesUploaded += values.byteLength;
    storage.resident?.release(); // a copy that was dropped, or one on another device; the host has the values
    const place = new Place(block, dtype, size, true);
    this.#copies.add(place);
    this.#copiedBytes += block.bytes;
    storage.resident = this.#resident(place);
    return block;
  }

  /** A storage for a result in a block, which it takes over. */
  adopt(block: Block, dtype: Dtype, size: number): Storage {
    const place = new Place(block, dtype, size, false);
    this.#results.add(place);
    this.#resultBytes += block.bytes;
    noteResult(block.bytes);
    return resultIn(this.#resident(place), this.#fetcher(place));
  }

  /** A storage for a result that was written over the values of another storage, which has none any more. */
  takeOver(storage: Storage): Storage {
    const resident = storage.resident as Resident; // its block was found
    const { place } = resident.handle as Holder;
    storage.resident = undefined;
    if (!place.isCopy) return resultIn(resident, storage.fetch);
    const { block, dtype, size } = place;
    this.#copies.delete(place);
    this.#copiedBytes -= (block as Block).bytes;
    place.block = undefined;
    return this.adopt(block as Block, dtype, size);
  }

  #resident(place: Place): Resident {
    const handle = new Holder(
      this.#memory,
      place,
      place.isCopy ? undefined : this.#ballastFor(place),
    );
    this.#forgotten.register(handle, place);
    return { device: deviceName, handle, release: () => this.#giveBack(place) };
  }

  /** The ballast of the results made lately, to which a place is added. */
  #ballastFor({ block }: Place): ArrayBuffer | undefined {
    this.#groupBytes += (block as Block).bytes;
    if (this.#groupBytes > ballastBytes) {
      this.#groupBytes = 0;
      this.#ballast = new ArrayBuffer(ballastBytes);
    }
    return this.#ballast;
  }

  #fetcher(place: Place): () => TypedArray {
    return () => {
      if (place.moved !== undefined) return place.moved;
      const values = this.#copyOut(place);
      if (place.size > maxLeaving) return values;
      place.moved = values;
      this.#forget(place);
      return values;
    };
  }

  /** Forgets a place that somebody gives back, so that the collector need not. */
  #giveBack(place: Place): void {
    if (!place.isCopy && place.block !== undefined)
      this.#groupBytes = Math.max(0, this.#groupBytes - place.block.bytes);
    this.#forget(place);
  }

  #forget(place: Place): void {
    const { block } = place;
    if (block === undefined) return;
    place.block = undefined;
    if (place.isCopy) {
      this.#copies.delete(place);
      this.#copiedBytes -= block.bytes;
    } else {
      this.#results.delete(place);
      this.#resultBytes -= block.bytes;
    }
    block.drop();
  }

  #copyOut({ block, dtype, size }: Place): TypedArray {
    return this.read((block as Block).offset, dtype, size); // it was not forgotten: somebody asks for it
  }

  /** A copy on the host of values in the memory. */
  read(offset: number, dtype: Dtype, size: number): TypedArray {
    const values = this.#memory.read(offset, dtype, size);
    this.bytesRead += values.byteLength;
    return values;
  }

  /** Whether there are more copies or results than should be kept. */
  get isFull(): boolean {
    return this.#copiedBytes > maxCachedBytes || this.#resultBytes > maxResultBytes;
  }

  /** Drops old copies, and moves old results to the host, but none that is needed now. */
  makeRoom(needed: ReadonlySet<Block>): void {
    for (const place of this.#copies) {
      if (this.#copiedBytes <= maxCachedBytes) break;
      if (place.block !== undefined && !needed.has(place.block)) this.#forget(place);
    }
    if (this.#resultBytes <= maxResultBytes) return;
    for (const place of this.#results) {
      if (this.#resultBytes <= maxResultBytes / 2) return;
      if (place.block === undefined || needed.has(place.block)) continue;
      place.moved = this.#copyOut(place);
      this.#forget(place);
    }
  }
}
