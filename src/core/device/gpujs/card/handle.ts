// Values on a graphics card, counted by who holds them: the storage of a tensor, and work that was asked for and not recorded yet.

/** Memory of a card, as far as handles care: whether it was made for the values that are in it now, and how large it is. */
export interface CardMemory {
  /** How often it was taken for values. */
  uses: number;
  readonly bytes: number;
}

/**
 * The collector does not see the card. So that it comes in time where results are neither donated nor kept, each handle of new memory holds some
 * memory of the host, which the collector does see: this part of it. Nothing writes there, so large ones cost the host no pages.
 */
const ballastPart = 1 / 4;

/** Values in memory of kind M. */
export class Handle<M extends CardMemory> {
  /** Elements. */
  readonly size: number;
  /** Where the values are; absent until the work that makes them has been recorded, and after the last holder let go. */
  memory: M | undefined;
  /** Why there are no values, if the work that makes them failed. */
  failure: unknown;
  /** What to do when the values are there, or have failed. */
  readonly waiting: (() => void)[] = [];
  #holders = 1;
  readonly #free: (memory: M) => void;
  #ballast: ArrayBuffer | undefined;

  constructor(size: number, free: (memory: M) => void, memory?: M) {
    this.size = size;
    this.#free = free;
    if (memory !== undefined) this.#keep(memory);
  }

  #keep(memory: M): void {
    this.memory = memory;
    if (memory.uses === 1) this.#ballast = new ArrayBuffer(Math.ceil(memory.bytes * ballastPart));
  }

  /** Bytes of the host that are held to be seen by the collector. */
  get ballastBytes(): number {
    return this.#ballast?.byteLength ?? 0;
  }

  /** One more holder. */
  hold(): void {
    this.#holders++;
  }

  /** One holder less; after the last the memory is free. */
  drop(): void {
    if (--this.#holders > 0 || this.memory === undefined) return;
    this.#free(this.memory);
    this.memory = undefined;
    this.#ballast = undefined;
  }

  /** The values have a place now. Nobody may have waited for them to come. */
  arrive(memory: M): void {
    if (this.#holders <= 0) this.#free(memory);
    else this.#keep(memory);
    this.#wake();
  }

  /** There will be no values. */
  fail(cause: unknown): void {
    this.failure = cause;
    this.#wake();
  }

  /** Whether it is still open what becomes of the values. */
  get isPending(): boolean {
    return this.memory === undefined && this.failure === undefined && this.#holders > 0;
  }

  #wake(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }
}
