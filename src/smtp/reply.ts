import { type Static, Type } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'
import { Memo } from './memo.ts'

/** Who wrote the words: a mail server at the far end, or the sending provider itself. */
export const SpokenBy = StringEnum(['receiver', 'provider', 'unknown'])
export type SpokenBy = Static<typeof SpokenBy>

/** The receiving server's own reply, as events carry it. Codes that a provider invents are never here. */
export const SmtpReply = Type.Object({
  code: Type.Union([Type.Integer({ minimum: 200, maximum: 599 }), Type.Null()], {
    description: 'SMTP reply code (RFC 5321 section 4.2), null where none was said.'
  }),
  enhanced: Type.Union([Type.String(), Type.Null()], {
    description: 'Enhanced status code class.subject.detail (RFC 3463), null where none was said.'
  }),
  text: Type.String({ description: 'The words, without codes and wrappers, on one line.' }),
  raw: Type.String({
    description: 'What was received, untouched but for characters no database holds.'
  }),
  spoken_by: SpokenBy
})
export type SmtpReply = Static<typeof SmtpReply>

/** The SMTP command during which a reply was given (RFC 5321 section 3). */
export type Phase =
  | 'connect'
  | 'helo'
  | 'starttls'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'end-of-data'

/** A reply taken out of whatever it was wrapped in. */
export interface ParsedReply {
  code: number | null
  enhanced: string | null
  /** The words, without codes and wrappers, white space folded. */
  text: string
  /** The input, untouched. */
  raw: string
  /** DSN type label, lower case: `smtp`, `x-postfix`, … (RFC 3464 section 2.3.6). */
  label: string | null
  phase: Phase | null
  /** The host that a wrapper names as the speaker, lower case. */
  host: string | null
  /** A further reply quoted inside this one (a forwarder quoting the far end, `<421 4.4.2 …>`). */
  quoted: { code: number | null; enhanced: string | null; text: string } | null
}

/** What is looked at of a long text: its head and its tail (both ends may hold the reply). */
const headLength = 3072
const tailLength = 1024

/**
 * Reads one SMTP reply out of a provider's text (RFC 5321 section 4.2, RFC 3463, RFC 3464). Total: any
 * string gives a result; linear in its input, of which the head and tail are looked at.
 */
export function parseReply(raw: string): ParsedReply {
  if (raw.length > 1000) return read(raw)
  const known = lately.recall(raw)
  if (known?.raw === raw) return copyOf(known)
  const parsed = read(raw)
  lately.keep(raw, () => copyOf(parsed))
  return parsed
}

/** The caller may go on to change what it got. */
function copyOf(reply: ParsedReply): ParsedReply {
  return { ...reply, quoted: reply.quoted && { ...reply.quoted } }
}

const lately = new Memo<ParsedReply>(12)

function read(raw: string): ParsedReply {
  const cleaned = clean(raw)
  const [label, unlabelled] = splitLabel(cleaned)
  const lead = leadingCodes(unlabelled)
  const outer = lead.code !== null ? lead : (embeddedReply(unlabelled, lead) ?? lead)

  const wrapper = unlabelled.slice(0, outer.start)
  const [rest, trailer] = splitTrailer(unlabelled.slice(outer.end))
  const text = joinLines(rest, outer)
  // A wrapper without a reply (Postfix: "connect to mx[IP]:25: …") names its host in the text itself.
  const around = wrapper || outer.code !== null ? wrapper : text
  const gateway = outer !== lead && lead.enhanced !== null
  const quoted = quotedReply(text) ?? (gateway ? quotedAt(unlabelled, outer.start, text) : null)

  return {
    code: outer.code,
    enhanced: outer.enhanced ?? enhancedWithin(outer, wrapper, rest),
    text,
    raw,
    label,
    phase: phaseOf(trailer) ?? phaseOf(around),
    host: hostOf(around),
    quoted
  }
}

