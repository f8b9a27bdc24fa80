import type { Mistake } from '../errors.ts'

/** Sent with every delivery and refused on the way in, so that two installations cannot feed each other for ever. */
export const hopHeader = 'x-mailverdict-hop'

const mostHeaders = 20
const mostBytes = 4096

// What frames the message, what this service sets itself, and what belongs to one connection.
const reserved = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'date',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  hopHeader
])
const reservedPrefixes = ['proxy-', 'webhook-']

/**
 * Checks an endpoint's own headers and gives them back in lower case. Two names that differ only in
 * case are refused: receivers disagree on which one counts. No detail repeats a value, which may be a
 * credential.
 */
export function checkHeaders(
  headers: Readonly<Record<string, string>>
): { ok: true; headers: Record<string, string> } | { ok: false; mistakes: Mistake[] } {
  const entries = Object.entries(headers)
  const mistakes: Mistake[] = []
  if (entries.length > mostHeaders) {
    mistakes.push({ pointer: '', detail: `An endpoint has at most ${mostHeaders} headers` })
  }
  const seen = new Set<string>()
  let bytes = 0
  for (const [name, value] of entries) {
    const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const lower = name.toLowerCase()
    bytes += name.length + value.length
    const detail = nameMistake(lower) ?? valueMistake(value) ?? repetition(seen, lower)
    if (detail !== null) mistakes.push({ pointer, detail })
    seen.add(lower)
  }
  if (bytes > mostBytes) {
    mistakes.push({
      pointer: '',
      detail: `Names and values together are at most ${mostBytes} bytes`
    })
  }
  if (mistakes.length > 0) return { ok: false, mistakes }
  return {
    ok: true,
    headers: Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]))
  }
}

function nameMistake(name: string): string | null {
  // A token of RFC 9110 section 5.6.2.
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) return 'This is not a header name'
  return reserved.has(name) || reservedPrefixes.some((prefix) => name.startsWith(prefix))
    ? 'This header is set by the service and cannot be chosen'
    : null
}

function valueMistake(value: string): string | null {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)
    ? null
    : 'A value is visible ASCII, with spaces only inside'
}

function repetition(seen: ReadonlySet<string>, name: string): string | null {
  return seen.has(name) ? 'This header is given twice, in different case' : null
}
