/** Lists: `limit` and an opaque `cursor` that carries the filters along. */
import { type TSchema, Type } from '@sinclair/typebox'
import { AppError } from '../errors.ts'
import { isTime } from './times.ts'

export const PageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })),
  cursor: Type.Optional(
    Type.String({ maxLength: 4_096, description: 'next_cursor of the page before.' })
  )
}

export function Page<T extends TSchema>(item: T) {
  return Type.Object({
    data: Type.Array(item),
    next_cursor: Type.Union([Type.String(), Type.Null()])
  })
}

interface Given<F> {
  filter: F
  after: string[] | null
  limit: number
}

/**
 * The page that a query asks for. With a cursor, its filters count; others beside it must be the same.
 * Throws `cursor-invalid`.
 */
export function pageOf<Q extends { limit?: number; cursor?: string }>(
  list: string,
  keys: number,
  query: Q
): Given<Omit<Q, 'limit' | 'cursor'>> {
  const { limit = 100, cursor, ...filter } = query
  if (cursor === undefined) return { filter, after: null, limit }
  const held = decode(cursor)
  if (held === null || held.list !== list || held.after.length !== keys) {
    throw new AppError(
      'cursor-invalid',
      'Use next_cursor of the page before as it is, on the same list.'
    )
  }
  for (const [name, value] of Object.entries(filter)) {
    if (value === undefined || held.filter[name] === value) continue
    throw new AppError(
      'cursor-invalid',
      `The cursor belongs to another ${name}. Leave the filters out, or start without a cursor.`
    )
  }
  // Strings all, and times where they must be; whatever else a forged one holds finds nothing.
  return { filter: held.filter as typeof filter, after: held.after, limit }
}

/** A page of one row more than was asked for, and the cursor behind its last. */
export function nextCursor<T>(
  list: string,
  rows: T[],
  limit: number,
  filter: Record<string, unknown>,
  keyOf: (row: T) => string[]
): { rows: T[]; next_cursor: string | null } {
  const last = rows[limit - 1]
  if (rows.length <= limit || last === undefined) return { rows, next_cursor: null }
  const text = JSON.stringify({ list, filter, after: keyOf(last) })
  return { rows: rows.slice(0, limit), next_cursor: Buffer.from(text).toString('base64url') }
}

function decode(cursor: string) {
  try {
    const held: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (typeof held !== 'object' || held === null) return null
    const { list, filter, after } = held as { list?: unknown; filter?: unknown; after?: unknown }
    const strings = (value: unknown): value is string =>
      typeof value === 'string' && !value.includes('\0')
    if (typeof list !== 'string' || !Array.isArray(after) || !after.every(strings)) return null
    if (typeof filter !== 'object' || filter === null || !Object.values(filter).every(strings))
      return null
    const filters = filter as Record<string, string>
    const times = Object.entries(filters).filter(([name]) => /_(?:after|before)$/.test(name))
    if (!times.every(([, time]) => isTime(time)) || !isPosition(after[0] ?? '')) return null
    return { list, filter: filters, after }
  } catch {
    return null
  }
}

/** The first key of every list is a time as the database writes it: `2026-03-12 09:20:31.517+00`. */
function isPosition(text: string): boolean {
  return isTime(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'))
}