/** Codes found at one place: `start` is where the reply begins, `end` where its words begin. */
interface Found {
  code: number | null
  enhanced: string | null
  start: number
  end: number
  /** The code was followed by `-`: more lines follow (RFC 5321 section 4.2.1). */
  multiline: boolean
}

/** No leading zeros (RFC 3463 section 2); four parts are an IP address or a version, never a status. */
const status = String.raw`[245]\.(?:0|[1-9]\d{0,2})\.(?:0|[1-9]\d{0,2})(?!\d|\.\d)`

/**
 * Between code and status stand a separator, `#` (qmail, IronPort), one short tag (`cuda_nsu`) or the
 * recipient. Nothing longer: a version number further on in the words is not a status.
 */
const lead = new RegExp(
  String.raw`([2-5]\d\d)(?![\dA-Za-z@])(?=$|[\s:;,.#'"(<[-])(-?)[\s:;,.-]*` +
    String.raw`(?:([a-z]{2,8}_[a-z]{2,8}|<[^\s<>]{1,254}>:?)\s{1,3})?['"(]?#?(${status})?`,
  'y'
)
const leadStatus = new RegExp(`#?(${status})`, 'y')

function leadingCodes(text: string, from = 0): Found {
  let start = from
  while (start < text.length && ' \t\n#"\'<('.includes(text.charAt(start))) start++
  const at = readLead(text, start)
  if (at) return at
  leadStatus.lastIndex = start
  const enhanced = leadStatus.exec(text)
  const end = enhanced ? leadStatus.lastIndex : from
  return { code: null, enhanced: enhanced?.[1] ?? null, start: from, end, multiline: false }
}

function readLead(text: string, at: number): Found | null {
  lead.lastIndex = at
  const match = lead.exec(text)
  if (!match?.[1]) return null
  const multiline = match[2] === '-'
  const enhanced = match[4] ?? null
  // A tag or an address between code and status belongs to the words.
  const end = enhanced && !match[3] ? lead.lastIndex : at + 3 + (multiline ? 1 : 0)
  return { code: Number(match[1]), enhanced, start: at, end, multiline }
}

