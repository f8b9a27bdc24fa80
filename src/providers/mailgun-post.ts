import { parse as parseJson } from 'secure-json-parse'
import { type Fields, readForm } from './form-data.ts'
import type { Inbound } from './provider.ts'

/** One post, in whichever of the two formats it came: what signs it, and what it says. */
export interface Post {
  signature: Signature
  /** A sentence for the operator where the rest cannot be read. */
  facts: Facts | { unreadable: string; pointer: string }
}

/** As received: `unknown`, since nothing is trusted before the signature is checked. */
export interface Signature {
  timestamp: unknown
  token: unknown
  signature: unknown
  parent: unknown
}

/** What Mailgun says of one event, the same from both formats. Null, empty and absent are all null here. */
export interface Facts {
  event: string
  id: string | null
  /** The event's time as text, the same from both formats and however the number was printed. */
  timestamp: string | null
  /** Seconds since 1970. */
  seconds: number | null
  recipient: string | null
  messageId: string | null
  tags: string[]
  metadata: Record<string, string>
  severity: string | null
  reason: string | null
  /** What was said at the attempt that the event is about. */
  status: Said | null
  /** What the receiver said last, where Mailgun gave up by itself. */
  last: Said | null
  mx: string | null
  attempt: number | null
  /** Mailgun names a time for its next attempt. */
  retries: boolean
  /** A returned mail reported it after the message had been accepted. */
  delayed: boolean
  /** Mailgun counts it as a hard bounce, that is, takes the mailbox for dead. */
  hard: boolean
  /** Mailgun itself says that there was no conversation with a receiver. */
  sessionless: boolean
  url: string | null
  ip: string | null
  userAgent: string | null
  /** The name of the machine that opened or clicked. */
  bot: string | null
  pointers: { recipient: string; time: string; messageId: string }
}

/** A reply in Mailgun's form: its code apart from its words. */
export interface Said {
  code: number | null
  enhanced: string | null
  words: string
  /** The words are Mailgun's explanation, since the reply's own are missing. */
  explained: boolean
  pointers: { code: string; enhanced: string; words: string }
}

/** Reads the body; null where it is neither of Mailgun's formats. Total. */
export function readPost(request: Inbound): Post | null {
  const contentType = request.headers['content-type'] ?? ''
  if (startsAsJson(request.body)) return readJson(request.body.toString())
  const fields = readForm(contentType, request.body)
  return fields && readFields(fields)
}

/** By the first byte, since a proxy or a replay may have changed the media type. */
function startsAsJson(body: Buffer): boolean {
  const text = body
    .toString('utf8', 0, 64)
    .replace(/^\ufeff/, '')
    .trimStart()
  return text.startsWith('{') || text.startsWith('[')
}

type Json = Readonly<Record<string, unknown>>

function readJson(text: string): Post | null {
  const body = parsed(text)
  if (!isObject(body)) return null
  const signature = object(body.signature)
  return {
    signature: {
      timestamp: signature.timestamp,
      token: signature.token,
      signature: signature.signature,
      parent: signature['parent-signature']
    },
    facts: factsOfJson(body['event-data'])
  }
}

function parsed(text: string): unknown {
  try {
    return parseJson(text, undefined, { protoAction: 'remove', constructorAction: 'remove' })
  } catch {
    return null
  }
}

