import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import { AppError } from '../errors.ts'
import type { EventType, ProviderEvent, SuppressionReason } from '../events/event.ts'
import type { Hint } from '../smtp/classify.ts'
import type { Reason } from '../smtp/reasons.ts'
import { type ParsedReply, parseReply, type SpokenBy } from '../smtp/reply.ts'
import { timeAt } from './json-body.ts'
import { type Facts, readPost, type Said, type Signature } from './mailgun-post.ts'
import type { Genuine, Inbound, Parsed, Provider, Tools } from './provider.ts'

export const MailgunCredentials = Type.Object(
  {
    signing_keys: Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
      minItems: 1,
      maxItems: 2,
      description: 'HTTP webhook signing keys (not API keys); two while one is being replaced.'
    })
  },
  { additionalProperties: false }
)
export type MailgunCredentials = Static<typeof MailgunCredentials>

/** Mailgun's events, but `failed` and `dropped`, whose type depends on what failed. */
const types: Readonly<Record<string, EventType>> = {
  accepted: 'email.accepted',
  delivered: 'email.delivered',
  bounced: 'email.bounced',
  rejected: 'email.rejected',
  complained: 'email.complained',
  unsubscribed: 'email.unsubscribed',
  opened: 'email.opened',
  clicked: 'email.clicked'
}

/**
 * Why Mailgun has the address on a list of its own, by its code and by its reason. Null: an earlier
 * bounce, of which it does not say the cause.
 * https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/#suppressions
 */
const lists: ReadonlyMap<number | string, SuppressionReason | null> = new Map<
  number | string,
  SuppressionReason | null
>([
  [605, null],
  [606, 'unsubscribe'],
  [607, 'complaint'],
  ['suppress-bounce', null],
  ['suppress-unsubscribe', 'unsubscribe'],
  ['suppress-complaint', 'complaint']
])

/** The same by the sentence, for old drops that name no code. */
const listWords: readonly (readonly [RegExp, SuppressionReason | null])[] = [
  [/not delivering to (?:a )?previously bounced/i, null],
  [/not delivering to (?:an? )?unsubscribed/i, 'unsubscribe'],
  [/not delivering to (?:a )?user who marked/i, 'complaint']
]

/** Codes that Mailgun invented, although they are not above the range of SMTP. */
const inventedInRange: readonly number[] = [498, 499]

const hintsByCode: ReadonlyMap<number, Pick<Hint, 'reason' | 'strength'>> = new Map([
  [499, { reason: 'network_error', strength: 'fallback' }],
  [602, { reason: 'expired', strength: 'fallback' }],
  // The quality of a mailing list, and a disabled account: both are about the sender.
  [625, { reason: 'policy', strength: 'decides' }],
  [650, { reason: 'auth_required', strength: 'decides' }]
])

const hintsByReason: ReadonlyMap<string, Reason> = new Map([
  ['old', 'expired'],
  ['espblock', 'ip_reputation'],
  ['blacklisted', 'ip_reputation'],
  ['greylisted', 'greylisted']
])

export const mailgun: Provider<MailgunCredentials> = {
  name: 'mailgun',
  credentials: MailgunCredentials,
  check,
  authenticate,
  challenges: () => false,
  parse
}

function check({ signing_keys: keys }: MailgunCredentials): { pointer: string; detail: string }[] {
  return keys.flatMap((key, index) => {
    const pointer = `/signing_keys/${index}`
    if (key.trim() === '') return [{ pointer, detail: 'The key is empty.' }]
    if (key.trim() !== key) return [{ pointer, detail: 'Remove the white space around the key.' }]
    if (key.startsWith('pubkey-')) {
      const detail = 'This is the public validation key; take the HTTP webhook signing key.'
      return [{ pointer, detail }]
    }
    if (keys.indexOf(key) < index) return [{ pointer, detail: 'The same key stands there twice.' }]
    return []
  })
}