/** What may stand right before the code of a reply that somebody quotes. */
const announced =
  /(?:(?:said|replied|talk to me|responded|response|reply|code|error|status|returned|reason|received|got|with|said us)[:=]?|[:=]|=>|->|<<<|smtp;|[.!] ?<)\s?["'(<]?$/i
const expected = /(?:expected|expecting)[a-z :"']*$/i
const pair = new RegExp(String.raw`[\s-]+['"]?#?${status}`, 'y')
/** `: 500 MB`, `: 421 of 500`, `Tel.: 550 12 34`: numbers in prose. */
const prose =
  /[\s-]*(?:\d|[kmgt]i?b\b|bytes?\b|octets\b|characters\b|of\b|ms\b|secs?\b|seconds?\b|mins?\b|minutes?\b|hours?\b|days?\b|messages\b|recipients\b|connections\b|percent\b|%)/iy

/** The first reply that a wrapper, a client or a relay quotes somewhere inside the text. */
function embeddedReply(text: string, own: Found): Found | null {
  for (let at = nextCode(text, 0); at >= 0; at = nextCode(text, at + 3)) {
    const found = embeddedAt(text, at, own.enhanced)
    if (found) return found
  }
  return null
}

/** Where three digits that may be a 4yz or 5yz code stand next, with nothing glued to them; or -1. */
function nextCode(text: string, from: number): number {
  for (let at = from; at + 2 < text.length; at++) {
    const first = text.charCodeAt(at)
    if (first !== 0x34 && first !== 0x35) continue
    if (!isDigit(text.charCodeAt(at + 1)) || !isDigit(text.charCodeAt(at + 2))) continue
    const before = at === 0 ? ' ' : text.charAt(at - 1)
    const after = at + 3 === text.length ? ' ' : text.charAt(at + 3)
    if (codeStarts.includes(before) && codeEnds.includes(after)) return at
  }
  return -1
}

const codeStarts = ' \t\n:;(\'"<>=,#'
const codeEnds = ' \t\n:;,.#\'"()<-'

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function embeddedAt(text: string, at: number, own: string | null): Found | null {
  pair.lastIndex = at + 3
  const paired = pair.test(text)
  if (!paired) {
    prose.lastIndex = at + 3
    if (prose.test(text)) return null
    const before = text.slice(Math.max(0, at - 40), at)
    if (!announced.test(before) || expected.test(before) || /[\d\]]:$/.test(before)) return null
  }
  const found = readLead(text, at)
  return found && { ...found, enhanced: own ?? found.enhanced }
}

/** IronPort: its own status first, then the server's reply in quotes (`5.1.0 - … 550-'5.7.1 …'`). */
function quotedAt(whole: string, at: number, text: string): ParsedReply['quoted'] {
  const found = readLead(whole, at)
  return found && { code: found.code, enhanced: found.enhanced, text }
}

const marked = new RegExp(String.raw`(?:#|\(|[245]\d\d[ -])(${status})`, 'g')

/**
 * A status further on, where something marks it as one: `(#5.1.1)`, `(5.7.1)`, or a quoted `554 5.2.1`;
 * only of the class of the basic code.
 */
function enhancedWithin(outer: Found, wrapper: string, text: string): string | null {
  for (const where of [wrapper, text]) {
    if (!where.includes('.')) continue
    for (const match of where.matchAll(marked)) {
      const enhanced = match[1] ?? ''
      if (outer.code === null || enhanced.startsWith(String(outer.code).charAt(0))) return enhanced
    }
  }
  return null
}

/** The innermost reply quoted inside the words: a forwarder's far end, SES's `<421 4.4.2 …>`. */
function quotedReply(text: string): ParsedReply['quoted'] {
  let last: Found | null = null
  for (let at = nextCode(text, 0); at >= 0; at = nextCode(text, at + 3)) {
    last = embeddedAt(text, at, null) ?? last
  }
  if (!last) return null
  const words = text.slice(last.end).replace(/^[\s:,.-]+/, '')
  const closed = text.charAt(last.start - 1) === '<' ? words.replace(/>.*$/, '') : words
  return { code: last.code, enhanced: last.enhanced, text: closed.trim() }
}

/** Bounds, decodes once what HTML or JSON left behind, and folds compatibility characters (NFKC). */
function clean(raw: string): string {
  let text =
    raw.length > headLength + tailLength
      ? `${raw.slice(0, headLength)} ${raw.slice(-tailLength)}`
      : raw
  if (text.includes('&')) text = decodeEntities(text)
  if (text.includes('\\')) text = decodeEscapes(text)
  if (text.includes('<')) text = text.replace(/<br ?\/?>/gi, '\n')
  if (notAscii.test(text)) text = text.replace(loneSurrogates, '\ufffd').normalize('NFKC')
  if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n')
  return text.replace(controls, ' ').trim()
}

const loneSurrogates = /\p{Surrogate}/gu
const notAscii = /[\u0080-\uffff]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: the point is to drop them
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g

const entities: Record<string, string> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: ' '
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));/gi, (all, dec, hex, name) => {
    if (name) return entities[String(name).toLowerCase()] ?? all
    return character(dec ? Number(dec) : Number.parseInt(hex, 16))
  })
}