function factsOfJson(data: unknown): Post['facts'] {
  const root = '/event-data'
  if (!isObject(data))
    return { unreadable: 'The post has a signature but no event-data.', pointer: '' }
  const event = text(data.event)
  if (event === null) return { unreadable: 'The event has no name.', pointer: root }

  const status = object(data['delivery-status'])
  const message = object(data.message)
  const headers = object(message.headers)
  const client = object(data['client-info'])
  const severity = text(data.severity)
  const reason = text(data.reason)
  const delayed = object(data.flags)['is-delayed-bounce'] === true
  const mx = text(status['mx-host'])
  // Mailgun refused at submission: the event names nobody, the message does.
  const refused = event === 'rejected' && text(data.recipient) === null
  return {
    event,
    id: text(data.id),
    ...timeOf(data.timestamp),
    recipient: refused ? text(headers.to) : text(data.recipient),
    messageId: text(headers['message-id']),
    tags: texts(data.tags),
    metadata: metadataOf(data['user-variables']),
    severity,
    reason,
    status:
      event === 'rejected' ? rejection(data.reject) : saidIn(status, `${root}/delivery-status`),
    last: lastSaidIn(status, `${root}/delivery-status`),
    mx,
    attempt: integer(status['attempt-no']),
    retries: integer(status['retry-seconds']) !== null,
    delayed,
    hard: reason === 'bounce' || (delayed && status['bounce-type'] === 'hard'),
    sessionless:
      status['session-seconds'] === 0 &&
      mx === null &&
      text(object(data.envelope)['sending-ip']) === null,
    url: text(data.url),
    ip: text(data.ip) ?? text(client.ip),
    userAgent: text(client['user-agent']),
    bot: text(client.bot),
    pointers: {
      recipient: refused ? `${root}/message/headers/to` : `${root}/recipient`,
      time: `${root}/timestamp`,
      messageId: `${root}/message/headers/message-id`
    }
  }
}

function saidIn(status: Json, root: string): Said | null {
  const message = text(status.message)
  const description = text(status.description)
  const given = text(status['enhanced-code'])
  return said({
    code: integer(status.code),
    enhanced: given ?? text(status['bounce-code']),
    words: message ?? description ?? '',
    explained: message === null && description !== null,
    pointers: {
      code: `${root}/code`,
      enhanced: `${root}/${given === null ? 'bounce-code' : 'enhanced-code'}`,
      words: `${root}/${message === null ? 'description' : 'message'}`
    }
  })
}

function lastSaidIn(status: Json, root: string): Said | null {
  return said({
    code: integer(status['last-code']),
    enhanced: null,
    words: text(status['last-message']) ?? '',
    explained: false,
    pointers: {
      code: `${root}/last-code`,
      enhanced: `${root}/last-message`,
      words: `${root}/last-message`
    }
  })
}

function rejection(reject: unknown): Said | null {
  const reason = text(object(reject).reason)
  const words = reason ?? text(object(reject).description) ?? ''
  const at = `/event-data/reject/${reason === null ? 'description' : 'reason'}`
  return said({
    code: null,
    enhanced: null,
    words,
    explained: true,
    pointers: { code: at, enhanced: at, words: at }
  })
}

function said(whole: Said): Said | null {
  const empty = whole.code === null && whole.enhanced === null && whole.words === ''
  return empty ? null : whole
}

/** An object of texts; on log exports the same as JSON text. */
function metadataOf(value: unknown): Record<string, string> {
  const variables = typeof value === 'string' ? parsed(value) : value
  if (!isObject(variables)) return {}
  const entries: [string, string][] = []
  for (const [name, content] of Object.entries(variables)) {
    if (typeof content === 'string') entries.push([name, content])
    else if (typeof content === 'number' || typeof content === 'boolean') {
      entries.push([name, String(content)])
    }
  }
  return Object.fromEntries(entries)
}

// The old form, one name and value at a time (before the JSON of June 2018). The customer's variables lie
// among Mailgun's fields under their own names: of what signs the last value counts, of the rest the first.

function readFields(fields: Fields): Post {
  const last = (name: string) => fields.get(name)?.at(-1)
  return {
    signature: {
      timestamp: last('timestamp'),
      token: last('token'),
      signature: last('signature'),
      parent: undefined
    },
    facts: factsOfFields(fields)
  }
}

