/** Makes text and JSON from outside harmless before they meet the database. */

const deepest = 64
const longestText = 16_384

/** Without NUL (no text column holds it) and lone surrogates (no UTF-8 does), and not endless. */
export function sanitiseText(text: string, limit = longestText): string {
  const cut = text.length > limit ? `${text.slice(0, limit - 1)}…` : text
  return cut.replaceAll('\u0000', '').toWellFormed()
}

/** The same for each string and key of a JSON value; what lies deeper than 64 levels is left out. */
export function sanitise<T>(value: T): T
export function sanitise(value: unknown): unknown {
  return clean(value, 0)
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return sanitiseText(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= deepest) return null
  if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [sanitiseText(name, 256), clean(item, depth + 1)])
  )
}

/** The deepest nesting of a JSON text, counted without parsing it; strings do not count. Other text has none. */
export function nestingOf(json: string | Buffer): number {
  let depth = 0
  let most = 0
  let inString = false
  const bytes = typeof json === 'string' ? Buffer.from(json) : json
  if (!/^\s*[[{]/.test(bytes.subarray(0, 1_000).toString('latin1'))) return 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (inString) {
      if (byte === 0x5c) i++
      else if (byte === 0x22) inString = false
    } else if (byte === 0x22) inString = true
    else if (byte === 0x7b || byte === 0x5b) most = Math.max(most, ++depth)
    else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return most
}
