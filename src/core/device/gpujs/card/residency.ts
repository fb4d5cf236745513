// Which storages have a copy on the card. Values of the host are uploaded once and stay; results stay too, but small ones that were read live
// on the host from then on. Donated and forgotten ones give their memory back, the latter when the garbage collector finds them.

import type { PlanBuffer } from "../../../compile/plan.ts";
import type { TypedArray } from "../../../dtype.ts";
import type { Storage } from "../../../tensor.ts";
import { hostValues, requireOwned } from "../../transfer.ts";
import { toKernel } from "../convert.ts";
import type { CardMemory, Handle } from "./handle.ts";

/** A place for values, which may be lost as a whole when the card is. */
export interface Card<M extends CardMemory> {
  /** The device's name. */
  readonly device: string;
  /** A handle for values that have to be written to the card before they are used. */
  readonly upload: (values: TypedArray) => Handle<M>;
}

/** Copies of values that the host has as well are dropped beyond this. */
const maxCachedBytes = 256 * 2 ** 20;
const bytesPerElement = 4;
/** Results of at most so many elements leave the card when they are read: a loss that nobody computes with again. */
const maxLeaving = 1024;

/** Lets go of a handle when its storage is garbage. */
const forgotten = new FinalizationRegistry<() => void>((release) => release());

/** The storages of one opened card. */
export class Residency<M extends CardMemory> {
  readonly #card: Card<M>;
  /** Copies of what the host has, those used last at the end, each with its storage, which they do not keep alive. */
  readonly #cached = new Map<Handle<M>, WeakRef<Storage>>();
  #cachedBytes = 0;
  /** What this card knows; handles of a card that was lost are unknown to the next one. */
  readonly #known = new WeakSet<Handle<M>>();

  constructor(card: Card<M>) {
    this.#card = card;
  }

  /**
   * The handles of the inputs of a call, uploaded where they are not on the card yet. Fails as `hostValues` does where the values of one are
   * elsewhere. Old copies that the call does not need may be dropped.
   */
  handlesOf(inputs: readonly (readonly [Storage, PlanBuffer])[]): readonly Handle<M>[] {
    const handles = inputs.map(([storage, buffer]) => this.#handleOf(storage, buffer));
    this.#evict(new Set(handles));
    return handles;
  }

  #handleOf(storage: Storage, buffer: PlanBuffer): Handle<M> {
    requireOwned(storage);
    const { resident } = storage;
    const handle = resident?.handle as Handle<M> | undefined; // known to this card only if it made it
    if (handle !== undefined && this.#known.has(handle)) {
      this.#touch(handle);
      return handle;
    }
    const fresh = this.#card.upload(toKernel(hostValues(storage), buffer, this.#card.device));
    resident?.release(); // a copy on another card; the host has the values
    this.attach(storage, fresh);
    this.#cache(storage, fresh);
    return fresh;
  }

  /** The values of a result have come to the host. Gives them back. */
  arrived(storage: Storage, handle: Handle<M>, values: TypedArray): TypedArray {
    if (storage.resident?.handle !== handle) return values; // donated meanwhile
    storage.host = values;
    if (handle.size > maxLeaving) {
      this.#cache(storage, handle);
      this.#evict(new Set([handle]));
    } else {
      storage.resident.release();
      delete storage.resident;
    }
    return values;
  }

  /** Notes that the host has the values of a storage as well. */
  #cache(storage: Storage, handle: Handle<M>): void {
    if (this.#cached.has(handle)) return;
    this.#cached.set(handle, new WeakRef(storage));
    this.#cachedBytes += handle.size * bytesPerElement;
  }

  /** What is used again is not old. */
  #touch(handle: Handle<M>): void {
    const reference = this.#cached.get(handle);
    if (reference === undefined) return;
    this.#cached.delete(handle);
    this.#cached.set(handle, reference);
  }

  /** Makes a storage the owner of a handle. */
  attach(storage: Storage, handle: Handle<M>): void {
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      if (this.#cached.delete(handle)) this.#cachedBytes -= handle.size * bytesPerElement;
      handle.drop();
    };
    this.#known.add(handle);
    storage.resident = { device: this.#card.device, handle, release };
    forgotten.register(storage, release);
  }

  /** Drops the copies that were not used for longest, but none that is about to be. */
  #evict(needed: ReadonlySet<Handle<M>>): void {
    for (const [handle, reference] of this.#cached) {
      if (this.#cachedBytes <= maxCachedBytes) return;
      if (needed.has(handle)) continue;
      const storage = reference.deref();
      storage?.resident?.release();
      if (storage !== undefined) delete storage.resident;
    }
  }
}