function decodeEscapes(text: string): string {
  return text.replace(/\\(?:u([\da-f]{4})|([nrt"'/\\]))/gi, (_, hex, plain) => {
    if (hex) return character(Number.parseInt(hex, 16))
    return 'nNrR'.includes(plain) ? '\n' : 'tT'.includes(plain) ? ' ' : plain
  })
}

function character(point: number): string {
  return point <= 0x10ffff ? String.fromCodePoint(point) : ' '
}

const labelled = /^(smtp|lmtp|dns|unknown|x-[a-z0-9-]{1,30})\s?;\s*/i

/** RFC 3464 section 2.3.6: `diagnostic-type ";" *text`. */
function splitLabel(text: string): [label: string | null, rest: string] {
  const match = labelled.exec(text)
  return match ? [(match[1] ?? '').toLowerCase(), text.slice(match[0].length)] : [null, text]
}

/** Postfix's trailer `(in reply to RCPT TO command)` is its own word, not the server's. */
function splitTrailer(text: string): [rest: string, trailer: string] {
  const at = text.lastIndexOf('(in reply to')
  if (at < 0) return [text, '']
  const close = text.indexOf(')', at)
  const tail = close < 0 ? '' : text.slice(close + 1)
  if (tail.length > 2) return [text, '']
  return [text.slice(0, at), text.slice(at)]
}

/** Joins the lines of a reply and drops the codes that each line repeats. */
function joinLines(text: string, outer: Found): string {
  const kept = outer.code === null ? dropRepeatedStatus(text, outer) : dropRepeats(text, outer)
  const line = crowded.test(kept) ? kept.replace(/\s+/g, ' ') : kept
  return line.replace(/^[\s:,;.\->'")#]+(?=\S)/, '').trim()
}

/** White space other than single blanks. */
const crowded = /\s\s|[^\S ]/

function dropRepeats(text: string, outer: Found): string {
  const code = String(outer.code)
  if (!text.includes(code)) return dropRepeatedStatus(text, outer)
  let kept = ''
  let from = 0
  for (let at = text.indexOf(code); at >= 0; at = text.indexOf(code, at + 3)) {
    const end = endOfRepeat(text, at, outer)
    if (end === null) continue
    kept += `${text.slice(from, at)} `
    from = end
  }
  return dropRepeatedStatus(kept + text.slice(from), outer)
}

/** Where the words go on after a repeated `550-5.1.1` or `550 5.1.1` at `at`; null where it is none. */
function endOfRepeat(text: string, at: number, outer: Found): number | null {
  const before = text.charAt(at - 1)
  if (before !== ' ' && before !== '\n') return null
  const found = readLead(text, at)
  if (!found) return null
  const newLine = before === '\n' || text.charAt(text.slice(0, at).trimEnd().length) === '\n'
  const same = outer.enhanced !== null && found.enhanced === outer.enhanced
  const follows = text.charAt(at + 3)
  if (same || newLine) return found.end
  if (!outer.multiline) return null
  return follows === '-' || (follows === ' ' && !found.enhanced) ? found.end : null
}

/** Mailgun repeats the enhanced code alone at the start of each line. */
function dropRepeatedStatus(text: string, outer: Found): string {
  return outer.enhanced ? text.replaceAll(`\n${outer.enhanced} `, '\n') : text
}

const phaseWords: readonly (readonly [RegExp, Phase])[] = [
  [/end of data|message body/i, 'end-of-data'],
  [/refused to talk to me|initial (?:connection|server greeting)|connect to /i, 'connect'],
  [/starttls|start tls/i, 'starttls'],
  [/\b(?:ehlo|lhlo|helo)\b/i, 'helo'],
  [/\bauth\b/i, 'auth'],
  [/mail from/i, 'mail'],
  [/rcpt to/i, 'rcpt'],
  [/\bdata\b/i, 'data']
]
const phased =
  /(?:in reply to|after|while (?:sending|performing|receiving)(?: the)?)(?: pipelined)? ([^:)\n]{1,40})|refused to talk to me|refused to start tls|connect to /i

function phaseOf(text: string): Phase | null {
  const words = phased.exec(text)?.[0]
  if (!words) return null
  return phaseWords.find(([pattern]) => pattern.test(words))?.[1] ?? null
}

const hostWords =
  /\b(?:host|connect to|connection with|conversation with|server)\s([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)\s?(?:\[|\(\d|said|refused|:)/i

function hostOf(text: string): string | null {
  const host = hostWords.exec(text)?.[1]?.toLowerCase()
  return host?.includes('.') ? host : null
}
