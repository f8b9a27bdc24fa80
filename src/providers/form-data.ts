/** The text fields of a form, every value of a name in the order of arrival. */
export type Fields = ReadonlyMap<string, readonly string[]>

/** Reads either form encoding, by its media type; null where the body is not that form. */
export function readForm(contentType: string, body: Buffer): Fields | null {
  return /^\s*multipart\/form-data\b/i.test(contentType)
    ? readMultipart(contentType, body)
    : readUrlencoded(body)
}

function readUrlencoded(body: Buffer): Fields {
  const fields = new Map<string, string[]>()
  for (const [name, value] of new URLSearchParams(body.toString())) add(fields, name, value)
  return fields
}

/** More parts than any provider sends; the rest is not read. */
const maxParts = 2000
const maxHeader = 8192

/**
 * `multipart/form-data` (RFC 7578, RFC 2046 section 5.1.1) of a body that is already in memory. The
 * parsers at hand are streams or promises, and reading a webhook is neither; a test holds this one
 * against the platform's own. File parts are left out: only a returned message comes as one.
 */
function readMultipart(contentType: string, body: Buffer): Fields | null {
  const boundary = boundaryOf(contentType)
  if (boundary === null) return null
  const fields = new Map<string, string[]>()
  let part = partAfter(body, boundary, 0)
  for (let count = 0; part !== null && count < maxParts; count++) {
    const next = delimiterFrom(body, boundary, part.start)
    // Without a delimiter behind it the part was cut off on the way: not to be trusted.
    if (next === null) break
    const [name, value] = fieldOf(body.subarray(part.start, next.at))
    if (name !== null) add(fields, name, value)
    part = next.last ? null : { start: next.end }
  }
  return fields
}

function add(fields: Map<string, string[]>, name: string, value: string): void {
  const values = fields.get(name)
  if (values) values.push(value)
  else fields.set(name, [value])
}

function boundaryOf(contentType: string): string | null {
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType)
  return match?.[1] ?? match?.[2] ?? null
}

function partAfter(body: Buffer, boundary: string, from: number): { start: number } | null {
  const first = delimiterFrom(body, boundary, from)
  return first === null || first.last ? null : { start: first.end }
}

interface Delimiter {
  /** Where the content before it ends. */
  at: number
  /** Where the next part begins. */
  end: number
  /** Closes the whole body. */
  last: boolean
}

/** The next `CRLF--boundary`, closed by `--` or by white space and a line end; the first needs no CRLF. */
function delimiterFrom(body: Buffer, boundary: string, from: number): Delimiter | null {
  const dashes = Buffer.from(`--${boundary}`)
  for (let at = body.indexOf(dashes, from); at >= 0; at = body.indexOf(dashes, at + 1)) {
    const lineStarts = at === 0 || body.toString('latin1', at - 2, at) === '\r\n'
    if (!lineStarts) continue
    const after = at + dashes.length
    const content = Math.max(from, at - 2)
    if (body.toString('latin1', after, after + 2) === '--') {
      return { at: content, end: after + 2, last: true }
    }
    const padding = /^[ \t]*\r\n/.exec(body.toString('latin1', after, after + 100))
    if (padding) return { at: content, end: after + padding[0].length, last: false }
  }
  return null
}

function fieldOf(part: Buffer): [name: string | null, value: string] {
  const blank = part.indexOf('\r\n\r\n')
  if (blank < 0 || blank > maxHeader) return [null, '']
  const disposition = /^content-disposition:\s*form-data([^\r\n]*)/im.exec(
    part.toString('utf8', 0, blank)
  )
  const parameters = parametersOf(disposition?.[1] ?? '')
  const isFile = parameters.has('filename') || parameters.has('filename*')
  return [isFile ? null : (parameters.get('name') ?? null), part.toString('utf8', blank + 4)]
}

/** `; name="a"; filename="b"`, read in order, so that nothing inside quotes passes for a parameter. */
function parametersOf(text: string): Map<string, string> {
  const parameters = new Map<string, string>()
  for (const match of text.matchAll(/;\s*([\w*-]{1,40})=(?:"([^"]*)"|([^\s;"]*))/g)) {
    const value = match[2] === undefined ? (match[3] ?? '') : unquoted(match[2])
    parameters.set((match[1] ?? '').toLowerCase(), value)
  }
  return parameters
}

/** A quote or a line end in a name is percent-encoded (RFC 7578 section 2), a backslash is itself. */
function unquoted(text: string): string {
  return text.replace(/%22|%0D|%0A/gi, decodeURIComponent)
}
