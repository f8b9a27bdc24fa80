import { createHash } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import { AppError } from '../errors.ts'
import type { Engagement, EventType, ProviderEvent, SuppressionReason } from '../events/event.ts'
import type { Hint } from '../smtp/classify.ts'
import type { Reason } from '../smtp/reasons.ts'
import { type ParsedReply, parseReply, type SpokenBy } from '../smtp/reply.ts'
import {
  countOf,
  type Fields,
  isFields,
  readJson,
  scalarOf,
  scalarsOf,
  textOf,
  timeAt
} from './json-body.ts'
import type { Genuine, Inbound, Provider } from './provider.ts'
import {
  BasicCredentials,
  HeaderCredentials,
  mistakesInSecret,
  shownSecret
} from './shared-secret.ts'

// Postmark's webhooks: one event a request, not signed, so that a shared secret is all that proves them.
// https://postmarkapp.com/developer/webhooks/webhooks-overview
// https://postmarkapp.com/developer/api/bounce-api#bounce-types

/** A kind of bounce. `server`: whether `Details` holds the words of a mail server. */
interface BounceRow {
  code: number
  type: EventType
  server: boolean
  hint: [reason: Reason, strength: Hint['strength']] | null
  listedAs?: SuppressionReason
}

/** By `Type`. Wrong numbers circulate (Blocked as 16), so `TypeCode` counts only where the name is unknown. */
const bounces: Record<string, BounceRow> = {
  HardBounce: row(1, 'email.bounced', true, ['unknown_mailbox', 'hard']),
  // Only delayed: Postmark goes on trying.
  Transient: row(2, 'email.deferred', true, ['network_error', 'fallback']),
  Unsubscribe: row(16, 'email.unsubscribed', false, null),
  // A mail that asks to subscribe proves no consent: it must not lift an opt-out.
  Subscribe: row(32, 'email.unknown', false, null),
  AutoResponder: row(64, 'email.autoreplied', false, ['auto_response', 'decides']),
  AddressChange: row(128, 'email.autoreplied', false, ['auto_response', 'decides']),
  DnsError: row(256, 'email.deferred', false, ['network_error', 'fallback']),
  SpamNotification: row(512, 'email.bounced', true, ['spam_content', 'fallback']),
  OpenRelayTest: row(1024, 'email.unknown', false, null),
  Unknown: row(2048, 'email.bounced', true, ['undetermined', 'fallback']),
  SoftBounce: row(4096, 'email.bounced', true, ['undetermined', 'fallback']),
  VirusNotification: row(8192, 'email.bounced', true, ['virus_detected', 'fallback']),
  ChallengeVerification: row(16384, 'email.autoreplied', false, ['auto_response', 'decides']),
  BadEmailAddress: row(100000, 'email.rejected', false, ['invalid_address', 'decides']),
  SpamComplaint: row(100001, 'email.complained', false, null),
  ManuallyDeactivated: {
    ...row(100002, 'email.rejected', false, ['suppressed_by_provider', 'decides']),
    listedAs: 'manual'
  },
  Unconfirmed: row(100003, 'email.rejected', false, ['policy', 'decides']),
  Blocked: row(100006, 'email.bounced', true, ['ip_reputation', 'fallback']),
  SMTPApiError: row(100007, 'email.failed', false, ['auth_required', 'decides']),
  // About inbound mail that our side did not take.
  InboundError: row(100008, 'email.unknown', false, null),
  DMARCPolicy: row(100009, 'email.bounced', true, ['auth_failure', 'fallback']),
  TemplateRenderingFailed: row(100010, 'email.failed', false, ['content_rejected', 'decides'])
}

function row(code: number, type: EventType, server: boolean, hint: BounceRow['hint']): BounceRow {
  return { code, type, server, hint }
}

const bounceNames = new Map(Object.entries(bounces).map(([name, { code }]) => [code, name]))

/** `RecordType` to our type, and the field that holds the time. The rows of a bounce are above. */
const records = new Map<string, { type: EventType; time: string }>([
  ['Bounce', { type: 'email.unknown', time: 'BouncedAt' }],
  ['SpamComplaint', { type: 'email.complained', time: 'BouncedAt' }],
  ['Delivery', { type: 'email.delivered', time: 'DeliveredAt' }],
  ['Open', { type: 'email.opened', time: 'ReceivedAt' }],
  ['Click', { type: 'email.clicked', time: 'ReceivedAt' }],
  ['SubscriptionChange', { type: 'email.unknown', time: 'ChangedAt' }]
])

const PostmarkCredentials = Type.Union([
  BasicCredentials('The HTTP Basic credentials of the webhook, as `user:password`.'),
  HeaderCredentials('A custom header of the webhook.')
])
type PostmarkCredentials = Static<typeof PostmarkCredentials>

