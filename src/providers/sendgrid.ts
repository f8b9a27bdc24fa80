import { createPublicKey, createVerify, type KeyObject } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import { AppError } from '../errors.ts'
import type { Engagement, EventType, ProviderEvent, SuppressionReason } from '../events/event.ts'
import type { Hint } from '../smtp/classify.ts'
import type { Reason } from '../smtp/reasons.ts'
import { type ParsedReply, parseReply, type SpokenBy } from '../smtp/reply.ts'
import { countOf, type Fields, isFields, readJson, scalarOf, textOf, timeAt } from './json-body.ts'
import type { Genuine, Inbound, Parsed, Provider, Tools } from './provider.ts'

// SendGrid's Event Webhook: batches of events, signed with ECDSA when "Signed Event Webhook" is on.
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features

/** There is no event named after a block: it is a `bounce` of type `blocked`. */
const types = new Map<string, EventType>([
  ['processed', 'email.accepted'],
  ['delivered', 'email.delivered'],
  ['deferred', 'email.deferred'],
  ['bounce', 'email.bounced'],
  ['blocked', 'email.bounced'],
  ['dropped', 'email.rejected'],
  ['spamreport', 'email.complained'],
  ['unsubscribe', 'email.unsubscribed'],
  ['group_unsubscribe', 'email.unsubscribed'],
  ['group_resubscribe', 'email.resubscribed'],
  ['open', 'email.opened'],
  ['click', 'email.clicked']
])

/** `bounce_classification`, in lower case: its spelling differs between the webhook and the API. */
const classifications = new Map<string, Reason>([
  ['invalid address', 'unknown_mailbox'],
  // Full or closed, which only the words tell; full, because that suppresses nobody at once.
  ['mailbox unavailable', 'mailbox_full'],
  ['content', 'spam_content'],
  ['reputation', 'ip_reputation'],
  ['frequency or volume too high', 'rate_limited'],
  ['frequency/volume', 'rate_limited'],
  ['frequency/volume too high', 'rate_limited'],
  ['technical', 'system_error'],
  ['technical failure', 'system_error'],
  ['unclassified', 'undetermined']
])

/** `reason` of `dropped`, in lower case: SendGrid's own words for why it did not even try. */
const drops = new Map<string, { reason: Reason; listedAs: SuppressionReason | null }>([
  // The list does not say why the earlier mail bounced.
  ['bounced address', { reason: 'suppressed_by_provider', listedAs: null }],
  ['unsubscribed address', { reason: 'suppressed_by_provider', listedAs: 'unsubscribe' }],
  ['spam reporting address', { reason: 'suppressed_by_provider', listedAs: 'complaint' }],
  ['invalid', { reason: 'invalid_address', listedAs: null }],
  ['invalid smtpapi header', { reason: 'content_rejected', listedAs: null }],
  ['spam content', { reason: 'spam_content', listedAs: null }],
  ['recipient list over package quota', { reason: 'rate_limited', listedAs: null }]
])

/** SendGrid's own fields. All others are the sender's custom arguments, laid flat beside them. */
const ownFields = new Set([
  ...['event', 'email', 'timestamp', 'sg_event_id', 'sg_message_id', 'smtp-id', 'category'],
  ...['asm_group_id', 'ip', 'tls', 'cert_err', 'send_at', 'pool', 'domain', 'from'],
  ...['response', 'reason', 'status', 'attempt', 'type', 'bounce_classification'],
  ...['useragent', 'sg_machine_open', 'sg_content_type', 'url', 'url_offset'],
  ...['sg_template_id', 'sg_template_name', 'template_id', 'sg_user_id', 'post_type', 'newsletter'],
  ...['marketing_campaign_id', 'marketing_campaign_name', 'marketing_campaign_version'],
  ...['marketing_campaign_split_id', 'singlesend_id', 'singlesend_name']
])

const SendGridCredentials = Type.Object(
  {
    public_keys: Type.Array(Type.String(), {
      minItems: 1,
      maxItems: 2,
      description:
        'Verification keys of the Signed Event Webhook, as the console shows them or as PEM. Two while one replaces the other.'
    })
  },
  { additionalProperties: false }
)
type SendGridCredentials = Static<typeof SendGridCredentials>

export const sendgrid: Provider<SendGridCredentials> = {
  name: 'sendgrid',
  credentials: SendGridCredentials,

  check({ public_keys }) {
    return public_keys.flatMap((text, index) => {
      const key = readPublicKey(text)
      return typeof key === 'string' ? [{ pointer: `/public_keys/${index}`, detail: key }] : []
    })
  },

  async authenticate(request, credentials, tools) {
    return authenticate(request, credentials, tools)
  },

  challenges: () => false,

  parse(request) {
    const body = readJson(request.body)
    if (Array.isArray(body)) return readBatch(body)
    // The oldest format of the webhook posts one bare event.
    if (isFields(body)) return readBatch([body], '')
    const detail =
      body === undefined ? 'The body is not JSON.' : 'The body is neither an array nor an object.'
    return { events: [], unreadable: [{ pointer: '', detail }] }
  }
}

