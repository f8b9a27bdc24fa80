/**
 * A small memory of what was answered lately, for texts that repeat. Each text has one slot, by a few of its
 * characters; a newcomer takes the slot over, so the memory is bounded. Only a text met twice running is kept:
 * most texts with addresses or ids in them come once, and keeping those made them half as slow again.
 */
export class Memo<E> {
  readonly #slots: (E | undefined)[]
  /** The sample of the text last met, by slot. */
  readonly #met: Int32Array
  readonly #mask: number

  /** @param bits the memory has 2 to this power slots */
  constructor(bits: number) {
    this.#mask = 2 ** bits - 1
    this.#slots = new Array<E | undefined>(2 ** bits).fill(undefined)
    this.#met = new Int32Array(2 ** bits)
  }

  /** What is kept for a text like this one: the caller checks whether it is for this very text. */
  recall(text: string): E | undefined {
    return this.#slots[sample(text) & this.#mask]
  }

  /** Keeps an answer, if the text was the last one met in its slot. */
  keep(text: string, entry: () => E): void {
    const number = sample(text)
    const slot = number & this.#mask
    if (this.#met[slot] === number) this.#slots[slot] = entry()
    else this.#met[slot] = number
  }
}

/** A number from the length and sixteen characters spread over the text. */
function sample(text: string): number {
  const { length } = text
  let hash = length
  const step = (length >>> 4) + 1
  for (let at = length - 1; at >= 0; at -= step) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  }
  return hash ^ (hash >>> 15)
}