// Retries go on for eight hours with the first signature (providers that cut off sooner lost events); half
// a day leaves room for clocks and queues.
const oldestMs = 12 * 3_600_000
const furthestAheadMs = 5 * 60_000

/**
 * HMAC-SHA256 over timestamp and token, joined without a separator. Their lengths are fixed, so that no
 * other pair has the same joined text: one re-cut at another place would be a fresh time or a fresh token.
 */
async function authenticate(
  request: Inbound,
  { signing_keys: keys }: MailgunCredentials,
  { now }: Tools
): Promise<Genuine> {
  const post = readPost(request)
  if (post === null || !isSigned(post.signature)) {
    throw new AppError(
      'signature-missing',
      'The body holds no Mailgun signature. Point a Mailgun webhook here, and let nothing on the way rewrite the body.'
    )
  }
  const timestamp = printed(post.signature.timestamp)
  const { token, signature, parent } = post.signature
  if (
    !/^\d{10}$/.test(timestamp) ||
    typeof token !== 'string' ||
    !/^[\w-]{50}$/.test(token) ||
    !provenBy(keys, `${timestamp}${token}`, [signature, parent])
  ) {
    throw new AppError(
      'signature-invalid',
      "The signature matches none of this source's signing keys. Compare them with the HTTP webhook signing key in Mailgun's console (API security); US, EU and every subaccount have their own."
    )
  }
  const signedAt = new Date(Number(timestamp) * 1000)
  const age = now.getTime() - signedAt.getTime()
  if (age > oldestMs || age < -furthestAheadMs) {
    throw new AppError(
      'replayed',
      'The post was signed more than 12 hours ago or lies in the future. Check the clock of this machine.'
    )
  }
  return { token: { value: token, signedAt } }
}

function isSigned(signature: Signature): boolean {
  return [signature.timestamp, signature.token, signature.signature].every(
    (part) => part !== undefined && part !== null && part !== ''
  )
}

/** A JSON parser on the way may have made a number of the timestamp; nothing else may pass for one. */
function printed(timestamp: unknown): string {
  return typeof timestamp === 'string' || Number.isSafeInteger(timestamp) ? String(timestamp) : ''
}

/**
 * Subaccounts sign with their own key, and beside it (`parent-signature`) with that of the primary
 * account: either proves the post. All keys are tried, so that time tells nothing.
 */
function provenBy(keys: readonly string[], signed: string, signatures: unknown[]): boolean {
  let proven = false
  for (const key of keys) {
    const expected = createHmac('sha256', key).update(signed).digest()
    for (const signature of signatures) {
      const given = hexDigest(signature)
      if (given && timingSafeEqual(given, expected)) proven = true
    }
  }
  return proven
}

function hexDigest(value: unknown): Buffer | null {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
    ? Buffer.from(value, 'hex')
    : null
}

function parse(request: Inbound): Parsed {
  const post = readPost(request)
  if (post === null) return unreadable('', 'The body is neither JSON nor a form.')
  const { facts, signature } = post
  if ('unreadable' in facts) return unreadable(facts.pointer, facts.unreadable)
  const signedAt = dateOf(Number(printed(signature.timestamp)))
  const time = plausible(dateOf(facts.seconds), signedAt) ?? signedAt
  return { events: eventsOf(facts, time), unreadable: [] }
}

function unreadable(pointer: string, detail: string): Parsed {
  return { events: [], unreadable: [{ pointer, detail }] }
}

function dateOf(seconds: number | null): Date | null {
  return seconds === null ? null : timeAt(Math.round(seconds * 1000))
}

const dayMs = 86_400_000

/** Nothing happens after it was reported; a time out of a garbled number must not outlast every later event. */
function plausible(time: Date | null, signedAt: Date | null): Date | null {
  if (time === null || signedAt === null) return time
  return time.getTime() - signedAt.getTime() > dayMs ? null : time
}