export const postmark: Provider<PostmarkCredentials> = {
  name: 'postmark',
  credentials: PostmarkCredentials,

  check: mistakesInSecret,

  async authenticate(request, credentials) {
    return authenticate(request, credentials)
  },

  // Whether Postmark sends Basic credentials without being asked is not documented.
  challenges: (credentials) => 'basic_auth' in credentials,

  parse(request) {
    const body = readJson(request.body)
    const event = isFields(body) ? readEvent(body, request.body) : 'The body is not a JSON object.'
    return typeof event === 'string'
      ? { events: [], unreadable: [{ pointer: '', detail: event }] }
      : { events: [event], unreadable: [] }
  }
}

function authenticate(request: Inbound, credentials: PostmarkCredentials): Genuine {
  const shown = shownSecret(request, credentials)
  if (shown === 'ok') return {}
  const what = 'basic_auth' in credentials ? 'Basic credentials' : 'secret header'
  if (shown === 'wrong') {
    throw new AppError(
      'credentials-invalid',
      `The ${what} of the request differ from those of this source. Mend it soon: Postmark does not send again what is refused.`
    )
  }
  throw new AppError(
    'signature-missing',
    `The ${what} are missing: set them on the webhook in Postmark, and let proxies pass them.`
  )
}

/** The event in a body, or why it cannot be read. */
function readEvent(fields: Fields, body: Buffer): ProviderEvent | string {
  const record = textIn(fields, 'RecordType')
  const facts = factsOf(fields, record)
  const timeField = records.get(record ?? '')?.time
  const time = timeField === undefined ? null : timeOf(fieldOf(fields, timeField))
  if (time === 'impossible') return `${timeField} is no possible time.`
  const recipientField = recipientFieldOf(fields, record)
  const recipient = recipientField === null ? null : textIn(fields, recipientField)
  // Some notices name nobody (Unsubscribe without Email). They are kept, but nothing can follow from them.
  const known = recipient !== null && facts.type !== 'email.unknown'
  const type = known ? facts.type : 'email.unknown'
  const messageId = textIn(fields, 'MessageID')
  const tag = textIn(fields, 'Tag')
  const reply = facts.server ? replyOf(fields, recipient) : null

  return {
    type,
    time,
    recipient,
    identity: identityOf(fields, facts, recipient, time) ?? [record ?? '', digest(body)],
    message: {
      provider_id: messageId,
      rfc5322_id: null,
      stream: textIn(fields, 'MessageStream'),
      tags: tag === null ? [] : [tag],
      metadata: scalarsOf(fieldOf(fields, 'Metadata'))
    },
    mx: null,
    reply: reply && { parsed: reply.parsed, spokenBy: reply.spokenBy },
    provider: {
      name: 'postmark',
      event: record ?? (fieldOf(fields, 'FromFull') === undefined ? 'unnamed' : 'Inbound'),
      type: facts.kind,
      subtype: facts.origin,
      code: countOf(fieldOf(fields, 'TypeCode')),
      event_id: facts.bounceId,
      attempt: null,
      will_retry: type === 'email.deferred'
    },
    hint: known ? facts.hint : null,
    listedAs: known ? facts.listedAs : null,
    complaint: type === 'email.complained' ? { feedback_type: null, candidates: 1 } : null,
    engagement: engagementOf(fields, type),
    asynchronous: false,
    test: messageId === testMessageId || facts.bounceId === testBounceId,
    provenance: {
      ...(timeField !== undefined && time !== null && { time: pointerTo(fields, timeField) }),
      ...(recipientField !== null && { recipient: pointerTo(fields, recipientField) }),
      ...(messageId !== null && { provider_id: pointerTo(fields, 'MessageID') }),
      ...(reply !== null && { smtp: pointerTo(fields, reply.field) })
    }
  }
}

/** The console's "send test" posts have these ids every time. */
const testMessageId = '00000000-0000-0000-0000-000000000000'
const testBounceId = '42'

/** What the record type and the kinds below it say. */
interface Facts {
  record: string | null
  type: EventType
  /** `Type` of a bounce, `SuppressionReason` of a subscription change. */
  kind: string | null
  /** `Origin` of a subscription change. */
  origin: string | null
  /** Digits of the bounce's `ID`. */
  bounceId: string | null
  /** Whether `Details` holds a mail server's words. */
  server: boolean
  hint: Hint | null
  listedAs: SuppressionReason | null
}

