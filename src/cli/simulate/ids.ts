import { createHash } from 'node:crypto'

/** Ids that depend on what they name and on nothing else, in the shapes that providers give theirs. */

export function hexId(length: number, ...named: readonly (string | number | Date)[]): string {
  const text = named.map((part) => (part instanceof Date ? part.toISOString() : part)).join('\n')
  return createHash('sha512').update(text).digest('hex').slice(0, length)
}

export function uuid(...named: readonly (string | number | Date)[]): string {
  const hex = hexId(30, ...named)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(12, 15)}`,
    `a${hex.slice(15, 18)}`,
    hex.slice(18, 30)
  ].join('-')
}

/** The receiving host of an address, as receivers like to name theirs. */
export function mxOf(address: string): string {
  return `mx1.${address.slice(address.lastIndexOf('@') + 1).toLowerCase()}`
}