/** One event a recipient: only `rejected` can be about several, whom it takes from the message's header. */
function eventsOf(facts: Facts, time: Date | null): ProviderEvent[] {
  if (facts.event !== 'rejected' || facts.recipient === null) {
    return [eventOf(facts, time, facts.recipient)]
  }
  const recipients = addressesIn(facts.recipient)
  if (recipients.length === 0) return [eventOf(facts, time, null)]
  return recipients.map((recipient) => eventOf(facts, time, recipient))
}

function eventOf(facts: Facts, time: Date | null, recipient: string | null): ProviderEvent {
  const list = listOf(facts)
  const heard = heardIn(facts, list !== null)
  const type = typeOf(facts, heard, list !== null)
  return {
    type,
    time,
    recipient,
    identity: identityOf(facts, recipient),
    message: {
      provider_id: facts.messageId === null ? null : bare(facts.messageId),
      rfc5322_id: facts.messageId === null ? null : `<${bare(facts.messageId)}>`,
      stream: null,
      tags: facts.tags,
      metadata: facts.metadata
    },
    // An unsubscription from everything has the tag `*`.
    ...(type === 'email.unsubscribed' && facts.tags.includes('*') && { everyStream: true }),
    mx: facts.mx,
    reply: heard?.reply ?? null,
    provider: {
      name: 'mailgun',
      event: facts.event,
      type: facts.severity,
      subtype: facts.reason,
      code: inventedCode(facts.status),
      event_id: facts.id,
      attempt: facts.attempt,
      will_retry: type === 'email.deferred' && (facts.severity === 'temporary' || facts.retries)
    },
    hint: hintOf(facts, type, heard, list !== null),
    listedAs: list?.listedAs ?? null,
    complaint: type === 'email.complained' ? { feedback_type: null, candidates: 1 } : null,
    engagement: engagementOf(facts, type),
    asynchronous: facts.delayed,
    test: isConsoleTest(facts, time),
    provenance: provenanceOf(facts, heard)
  }
}

function typeOf(facts: Facts, heard: Heard | null, listed: boolean): EventType {
  if (facts.event !== 'failed' && facts.event !== 'dropped' && facts.event !== 'bounced') {
    return Object.hasOwn(types, facts.event)
      ? (types[facts.event] ?? 'email.unknown')
      : 'email.unknown'
  }
  if (listed) return 'email.rejected'
  if (facts.severity === 'temporary') return 'email.deferred'
  const invented = inventedCode(facts.status)
  // Above 600 Mailgun speaks of its own decisions; 602 alone stands after attempts at delivery.
  if (invented !== null && invented >= 600 && invented !== 602) return 'email.rejected'
  if (facts.severity === 'permanent' || facts.event !== 'failed') return 'email.bounced'
  // A severity that is missing or new: the receiver's own first digit says whether it is over.
  const code = heard?.reply.parsed.code ?? null
  return facts.retries || (code !== null && code < 500) ? 'email.deferred' : 'email.bounced'
}

/** Whether Mailgun refused because the address is on its own list, and on which. */
function listOf(facts: Facts): { listedAs: SuppressionReason | null } | null {
  const { event, reason, status } = facts
  if (event !== 'failed' && event !== 'dropped' && event !== 'bounced') return null
  for (const key of [status?.code, reason]) {
    const listedAs = key === null || key === undefined ? undefined : lists.get(key)
    if (listedAs !== undefined) return { listedAs }
  }
  if (event !== 'dropped' || (status !== null && status.code !== null)) return null
  const words = status?.words ?? ''
  const known = listWords.find(([pattern]) => pattern.test(words))
  if (known) return { listedAs: known[1] }
  // An old drop without a code: `hardfail` meant the list, `old` the end of the attempts.
  return reason === 'hardfail' ? { listedAs: null } : null
}

interface Heard {
  reply: { parsed: ParsedReply; spokenBy: SpokenBy }
  /** Code and status have their own where they were not read from the words. */
  pointers: { code: string | null; enhanced: string | null; words: string }
}

