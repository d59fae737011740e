/** The last few of what was made, so that who needs the same again finds it. It changes no result, only what it costs. */
export class LastFew<T> {
  readonly #items: T[] = [];
  readonly #size: number;
  #next = 0;

  constructor(size: number) {
    this.#size = size;
  }

  find(isWanted: (item: T) => boolean): T | undefined {
    return this.#items.find(isWanted);
  }

  /** In place of the oldest. Returns it. */
  add(item: T): T {
    this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.#size;
    return item;
  }
}