function factsOfFields(fields: Fields): Post['facts'] {
  const first = (name: string) => text(fields.get(name)?.[0])
  const event = first('event')
  if (event === null) {
    const inbound = fields.has('sender')
    const unreadable = inbound
      ? 'This is a received mail: a route posts here instead of a webhook.'
      : 'The form names no event.'
    return { unreadable, pointer: '' }
  }
  const messageId = fields.has('Message-Id') ? 'Message-Id' : 'message-id'
  const headers = headersOf(first('message-headers'))
  return {
    event,
    id: null,
    ...timeOf(fields.get('timestamp')?.at(-1)),
    recipient: first('recipient'),
    messageId: first(messageId) ?? headerOf(headers, 'message-id')[0] ?? null,
    tags: [...new Set([...(fields.get('tag') ?? []), ...(fields.get('X-Mailgun-Tag') ?? [])])],
    metadata: variablesOf(fields, headers),
    severity: null,
    reason: first('reason'),
    status: formStatus(event, first),
    last: null,
    mx: null,
    attempt: null,
    retries: false,
    delayed: false,
    hard: event === 'bounced',
    sessionless: false,
    url: first('url'),
    ip: first('ip'),
    userAgent: first('user-agent'),
    bot: null,
    pointers: { recipient: '/recipient', time: '/timestamp', messageId: `/${messageId}` }
  }
}

function formStatus(event: string, first: (name: string) => string | null): Said | null {
  if (event !== 'bounced' && event !== 'dropped') return null
  const code = first('code')
  const names = event === 'bounced' ? ['error', 'notification'] : ['description']
  const name = names.find((candidate) => first(candidate) !== null) ?? names[0] ?? ''
  return said({
    code: integer(code),
    // One field for both: `550`, or `5.1.1`, or a code of Mailgun's own.
    enhanced: integer(code) === null ? code : null,
    words: first(name) ?? '',
    explained: name === 'notification',
    pointers: { code: '/code', enhanced: '/code', words: `/${name}` }
  })
}

type Header = [name: string, value: string]

/** `message-headers` is JSON text: an array of name and value. */
function headersOf(json: string | null): Header[] {
  const list = json === null ? null : parsed(json)
  if (!Array.isArray(list)) return []
  return list.flatMap((entry: unknown): Header[] => {
    if (!Array.isArray(entry)) return []
    const [name, value]: unknown[] = entry
    return typeof name === 'string' && typeof value === 'string' ? [[name, value]] : []
  })
}

function headerOf(headers: readonly Header[], name: string): string[] {
  return headers.flatMap(([header, value]) => (header.toLowerCase() === name ? [value] : []))
}

/** Where the headers of the message are at hand they hold the variables; else every unknown field is one. */
function variablesOf(fields: Fields, headers: readonly Header[]): Record<string, string> {
  const inHeaders = headerOf(headers, 'x-mailgun-variables')
  if (inHeaders.length > 0) {
    return Object.fromEntries(inHeaders.flatMap((json) => Object.entries(metadataOf(json))))
  }
  return Object.fromEntries(
    [...fields].flatMap(([name, [value]]) => (ownField.test(name) ? [] : [[name, value ?? '']]))
  )
}

const ownField =
  /^(?:__proto__|event|recipient|domain|timestamp|token|signature|message-headers|message-id|code|error|notification|reason|description|tag|x-mailgun-.*|mailing-list|campaign-id|campaign-name|ip|country|region|city|user-agent|(?:device|client)-type|client-(?:name|os)|url|body-plain|h|attachment-(?:count|\d+))$/i

/** Seconds as a number, or as text. Twelve digits before the point are milliseconds. */
function timeOf(value: unknown): Pick<Facts, 'timestamp' | 'seconds'> {
  const number = typeof value === 'string' && decimal.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) {
    return { timestamp: text(value), seconds: null }
  }
  // A double keeps microseconds until the year 2242, so the shortest decimal is the one that was sent,
  // but for zeros at its end, which one printer writes and another does not.
  return { timestamp: String(number), seconds: number >= 1e11 ? number / 1000 : number }
}

const decimal = /^\s*\d{1,20}(?:\.\d{1,20})?\s*$/

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An empty object is sent as `[]`, and an absent one as null. */
function object(value: unknown): Json {
  return isObject(value) ? value : {}
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null
}

function texts(value: unknown): string[] {
  if (typeof value === 'string' && value !== '') return [value]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

function integer(value: unknown): number | null {
  const number = typeof value === 'string' && /^\s*\d{1,9}\s*$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null
}
