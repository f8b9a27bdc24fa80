/**
 * Remembers what a pure function answered. Real traffic repeats few texts, so most answers are found here. Bounded:
 * two generations of `size` entries each; the older one is dropped when the younger is full.
 */
export class Memo<V> {
  readonly #size: number
  #young = new Map<string, V>()
  #old = new Map<string, V>()

  constructor(size: number) {
    this.#size = size
  }

  get(key: string, make: () => V): V {
    const known = this.#young.get(key)
    if (known !== undefined) return known
    const value = this.#old.get(key) ?? make()
    if (this.#young.size >= this.#size) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
    return value
  }

  /** How many answers are held: at most twice the size. */
  get held(): number {
    return this.#young.size + this.#old.size
  }
}