const signatureHeader = 'x-twilio-email-event-webhook-signature'
const timestampHeader = 'x-twilio-email-event-webhook-timestamp'

/** Retries go on for 24 h, and whether they are signed anew is not documented. */
const longestAge = 25 * 3600
const furthestAhead = 5 * 60

function authenticate(
  { headers, body }: Inbound,
  credentials: SendGridCredentials,
  { now }: Tools
): Genuine {
  const signature = headers[signatureHeader]
  const timestamp = headers[timestampHeader]
  if (!signature || !timestamp) {
    throw new AppError(
      'signature-missing',
      'The signature headers are missing: turn on "Signed Event Webhook" in SendGrid, and let proxies pass X-Twilio-Email-Event-Webhook-*.'
    )
  }
  if (!keysOf(credentials).some((key) => isSigned(key, timestamp, body, signature))) {
    throw new AppError(
      'signature-invalid',
      'The signature does not match: either the body was altered on its way (parsed and written again, trimmed, decoded), or the key is that of another webhook.'
    )
  }
  const age = /^\d{1,12}$/.test(timestamp) ? now.getTime() / 1000 - Number(timestamp) : Number.NaN
  if (!(age <= longestAge && age >= -furthestAhead)) {
    throw new AppError(
      'replayed',
      'The signature is older than 25 hours or from the future: it was replayed, or the clock here is wrong.'
    )
  }
  return {}
}

/** The signature is DER, Node's default; it covers the timestamp and the body's very bytes. */
function isSigned(key: KeyObject, timestamp: string, body: Buffer, signature: string): boolean {
  return createVerify('sha256').update(timestamp).update(body).verify(key, signature, 'base64')
}

const readKeys = new WeakMap<SendGridCredentials, KeyObject[]>()

/** Reading a key costs more than verifying with it, so each credentials object is read once. */
function keysOf(credentials: SendGridCredentials): KeyObject[] {
  const known = readKeys.get(credentials)
  if (known) return known
  const keys = credentials.public_keys
    .map(readPublicKey)
    .filter((key): key is KeyObject => typeof key !== 'string')
  readKeys.set(credentials, keys)
  return keys
}

/** A P-256 key from base64 DER, with or without PEM armour and line breaks; or what is wrong with it. */
function readPublicKey(text: string): KeyObject | string {
  const bare = text.replace(/-----(?:BEGIN|END) PUBLIC KEY-----|\s|\\[rn]/g, '')
  if (bare === '') return 'The key is empty.'
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(bare)) return 'The key is not base64 or PEM.'
  try {
    const key = createPublicKey({ key: Buffer.from(bare, 'base64'), format: 'der', type: 'spki' })
    const isP256 = key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
    return isP256 ? key : 'The key is not one for ECDSA on the curve P-256.'
  } catch {
    return 'The key is not a public key: copy the whole verification key of this webhook.'
  }
}

function readBatch(batch: readonly unknown[], only?: string): Parsed {
  const parsed: Parsed = { events: [], unreadable: [] }
  for (const [index, element] of batch.entries()) {
    const at = only ?? `/${index}`
    const event = isFields(element) ? readEvent(element, at) : 'The element is not an object.'
    if (typeof event === 'string') parsed.unreadable.push({ pointer: at, detail: event })
    else parsed.events.push(event)
  }
  return parsed
}