/** The reply, where there is one, and who spoke it. No code that Mailgun invented gets in. */
function heardIn(facts: Facts, listed: boolean): Heard | null {
  const gaveUp = facts.reason === 'old' || facts.status?.code === 602
  const said = (gaveUp ? facts.last : null) ?? facts.status
  if (said === null || !hasReply.has(facts.event)) return null
  const invented = inventedCode(said) !== null
  const byMailgun = listed || invented || facts.event === 'rejected'

  const parsed = parseReply(asOnTheWire(said, byMailgun))
  const code = byMailgun ? null : (said.code ?? parsed.code)
  const enhanced = byMailgun ? null : (statusIn(said.enhanced) ?? parsed.enhanced)
  if (code === null && enhanced === null && said.words === '') return null
  return {
    reply: {
      parsed: { ...parsed, code, enhanced, raw: said.words },
      spokenBy: byMailgun ? 'provider' : speakerOf(facts, said, code, enhanced)
    },
    pointers: {
      code: code !== null && said.code !== null ? said.pointers.code : null,
      enhanced: enhanced !== null && statusIn(said.enhanced) ? said.pointers.enhanced : null,
      words: said.pointers.words
    }
  }
}

const hasReply: ReadonlySet<string> = new Set([
  'delivered',
  'failed',
  'bounced',
  'dropped',
  'rejected'
])

function speakerOf(
  facts: Facts,
  said: Said,
  code: number | null,
  enhanced: string | null
): SpokenBy {
  if (code === null && enhanced === null) return 'unknown'
  if (said === facts.last || facts.delayed) return 'receiver'
  return said.explained || facts.sessionless ? 'unknown' : 'receiver'
}

function inventedCode(said: Said | null): number | null {
  const code = said?.code ?? null
  if (code === null) return null
  return code < 200 || code > 599 || inventedInRange.includes(code) ? code : null
}

/**
 * Puts the code back in front of every line, as the server sent it (RFC 5321 section 4.2.1): Mailgun
 * takes it off. A returned mail's words (`smtp; 550-5.1.1 …`) and old events still have it.
 */
function asOnTheWire(said: Said, byMailgun: boolean): string {
  const { code, words } = said
  if (code === null || byMailgun || /^\s*[a-z-]{1,30}\s?;/i.test(words)) return words
  const lines = words.split(/\r\n|\n|\r/)
  return lines
    .map((line, index) => {
      if (line.trimStart().startsWith(String(code))) return line
      return `${code}${index < lines.length - 1 ? '-' : ' '}${line}`
    })
    .join('\n')
}

/** A well-formed status of RFC 3463 section 2, else null. */
function statusIn(value: string | null): string | null {
  const status = value?.trim() ?? ''
  return /^[245]\.(?:0|[1-9]\d{0,2})\.(?:0|[1-9]\d{0,2})$/.test(status) ? status : null
}

function hintOf(facts: Facts, type: EventType, heard: Heard | null, listed: boolean): Hint | null {
  const { status, reason } = facts
  if (listed) {
    const rule = lists.has(status?.code ?? '')
      ? `code.${status?.code}`
      : `reason.${reason ?? 'none'}`
    return hint('suppressed_by_provider', rule, 'decides')
  }
  if (facts.event === 'rejected') {
    const content = contentWords.test(status?.words ?? '')
    return content
      ? hint('content_rejected', 'rejected.content', 'decides')
      : hint('policy', 'rejected', 'decides')
  }
  if (type !== 'email.bounced' && type !== 'email.deferred' && type !== 'email.rejected')
    return null
  return (
    hintOfCode(status) ??
    hintOfReason(reason) ??
    (type === 'email.bounced' ? hardHint(facts, heard) : null)
  )
}

const contentWords = /content|virus|spam|attachment|header|mime|malformed|template|too large/i

function hintOfCode(status: Said | null): Hint | null {
  const code = inventedCode(status)
  if (status === null || code === null) return null
  if (code === 498) {
    const unreachable = /tim(?:e|ed) ?out|unreachable|temporar|servfail/i.test(status.words)
    return hint(unreachable ? 'network_error' : 'domain_not_found', 'code.498', 'fallback')
  }
  const known = hintsByCode.get(code)
  return known ? hint(known.reason, `code.${code}`, known.strength) : null
}