function factsOf(fields: Fields, record: string | null): Facts {
  const facts: Facts = {
    record,
    type: records.get(record ?? '')?.type ?? 'email.unknown',
    kind: null,
    origin: null,
    bounceId: null,
    server: record === 'Delivery',
    hint: null,
    listedAs: null
  }
  if (record === 'Bounce') return { ...facts, ...bounceFacts(fields) }
  if (record === 'SubscriptionChange') return { ...facts, ...changeFacts(fields) }
  if (record === 'SpamComplaint') {
    return { ...facts, kind: textIn(fields, 'Type'), bounceId: bounceIdOf(fields) }
  }
  return facts
}

function bounceFacts(fields: Fields): Partial<Facts> {
  const kind = textIn(fields, 'Type')
  const bounceId = bounceIdOf(fields)
  const name =
    kind !== null && Object.hasOwn(bounces, kind)
      ? kind
      : bounceNames.get(countOf(fieldOf(fields, 'TypeCode')) ?? 0)
  const known = name === undefined ? undefined : bounces[name]
  if (name === undefined || known === undefined) return { kind, bounceId, server: true }
  const { type, server, listedAs = null } = known
  const [reason, strength] = hintFor(name, known, fields) ?? []
  const rule = `postmark.bounce.${name.toLowerCase()}`
  const hint = reason && strength ? { reason, rule, strength } : null
  return { type, kind: kind ?? name, bounceId, server, hint, listedAs }
}

/** Postmark refuses SMTP submissions for addresses that it has deactivated, and says so in `Details` only. */
function hintFor(name: string, { hint }: BounceRow, fields: Fields): BounceRow['hint'] {
  const isInactive =
    name === 'SMTPApiError' && /\binactive\b/i.test(textIn(fields, 'Details') ?? '')
  return isInactive ? ['suppressed_by_provider', 'decides'] : hint
}

/**
 * An address entered or left a stream's suppression list: after a bounce or a complaint (whose own event
 * comes too), by the recipient's click, or by hand.
 */
function changeFacts(fields: Fields): Partial<Facts> {
  const kind = textIn(fields, 'SuppressionReason')
  const origin = textIn(fields, 'Origin')
  const suppressed = scalarOf(fieldOf(fields, 'SuppressSending'))?.toLowerCase()
  if (suppressed === 'false') return { type: 'email.resubscribed', kind, origin }
  if (suppressed !== 'true') return { kind, origin }
  const listed = listings.get(kind ?? '')
  if (!listed?.always && origin === 'Recipient') return { type: 'email.unsubscribed', kind, origin }
  const rule = `postmark.subscriptionchange.${listed?.rule ?? 'other'}`
  return {
    type: 'email.rejected',
    kind,
    origin,
    hint: { reason: 'suppressed_by_provider', rule, strength: 'decides' },
    listedAs: listed?.listedAs ?? null
  }
}

/** By `SuppressionReason`. `always`: the recipient did not ask for it, even where `Origin` says Recipient. */
const listings = new Map<
  string,
  { rule: string; listedAs: SuppressionReason | null; always: boolean }
>([
  // A hard bounce may be any of several reasons.
  ['HardBounce', { rule: 'hardbounce', listedAs: null, always: true }],
  ['SpamComplaint', { rule: 'spamcomplaint', listedAs: 'complaint', always: true }],
  ['ManualSuppression', { rule: 'manualsuppression', listedAs: 'manual', always: false }]
])

/** `ID` may exceed 2^53 and is one number space for bounces and complaints. */
function bounceIdOf(fields: Fields): string | null {
  const id = scalarOf(fieldOf(fields, 'ID'))
  return id !== null && /^[1-9]\d{0,29}$/.test(id) ? id : null
}

/** Bounces and complaints say `Email`, all others `Recipient`. */
function recipientFieldOf(fields: Fields, record: string | null): string | null {
  if (record === null) return null
  const isBounce = record === 'Bounce' || record === 'SpamComplaint'
  const names = isBounce ? ['Email', 'Recipient'] : ['Recipient', 'Email']
  return names.find((name) => textIn(fields, name) !== null) ?? null
}

/**
 * What makes the event itself, whichever of a stream's webhooks brought it; null where too little is known.
 * `MessageID` alone names a message, not an event and not even a recipient.
 */
function identityOf(
  fields: Fields,
  { record, type, kind, bounceId }: Facts,
  recipient: string | null,
  time: Date | null
): readonly string[] | null {
  if (bounceId !== null) return [type === 'email.complained' ? 'SpamComplaint' : 'Bounce', bounceId]
  if (record === null || !records.has(record) || recipient === null || time === null) return null
  const about = record === 'SubscriptionChange' ? 'MessageStream' : 'MessageID'
  return [
    record,
    textIn(fields, about) ?? '',
    recipient.trim().toLowerCase(),
    time.toISOString(),
    ...distinctions(fields, record, kind)
  ]
}