/** The event at the JSON Pointer `at`, or why it cannot be read. */
function readEvent(fields: Fields, at: string): ProviderEvent | string {
  const event = textOf(fields.event)
  if (event === null) return 'The event has no name.'
  const type = types.get(event) ?? 'email.unknown'
  const time = timeOf(fields.timestamp)
  if (time === null) return 'The timestamp is missing or impossible.'
  const recipient = textOf(fields.email)
  // Only an event about the account, such as account_status_change, concerns nobody.
  if (recipient === null && type !== 'email.unknown') return 'The event names no recipient.'

  const messageId = baseMessageId(textOf(fields.sg_message_id))
  const rfc5322Id = bracketed(textOf(fields['smtp-id']))
  const status = textOf(fields.status)
  const reply = replyOf(fields, type, status)
  const drop = type === 'email.rejected' ? dropOf(fields.reason) : null
  const group = groupOf(fields.asm_group_id)

  const provenance: Record<string, string> = { time: `${at}/timestamp` }
  if (recipient !== null) provenance.recipient = `${at}/email`
  if (messageId !== null) provenance.provider_id = `${at}/sg_message_id`
  if (reply) provenance.smtp = `${at}/${reply.field}`
  if (reply?.completed) provenance.enhanced = `${at}/status`

  return {
    type,
    time,
    recipient,
    identity: identityOf(fields, event, time, messageId ?? rfc5322Id),
    message: {
      provider_id: messageId,
      rfc5322_id: rfc5322Id,
      // A global unsubscribe leaves every group, even one made on a group's page.
      stream: group === null || event === 'unsubscribe' ? null : `group:${group}`,
      tags: tagsOf(fields.category),
      metadata: metadataOf(fields)
    },
    ...(event === 'unsubscribe' && { everyStream: true }),
    mx: null,
    reply: reply && { parsed: reply.parsed, spokenBy: reply.spokenBy },
    provider: {
      name: 'sendgrid',
      event,
      type: textOf(fields.type),
      subtype: textOf(drop ? fields.reason : fields.bounce_classification),
      // A status that is not the server's is SendGrid's own (5.0.0 on a drop).
      code: status === reply?.parsed.enhanced ? null : status,
      event_id: textOf(fields.sg_event_id),
      attempt: countOf(fields.attempt),
      will_retry: type === 'email.deferred'
    },
    hint: drop ? drop.hint : hintOf(fields, type),
    listedAs: drop?.listedAs ?? null,
    complaint: type === 'email.complained' ? { feedback_type: null, candidates: 1 } : null,
    engagement: engagementOf(fields, type),
    // What a returned mail reports later has lost its message.
    asynchronous: type === 'email.bounced' && messageId === null,
    test: isTest(fields, recipient),
    provenance
  }
}

/** Unix seconds, as number or text; some are milliseconds. Null where no calendar has such a moment. */
function timeOf(value: unknown): Date | null {
  const isText = typeof value === 'string' && /^\d{1,15}(?:\.\d{1,9})?$/.test(value)
  const given = isText ? Number(value) : value
  return typeof given === 'number' ? timeAt(Math.round(given > 1e11 ? given : given * 1000)) : null
}

/**
 * `sg_message_id` is the id that the send call answered with, plus where the message was handled:
 * `….filter0001…` until 2024, `….recvd-…` since. The id itself may hold dots.
 */
function baseMessageId(id: string | null): string | null {
  if (id === null) return null
  const ends = [id.indexOf('.filter'), id.indexOf('.recvd')].filter((end) => end >= 0)
  const end = ends.length > 0 ? Math.min(...ends) : id.indexOf('.')
  return textOf(end < 0 ? id : id.slice(0, end))
}

function bracketed(id: string | null): string | null {
  const bare = id?.trim().replace(/^<|>$/g, '')
  return bare ? `<${bare}>` : null
}

/**
 * By content alone: re-sent copies may carry another `sg_event_id`, or none. Numbers and texts are made
 * alike, as the same event may be written either way.
 */
function identityOf(
  fields: Fields,
  event: string,
  time: Date,
  messageId: string | null
): readonly string[] {
  return [
    event,
    textOf(fields.email)?.trim().toLowerCase() ?? '',
    messageId ?? '',
    String(time.getTime()),
    scalarOf(fields.type) ?? '',
    textOf(fields.reason) ?? scalarOf(fields.response) ?? '',
    scalarOf(fields.attempt)?.trim() ?? '',
    scalarOf(fields.url) ?? '',
    groupOf(fields.asm_group_id) ?? ''
  ]
}

function groupOf(value: unknown): string | null {
  const group = scalarOf(value)?.trim()
  return group && group !== '0' && group !== 'false' ? group : null
}

/** One category comes as a text or as an array, none as `[]`, as "" or not at all. */
function tagsOf(category: unknown): string[] {
  return [category]
    .flat()
    .map(scalarOf)
    .filter((tag): tag is string => tag !== null && tag !== '')
}

function metadataOf(fields: Fields): Record<string, string> {
  const metadata: Record<string, string> = {}
  for (const key of Object.keys(fields)) {
    if (ownFields.has(key)) continue
    const value = scalarOf(fields[key])
    if (value !== null) metadata[key] = value
  }
  return metadata
}

interface FoundReply {
  parsed: ParsedReply
  spokenBy: SpokenBy
  field: 'reason' | 'response'
  /** The enhanced code stood in `status` only. */
  completed: boolean
}

/** What SendGrid writes when its own queue holds mail back; no server was asked. */
const ownDeferral = /^\s*Email was deferred due to the following reason/i

