import { createHash } from 'node:crypto'
import type { ProviderName } from './event.ts'

/**
 * The key of one event: 20 bytes over tenant, provider and what makes the event itself, so that two
 * webhooks, two formats or a source made anew still count it once.
 */
export function identityKey(
  tenant: string,
  provider: ProviderName | 'raw',
  identity: readonly string[]
): Buffer {
  const hash = createHash('sha256')
  for (const part of [tenant, provider, ...identity]) {
    const bytes = Buffer.from(part)
    // The length stands before each part, so that no two lists run together to the same bytes.
    hash.update(`${bytes.length}:`).update(bytes)
  }
  return hash.digest().subarray(0, 20)
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** An id of 32 characters (Crockford's base 32) after its prefix, e.g. `evt_…`. */
export function idOf(
  prefix: 'evt' | 'dec' | 'msg' | 'dlv' | 'raw' | 'qua',
  key: Uint8Array
): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of key.subarray(0, 20)) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(value >>> bits) & 31]
    }
    value &= (1 << bits) - 1
  }
  return `${prefix}_${text}`
}

/** The key inside an id, or null if it is none of ours. */
export function keyOf(prefix: 'evt' | 'dec', id: string): Buffer | null {
  if (!id.startsWith(`${prefix}_`) || !/^[a-z]+_[0-9a-hjkmnp-tv-z]{32}$/.test(id)) return null
  const bytes: number[] = []
  let bits = 0
  let value = 0
  for (const character of id.slice(prefix.length + 1)) {
    value = (value << 5) | alphabet.indexOf(character)
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((value >>> bits) & 255)
      value &= (1 << bits) - 1
    }
  }
  return Buffer.from(bytes)
}