function distinctions(fields: Fields, record: string, kind: string | null): string[] {
  switch (record) {
    case 'Bounce':
    case 'SpamComplaint':
      return [kind ?? '']
    case 'Click':
      return [textIn(fields, 'OriginalLink') ?? '']
    case 'SubscriptionChange':
      return [scalarOf(fieldOf(fields, 'SuppressSending'))?.toLowerCase() ?? '']
    default:
      return []
  }
}

function digest(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex')
}

interface FoundReply {
  parsed: ParsedReply
  spokenBy: SpokenBy
  field: 'Details' | 'Content'
}

/** `Details` holds the server's words (`Description` is Postmark's sentence), else the returned mail may. */
function replyOf(fields: Fields, recipient: string | null): FoundReply | null {
  const details = readReply(textIn(fields, 'Details'), 'Details')
  if (details?.spokenBy === 'receiver') return details
  const content = textIn(fields, 'Content')
  const returned = content && readReply(diagnosticIn(content, recipient), 'Content')
  return returned && (returned.spokenBy === 'receiver' || details === null) ? returned : details
}

function readReply(text: string | null, field: FoundReply['field']): FoundReply | null {
  if (text === null) return null
  const parsed = parseReply(text)
  const isServer = parsed.code !== null || parsed.enhanced !== null
  return { parsed, spokenBy: isServer ? 'receiver' : 'unknown', field }
}

/**
 * The Diagnostic-Code that a returned mail gives for the recipient (RFC 3464 section 2.3: a group of lines
 * for each). Of several groups, none of which is this recipient's, none counts.
 */
function diagnosticIn(content: string, recipient: string | null): string | null {
  const groups = content.split(/\n[ \t]*\r?\n/).filter((group) => /^diagnostic-code:/im.test(group))
  const own = groups.find((group) => recipient !== null && isGroupOf(group, recipient))
  const group = own ?? (groups.length === 1 ? groups[0] : undefined)
  if (group === undefined) return null
  const start = group.search(/^diagnostic-code:/im)
  const field = /^diagnostic-code:(.*(?:\r?\n[ \t].*)*)/i.exec(group.slice(start, start + 4096))
  return textOf(field?.[1]?.trim())
}

function isGroupOf(group: string, recipient: string): boolean {
  const named = group.match(/^(?:final|original)-recipient:.*$/gim) ?? []
  return named.some((line) => line.toLowerCase().includes(recipient.trim().toLowerCase()))
}

function engagementOf(fields: Fields, type: EventType): Engagement | null {
  if (type !== 'email.opened' && type !== 'email.clicked') return null
  const geo = fieldOf(fields, 'Geo')
  return {
    url: textIn(fields, 'OriginalLink'),
    ip: isFields(geo) ? textIn(geo, 'IP') : null,
    user_agent: textIn(fields, 'UserAgent'),
    machine: null
  }
}

const moment = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):?(\d\d))?$/i

/** ISO 8601 with up to seven digits of fraction, `Z` or an offset. */
function timeOf(value: unknown): Date | null | 'impossible' {
  if (value === undefined || value === null || value === '') return null
  const parts = typeof value === 'string' ? moment.exec(value.trim()) : null
  if (!parts) return 'impossible'
  const [, date, clock, fraction = '', sign, hours, minutes] = parts
  const local = timeAt(Date.parse(`${date}T${clock}Z`))
  // Date.parse carries over: 30 February becomes 2 March.
  if (local?.toISOString() !== `${date}T${clock}.000Z`) return 'impossible'
  const offset =
    (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -60_000 : 60_000)
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3))
  return timeAt(local.getTime() + milliseconds - offset) ?? 'impossible'
}

/** A field by name; old payloads differ in case (`ServerId`, `ServerID`). */
function fieldOf(fields: Fields, name: string): unknown {
  return fields[keyOf(fields, name)]
}

function textIn(fields: Fields, name: string): string | null {
  return textOf(fieldOf(fields, name))
}

function pointerTo(fields: Fields, name: string): string {
  return `/${keyOf(fields, name)}`
}

function keyOf(fields: Fields, name: string): string {
  return Object.hasOwn(fields, name) ? name : (keysOf(fields).get(name.toLowerCase()) ?? name)
}

const keysByBody = new WeakMap<Fields, ReadonlyMap<string, string>>()

/** Keys by their lower-case form, made once a body: it may have any number of them. */
function keysOf(fields: Fields): ReadonlyMap<string, string> {
  const known = keysByBody.get(fields)
  if (known) return known
  const keys = new Map(Object.keys(fields).map((key) => [key.toLowerCase(), key]))
  keysByBody.set(fields, keys)
  return keys
}
