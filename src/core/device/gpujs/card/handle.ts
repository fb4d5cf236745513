// Values on a graphics card, counted by who holds them: the storage of a tensor, and work that was asked for and not recorded yet.

/** Values in memory of kind M. */
export class Handle<M> {
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

  constructor(size: number, free: (memory: M) => void, memory?: M) {
    this.size = size;
    this.memory = memory;
    this.#free = free;
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
  }

  /** The values have a place now. Nobody may have waited for them to come. */
  arrive(memory: M): void {
    if (this.#holders <= 0) this.#free(memory);
    else this.memory = memory;
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