/** `reason` of a bounce, `response` of a deferral or delivery; `reason` of a drop is SendGrid's word. */
function replyOf(fields: Fields, type: EventType, status: string | null): FoundReply | null {
  const order = replyFields[type]
  const field = order?.find((name) => textOf(fields[name]) !== null)
  if (field === undefined) return null
  const parsed = parseReply(textOf(fields[field]) ?? '')
  if (ownDeferral.test(parsed.raw)) {
    const bare = { ...parsed, code: null, enhanced: null, quoted: null }
    return { parsed: bare, spokenBy: 'provider', field, completed: false }
  }
  if (parsed.code === null && parsed.enhanced === null) {
    // A bounce without a code never met a server: no MX, no connection, or time ran out.
    const spokenBy = type === 'email.bounced' ? 'provider' : 'unknown'
    return { parsed, spokenBy, field, completed: false }
  }
  const enhanced = parsed.enhanced ?? enhancedFrom(status, parsed)
  const completed = enhanced !== parsed.enhanced
  return { parsed: { ...parsed, enhanced }, spokenBy: 'receiver', field, completed }
}

const replyFields: Partial<Record<EventType, readonly ('reason' | 'response')[]>> = {
  'email.delivered': ['response'],
  'email.deferred': ['response', 'reason'],
  'email.bounced': ['reason', 'response']
}

/**
 * `status` repeats the server's enhanced code, or is SendGrid's filler where the server gave none: x.0.0,
 * or of another class than the reply. Only the first belongs to the reply.
 */
function enhancedFrom(status: string | null, { code }: ParsedReply): string | null {
  const isServers =
    status !== null &&
    /^[245]\.\d{1,3}\.\d{1,3}$/.test(status) &&
    !status.endsWith('.0.0') &&
    status.charAt(0) === String(code).charAt(0)
  return isServers ? status : null
}

/** What SendGrid itself makes of a failure; the reply's own words go before it, whatever its strength. */
function hintOf(fields: Fields, type: EventType): Hint | null {
  if (type === 'email.deferred') {
    const queued = ownDeferral.test(textOf(fields.response) ?? textOf(fields.reason) ?? '')
    return queued ? hint('rate_limited', 'deferred.queue', 'fallback') : null
  }
  if (type !== 'email.bounced') return null
  const kind = textOf(fields.type)?.toLowerCase()
  if (kind === 'expired') return hint('expired', 'bounce.expired', 'fallback')
  const said = textOf(fields.bounce_classification)?.trim().toLowerCase() ?? ''
  const known = classifications.has(said) ? said : 'unclassified'
  const reason = classifications.get(known) ?? 'undetermined'
  const row = `${kind === 'bounce' ? 'bounce.hard' : 'bounce'}.${slug(known)}`
  if (kind !== 'bounce') return hint(reason, row, 'fallback')

  // Type `bounce`: SendGrid calls the address bad and has put it on its bounce list.
  if (reason === 'unknown_mailbox') return hint(reason, row, 'hard')
  if (reason === 'mailbox_full') return hint('mailbox_disabled', row, 'fallback')
  return hint(reason === 'undetermined' ? 'unknown_mailbox' : reason, row, 'fallback')
}

function dropOf(value: unknown): { hint: Hint; listedAs: SuppressionReason | null } {
  const words = textOf(value)?.trim().toLowerCase() ?? ''
  const known = drops.get(words)
  // An unknown word still says that SendGrid refused by itself, if not why.
  if (!known) return { hint: hint('undetermined', 'dropped', 'fallback'), listedAs: null }
  return { hint: hint(known.reason, `dropped.${slug(words)}`, 'decides'), listedAs: known.listedAs }
}

function hint(reason: Reason, row: string, strength: Hint['strength']): Hint {
  return { reason, rule: `sendgrid.${row}`, strength }
}

function slug(words: string): string {
  return words.replace(/[^a-z]+/g, '_')
}

function engagementOf(fields: Fields, type: EventType): Engagement | null {
  if (type !== 'email.opened' && type !== 'email.clicked') return null
  const machine = fields.sg_machine_open
  return {
    url: textOf(fields.url),
    ip: textOf(fields.ip),
    user_agent: textOf(fields.useragent),
    machine: typeof machine === 'boolean' ? machine : null
  }
}

/** "Test Your Integration" sends the same message every time; nobody must be suppressed for it. */
function isTest(fields: Fields, recipient: string | null): boolean {
  if (
    recipient?.toLowerCase() === 'example@test.com' &&
    tagsOf(fields.category).includes('cat facts')
  ) {
    return true
  }
  return [fields.sg_message_id, fields['smtp-id']].some((id) => textOf(id)?.includes(testMessage))
}

const testMessage = '14c5d75ce93.dfd.64b469'
