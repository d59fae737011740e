/**
 * A list that only grows, as a value: a longer one leaves the shorter one as it is. It costs what is added, as long as the newest is what grows;
 * a second continuation of an older one is a copy.
 */
export class Log<T> {
  readonly length: number;
  /** Shared with every log that grew from this one: what is beyond `length` is theirs. */
  readonly #items: T[];

  constructor(items: T[] = [], length = items.length) {
    this.#items = items;
    this.length = length;
  }

  with(more: readonly T[]): Log<T> {
    const items = this.#items.length === this.length ? this.#items : this.#items.slice(0, this.length);
    for (const item of more) items.push(item);
    return new Log(items);
  }

  at(index: number): T | undefined {
    return index < this.length ? this.#items[index] : undefined;
  }

  /** The first of them. */
  first(count: number): readonly T[] {
    return this.slice(0, count);
  }

  /** Those of places [start, end), as far as it has them. */
  slice(start: number, end: number): readonly T[] {
    return this.#items.slice(start, Math.min(end, this.length));
  }
}
