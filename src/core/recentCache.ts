// A cache that stays small by forgetting what was not used for longest.

/** Values by key, at most `capacity` of them; `drop` sees what is forgotten. */
export class RecentCache<V> {
  readonly #entries = new Map<string, V>();
  readonly #capacity: number;
  readonly #drop: (value: V) => void;

  constructor(capacity: number, drop: (value: V) => void = () => undefined) {
    this.#capacity = capacity;
    this.#drop = drop;
  }

  /** The value of a key, made when it is not there. */
  get(key: string, make: () => V): V {
    const known = this.#entries.get(key);
    const value = known ?? make();
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#capacity) {
      const [oldest, forgotten] = this.#entries.entries().next().value as [string, V]; // there are entries
      this.#entries.delete(oldest);
      this.#drop(forgotten);
    }
    return value;
  }
}
