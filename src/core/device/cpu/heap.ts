// Places in the memory: a list of gaps, from which the smallest that is large enough is taken. The list is short, since plans have one arena
// each for all their temporaries.

import { alignment } from "./layout.ts";

interface Gap {
  offset: number;
  bytes: number;
}

/** Rounded up to whole cache lines; nothing is smaller than one. */
export const aligned = (bytes: number): number =>
  Math.max(alignment, Math.ceil(bytes / alignment) * alignment);

/** Gives out places between a start and an end that can grow. */
export class Heap {
  /** In the order of their offsets; no two touch. */
  readonly #gaps: Gap[] = [];
  #end: number;
  /** Bytes given out. */
  used = 0;

  constructor(start: number) {
    this.#end = start;
  }

  /** Where what was ever given out ends. */
  get end(): number {
    return this.#end;
  }

  /** A place of so many bytes, a multiple of the alignment. */
  take(bytes: number): number {
    this.used += bytes;
    let best: Gap | undefined;
    for (const gap of this.#gaps)
      if (gap.bytes >= bytes && (best === undefined || gap.bytes < best.bytes)) best = gap;
    if (best === undefined) return this.#grow(bytes);
    const { offset } = best;
    best.offset += bytes;
    best.bytes -= bytes;
    if (best.bytes === 0) this.#gaps.splice(this.#gaps.indexOf(best), 1);
    return offset;
  }

  /** A place at the end, over the last gap where that is there. */
  #grow(bytes: number): number {
    const last = this.#gaps.at(-1);
    const isAtEnd = last !== undefined && last.offset + last.bytes === this.#end;
    const offset = isAtEnd ? last.offset : this.#end;
    if (isAtEnd) this.#gaps.pop();
    this.#end = offset + bytes;
    return offset;
  }

  /** Gives a place back. */
  give(offset: number, bytes: number): void {
    this.used -= bytes;
    let at = 0;
    let to = this.#gaps.length;
    while (at < to) {
      const middle = (at + to) >> 1;
      if ((this.#gaps[middle] as Gap).offset < offset) at = middle + 1;
      else to = middle;
    }
    const before = this.#gaps[at - 1];
    const after = this.#gaps[at];
    const touchesBefore = before !== undefined && before.offset + before.bytes === offset;
    const touchesAfter = after !== undefined && offset + bytes === after.offset;
    if (touchesBefore && touchesAfter) {
      before.bytes += bytes + after.bytes;
      this.#gaps.splice(at, 1);
    } else if (touchesBefore) before.bytes += bytes;
    else if (touchesAfter) {
      after.offset = offset;
      after.bytes += bytes;
    } else this.#gaps.splice(at, 0, { offset, bytes });
  }
}
