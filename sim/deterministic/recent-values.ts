const SIZE = 16;

/**
 * What was worked out for the last few objects, by identity: oracles ask one after another about the same ones, and seldom about old ones.
 * A weak map of everything costs the garbage collector more than working it out again.
 */
export class Recent<K extends object, V> {
  private readonly keys: K[] = [];
  private readonly values: V[] = [];
  private next = 0;

  get(key: K): V | undefined {
    const at = this.keys.indexOf(key);
    return at < 0 ? undefined : this.values[at];
  }

  keep(key: K, value: V): V {
    this.keys[this.next] = key;
    this.values[this.next] = value;
    this.next = (this.next + 1) % SIZE;
    return value;
  }
}
