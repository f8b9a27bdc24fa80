import { parse } from 'secure-json-parse'

/** A JSON object as a provider sent it: any field may be missing or of another type than documented. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * Reads a body as JSON; undefined where it is none. Integers that a number would round arrive as strings
 * of their digits (Postmark's bounce ids exceed 2^53).
 */
export function readJson(body: Buffer): unknown {
  try {
    const value: unknown = parse(quoteBigIntegers(body.toString()), {
      protoAction: 'remove',
      constructorAction: 'remove'
    })
    return value
  } catch {
    return undefined
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The text of a field. Providers write "nothing" as null, as "" or by leaving the field out. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null
}

/** A number, a truth value or a text as text: what one payload writes `42` another writes `"42"`. */
export function scalarOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}

/** A count, from a number or from its digits. */
export function countOf(value: unknown): number | null {
  const digits = scalarOf(value)?.trim()
  if (digits === undefined || !/^\d{1,10}$/.test(digits)) return null
  const count = Number(digits)
  return count <= 0x7fffffff ? count : null
}

/** The scalar entries of an object as texts; what is nested is left out. */
export function scalarsOf(value: unknown): Record<string, string> {
  const scalars: Record<string, string> = {}
  if (!isFields(value)) return scalars
  for (const [key, entry] of Object.entries(value)) {
    const scalar = scalarOf(entry)
    if (scalar !== null) scalars[key] = scalar
  }
  return scalars
}

/** RFC 3339 has four digits for the year. */
const endOfCalendar = Date.UTC(10_000, 0, 1)

/** The moment that many milliseconds after 1970 began; null where RFC 3339 cannot write it. */
export function timeAt(milliseconds: number): Date | null {
  return milliseconds > 0 && milliseconds < endOfCalendar ? new Date(milliseconds) : null
}

const mayHoldBigInteger = /[:,[]\s*-?\d{16}/
const quoteOrBigInteger = /"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g

/** Puts quotes round integers beyond 2^53 outside strings; Node 20 has no other way to their digits. */
function quoteBigIntegers(text: string): string {
  if (!mayHoldBigInteger.test(text)) return text
  let quoted = ''
  let from = 0
  quoteOrBigInteger.lastIndex = 0
  for (let match = quoteOrBigInteger.exec(text); match; match = quoteOrBigInteger.exec(text)) {
    const [found] = match
    if (found === '"') {
      quoteOrBigInteger.lastIndex = endOfString(text, match.index)
    } else if (!Number.isSafeInteger(Number(found))) {
      quoted += `${text.slice(from, match.index)}"${found}"`
      from = match.index + found.length
    }
  }
  return quoted + text.slice(from)
}

/** Where the string that begins at `start` has ended; the end of the text if it never does. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text.charAt(at - 1 - backslashes) === '\\') backslashes++
    if (backslashes % 2 === 0) return at + 1
  }
  return text.length
}