function hintOfReason(name: string | null): Hint | null {
  const reason = name === null ? undefined : hintsByReason.get(name)
  return reason ? hint(reason, `reason.${name}`, 'fallback') : null
}

/** Mailgun's verdict that the mailbox is dead, believed where the codes do not speak of something else. */
function hardHint(facts: Facts, heard: Heard | null): Hint | null {
  const parsed = heard?.reply.parsed
  if (!facts.hard || !parsed) return null
  const fits = parsed.enhanced === null ? parsed.code === 550 : parsed.enhanced.startsWith('5.1.')
  return fits ? hint('unknown_mailbox', 'reason.bounce', 'hard') : null
}

function hint(reason: Reason, rule: string, strength: Hint['strength']): Hint {
  return { reason, rule: `mailgun.${rule}`, strength }
}

/**
 * `id` is unique within a day only, and the console's test repeats it: the time belongs to it. Old forms
 * have no id; there the content is the identity. The recipient parts the events made of one `rejected`.
 */
function identityOf(facts: Facts, recipient: string | null): string[] {
  const { id, timestamp, event } = facts
  if (id !== null && timestamp !== null) {
    return event === 'rejected' ? ['id', id, timestamp, recipient ?? ''] : ['id', id, timestamp]
  }
  return [
    'content',
    id ?? '',
    event,
    facts.severity ?? '',
    recipient ?? '',
    facts.messageId === null ? '' : bare(facts.messageId),
    timestamp ?? '',
    facts.url ?? ''
  ]
}

function engagementOf(facts: Facts, type: EventType): ProviderEvent['engagement'] {
  if (type !== 'email.opened' && type !== 'email.clicked') return null
  return {
    url: facts.url,
    ip: facts.ip,
    user_agent: facts.userAgent,
    // Named for machines only; null and empty mean that nothing is said.
    machine: facts.bot === null ? null : true
  }
}

/** The console's test button signs afresh but posts samples of 2018 about these two. */
function isConsoleTest(facts: Facts, time: Date | null): boolean {
  const sample = facts.recipient === 'alice@example.com' || facts.recipient === 'bob@example.com'
  return sample && time?.getUTCFullYear() === 2018
}

/** JSON Pointers; for a form, the first part is the field's name. */
function provenanceOf(facts: Facts, heard: Heard | null): Record<string, string> {
  const { pointers } = facts
  return {
    ...(facts.seconds !== null && { time: pointers.time }),
    ...(facts.recipient !== null && { recipient: pointers.recipient }),
    ...(facts.messageId !== null && { provider_id: pointers.messageId }),
    ...(heard && { smtp: heard.pointers.words }),
    ...(heard?.pointers.code && { code: heard.pointers.code }),
    ...(heard?.pointers.enhanced && { enhanced: heard.pointers.enhanced })
  }
}

function bare(messageId: string): string {
  return messageId.trim().replace(/^<(.*)>$/s, '$1')
}

/** Mailgun takes at most 1000 recipients a message. */
const maxRecipients = 1000

/** The mailboxes of a `To` header, cut at commas outside quotes and angle brackets (RFC 5322 section 3.4). */
function addressesIn(header: string): string[] {
  const found: string[] = []
  let from = 0
  let inside: '"' | '>' | null = null
  for (let at = 0; at <= header.length && found.length < maxRecipients; at++) {
    const character = header.charAt(at)
    if (inside === '"' && character === '\\') at++
    else if (inside !== null) inside = character === inside ? null : inside
    else if (character === '"' || character === '<') inside = character === '<' ? '>' : '"'
    if (at < header.length && (inside !== null || character !== ',')) continue
    const mailbox = header.slice(from, at).trim()
    if (mailbox !== '') found.push(mailbox)
    from = at + 1
  }
  return found
}
