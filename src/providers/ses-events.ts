import { createHash } from 'node:crypto'
import { parseAddress } from '../events/address.ts'
import type { EventType, Message, ProviderEvent, SuppressionReason } from '../events/event.ts'
import { classify, type Hint } from '../smtp/classify.ts'
import type { Reason } from '../smtp/reasons.ts'
import { type ParsedReply, parseReply } from '../smtp/reply.ts'
import { type Fields, isFields, textOf } from './json-body.ts'
import type { Parsed, Unreadable } from './provider.ts'

/**
 * What an Amazon SES event says, whichever channel carried it and whichever of the two formats it has:
 * identity notifications https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
 * event publishing https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
 */

/** The key that holds an event's own part, beside `mail`, and what reads it. */
const kinds = new Map<string, { key: string; read: (notice: Notice) => ProviderEvent[] }>([
  ['Send', { key: 'send', read: (notice) => ofMessage(notice, 'email.accepted') }],
  ['Delivery', { key: 'delivery', read: deliveries }],
  ['DeliveryDelay', { key: 'deliveryDelay', read: delays }],
  ['Bounce', { key: 'bounce', read: bounces }],
  ['Complaint', { key: 'complaint', read: complaints }],
  ['Reject', { key: 'reject', read: rejects }],
  ['Rendering Failure', { key: 'failure', read: renderingFailures }],
  ['Open', { key: 'open', read: (notice) => engagements(notice, 'email.opened') }],
  ['Click', { key: 'click', read: (notice) => engagements(notice, 'email.clicked') }],
  ['Subscription', { key: 'subscription', read: subscriptions }]
])

/** These happen when the mail is accepted, and have neither a time nor anything else of their own. */
const ofTheMail = ['Send', 'Reject', 'Rendering Failure']

/** Names of the same event elsewhere: without its space, or as EventBridge's `detail-type`. */
const otherNames = new Map([
  ['RenderingFailure', 'Rendering Failure'],
  ['Email Sent', 'Send'],
  ['Email Delivered', 'Delivery'],
  ['Email Delivery Delayed', 'DeliveryDelay'],
  ['Email Bounced', 'Bounce'],
  ['Email Complaint Received', 'Complaint'],
  ['Email Rejected', 'Reject'],
  ['Email Rendering Failed', 'Rendering Failure'],
  ['Email Opened', 'Open'],
  ['Email Clicked', 'Click'],
  ['Email Subscribed', 'Subscription']
])

const transientGeneral = 'Transient/General'

/** Bounces by type and subtype. The receiver's own words go first wherever there are any. */
const bounceHints = new Map<string, Hint>([
  ['Permanent/NoEmail', hint('unknown_mailbox', 'bounce.permanent.no_email', 'hard')],
  ['Transient/MailboxFull', hint('mailbox_full', 'bounce.transient.mailbox_full')],
  ['Transient/MessageTooLarge', hint('message_too_large', 'bounce.transient.message_too_large')],
  ['Transient/ContentRejected', hint('spam_content', 'bounce.transient.content_rejected')],
  ['Transient/AttachmentRejected', hint('virus_detected', 'bounce.transient.attachment_rejected')]
])

const delayHints = new Map<string, Hint>([
  // These two are SES's own doing: no word of a receiver could explain them.
  ['InternalFailure', hint('system_error', 'delay.internal_failure', 'decides')],
  ['SendingDeferral', hint('rate_limited', 'delay.sending_deferral', 'decides')],
  ['RecipientServerError', hint('system_error', 'delay.recipient_server_error')],
  ['MailboxFull', hint('mailbox_full', 'delay.mailbox_full')],
  ['SpamDetected', hint('rate_limited', 'delay.spam_detected')],
  ['IPFailure', hint('ip_reputation', 'delay.ip_failure')],
  ['TransientCommunicationFailure', hint('network_error', 'delay.communication_failure')],
  // Listed by a consumer, not by SES.
  ['TransientCommunicationGeneral', hint('network_error', 'delay.communication_failure')],
  ['BYOIPHostNameLookupUnavailable', hint('reverse_dns', 'delay.host_name_lookup')]
])

/** Bounces and complaints that SES makes up itself, without asking any server. */
const refusalShape = /^(?:Suppressed|On\w{0,40}SuppressionList)$/
const refusals = new Set(['EmailValidationSuppressed', 'UnsubscribedRecipient'])

/** One SES object as a channel brought it. */
export interface Carried {
  fields: Fields
  /** JSON Pointer to it in the raw body. */
  pointer: string
  /** Its text as it was received, which tells it from others where nothing in it does. */
  text: string
  /** When the channel says it was published: the next best time for an event that has none. */
  published: { value: unknown; pointer: string } | null
  /** The channel's own id for it. */
  id: string | null
  /** What the channel calls it (EventBridge's `detail-type`). */
  name: string | null
}

interface Notice extends Carried {
  /** The event's name as SES spells it. */
  event: string
  /** The event's own part. */
  part: Fields
  partAt: string
  mail: Fields
  message: Message
  time: Date | null
  timeAt: string | null
  /** What tells this notice from others of its kind and recipient. */
  anchors: readonly string[]
  feedbackId: string | null
  unreadable: Unreadable[]
}

/** Pure and total. One event per recipient; a recipient that cannot be read spoils no other. */
export function readSesEvents(carried: Carried): Parsed {
  const event = nameOf(carried)
  if (event === null) return { events: [], unreadable: [unreadable(carried.pointer, 'unnamed')] }
  const kind = kinds.get(event)
  const key = kind?.key ?? keyOfPart(carried.fields)
  const part = key === null ? undefined : carried.fields[key]
  if (kind && !isFields(part) && !ofTheMail.includes(event)) {
    return { events: [], unreadable: [unreadable(carried.pointer, 'partless')] }
  }
  const notice = noticeOf(carried, event, key, isFields(part) ? part : {})
  const events = kind ? kind.read(notice) : [unfamiliar(notice)]
  return { events, unreadable: notice.unreadable }
}

const flaws = {
  unnamed: 'The JSON is not an SES event: it has neither an eventType nor a notificationType.',
  partless: 'The event lacks the object that is named after it.',
  recipient: 'The recipient is not an object with an emailAddress.'
}

function unreadable(pointer: string, flaw: keyof typeof flaws): Unreadable {
  return { pointer, detail: flaws[flaw] }
}

/** The event's name; where that is lost, the only part that a kind of event has tells it too. */
function nameOf({ fields, name }: Carried): string | null {
  const given = textOf(fields.eventType) ?? textOf(fields.notificationType) ?? name
  if (given !== null) return otherNames.get(given) ?? given
  const held = [...kinds].filter(([, { key }]) => isFields(fields[key]))
  return held.length === 1 ? (held[0]?.[0] ?? null) : null
}

/** The first object beside `mail`: where SES puts what an event of any kind is about. */
function keyOfPart(fields: Fields): string | null {
  return Object.keys(fields).find((key) => key !== 'mail' && isFields(fields[key])) ?? null
}

function noticeOf(carried: Carried, event: string, key: string | null, part: Fields): Notice {
  const { fields, pointer, published } = carried
  const mail = isFields(fields.mail) ? fields.mail : {}
  const mailTime = { value: mail.timestamp, pointer: `${pointer}/mail/timestamp` }
  const partAt = key === null ? pointer : `${pointer}/${escapePointer(key)}`
  const own = ofTheMail.includes(event)
    ? mailTime
    : { value: part.timestamp, pointer: `${partAt}/timestamp` }
  const ownTime = readTime(own.value)
  const time = ownTime ?? readTime(published?.value)
  const timeAt = ownTime ? own.pointer : (published?.pointer ?? null)
  const feedbackId = textOf(part.feedbackId)
  const message = messageOf(mail)
  const digest = () => createHash('sha256').update(carried.text.trim()).digest('hex')
  const anchors = [
    message.provider_id ?? feedbackId ?? digest(),
    // By the moment, not by its spelling: the two formats need not write it alike.
    ofTheMail.includes(event) ? '' : (ownTime?.toISOString() ?? feedbackId ?? digest())
  ]
  return {
    ...carried,
    ...{ event, part, partAt, mail, message, anchors, feedbackId },
    ...{ time, timeAt: time ? timeAt : null, unreadable: [] }
  }
}

function messageOf(mail: Fields): Message {
  return {
    provider_id: textOf(mail.messageId)?.trim() ?? null,
    rfc5322_id: rfc5322IdOf(mail),
    stream: null,
    tags: [],
    metadata: metadataOf(mail.tags)
  }
}

function rfc5322IdOf(mail: Fields): string | null {
  const common = isFields(mail.commonHeaders) ? textOf(mail.commonHeaders.messageId) : null
  const bare = (common ?? headerOf(mail.headers, 'message-id'))?.trim().replace(/^<|>$/g, '')
  return bare ? `<${bare}>` : null
}

function headerOf(headers: unknown, name: string): string | null {
  if (!Array.isArray(headers)) return null
  const header: unknown = headers.find(
    (entry) => isFields(entry) && textOf(entry.name)?.toLowerCase() === name
  )
  return isFields(header) ? textOf(header.value) : null
}

/** The sender's own tags; those that begin with `ses:` are SES's. Values come as arrays. */
function metadataOf(tags: unknown): Record<string, string> {
  if (!isFields(tags)) return {}
  return Object.fromEntries(
    Object.entries(tags)
      .filter(([name]) => !name.startsWith('ses:'))
      .map(([name, values]) => [name, [values].flat().filter(isText).join(',')])
      .filter(([, value]) => value !== '')
  )
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

// Recipients

/** A recipient, and where it stands. `entry` holds what is said of it alone. */
interface Named {
  address: string | null
  pointer: string | null
  entry: Fields
  entryAt: string
}

const nobody: Named = { address: null, pointer: null, entry: {}, entryAt: '' }

/** Those that the event names: as objects, or as plain texts (Delivery, `mail.destination`). */
function namedIn(notice: Notice, list: unknown, listAt: string): Named[] {
  const entries = Array.isArray(list) ? list : [list]
  return entries.flatMap((given: unknown, index) => {
    const entryAt = Array.isArray(list) ? `${listAt}/${index}` : listAt
    const entry = isFields(given) ? given : {}
    const address = textOf(isFields(given) ? given.emailAddress : given)
    if (address === null) {
      notice.unreadable.push(unreadable(entryAt, 'recipient'))
      return []
    }
    return [
      { address, pointer: isFields(given) ? `${entryAt}/emailAddress` : entryAt, entry, entryAt }
    ]
  })
}

/** An event that lost its list is still about somebody: the mail's only recipient, or nobody we can name. */
function recipientsIn(notice: Notice, key: string): Named[] {
  const list = notice.part[key]
  return isNothing(list)
    ? [soleDestination(notice)]
    : namedIn(notice, list, `${notice.partAt}/${key}`)
}

function destinations(notice: Notice): Named[] {
  const { destination } = notice.mail
  if (isNothing(destination)) return [nobody]
  return namedIn(notice, destination, `${notice.pointer}/mail/destination`)
}

/** SES never says which of several recipients opened, clicked or left. */
function soleDestination(notice: Notice): Named {
  const { destination } = notice.mail
  const addresses = [destination].flat()
  const [address] = addresses
  if (addresses.length !== 1 || !isText(address) || textOf(address) === null) return nobody
  const at = `${notice.pointer}/mail/destination`
  return { ...nobody, address, pointer: Array.isArray(destination) ? `${at}/0` : at }
}

function isNothing(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    (Array.isArray(value) && value.length === 0) ||
    (isFields(value) && Object.keys(value).length === 0)
  )
}

/** How an address is compared: two spellings of it are one recipient of one event. */
function recipientKey(address: string | null): string {
  if (address === null) return ''
  return parseAddress(address)?.key ?? address.trim().toLowerCase()
}

// Events

type About = Partial<Omit<ProviderEvent, 'message' | 'provider' | 'identity'>> & {
  type: EventType
  provider?: Partial<ProviderEvent['provider']>
  stream?: string
  /** What belongs to the event's identity beside kind, message, recipient and time. */
  also?: readonly string[]
}

function event(notice: Notice, named: Named, about: About): ProviderEvent {
  const { provider, stream, also = [], provenance, ...said } = about
  const { message, time, timeAt, anchors } = notice
  return {
    time,
    recipient: named.address,
    identity: [
      notice.event,
      anchors[0] ?? '',
      recipientKey(named.address),
      anchors[1] ?? '',
      ...also
    ],
    message: stream === undefined ? message : { ...message, stream },
    mx: null,
    reply: null,
    provider: {
      ...{ name: 'ses', event: notice.event, type: null, subtype: null, code: null },
      ...{ event_id: notice.feedbackId ?? notice.id, attempt: null, will_retry: false },
      ...provider
    },
    hint: null,
    listedAs: null,
    complaint: null,
    engagement: null,
    asynchronous: false,
    test: false,
    ...said,
    provenance: {
      ...(timeAt !== null && { time: timeAt }),
      ...(named.pointer !== null && { recipient: named.pointer }),
      ...(message.provider_id !== null && { provider_id: `${notice.pointer}/mail/messageId` }),
      ...provenance
    }
  }
}

function ofMessage(notice: Notice, type: EventType, about: Partial<About> = {}): ProviderEvent[] {
  return destinations(notice).map((named) => event(notice, named, { ...about, type }))
}

/** A name we do not know yet: whom of several recipients it is about cannot be known either. */
function unfamiliar(notice: Notice): ProviderEvent {
  // An incoming mail (receipt rule on the same topic) is addressed to us.
  const named = notice.event === 'Received' ? nobody : soleDestination(notice)
  return event(notice, named, { type: 'email.unknown' })
}

function rejects(notice: Notice): ProviderEvent[] {
  return ofMessage(notice, 'email.rejected', {
    // "Bad content", the only reason there is: SES found a virus.
    hint: hint('virus_detected', 'reject', 'decides'),
    provider: { type: textOf(notice.part.reason) },
    provenance: pointersTo(notice, { reason: 'reason' })
  })
}

function renderingFailures(notice: Notice): ProviderEvent[] {
  const { templateName, errorMessage } = notice.part
  return ofMessage(notice, 'email.failed', {
    hint: hint('content_rejected', 'rendering_failure', 'decides'),
    provider: { type: textOf(templateName), subtype: textOf(errorMessage) },
    provenance: pointersTo(notice, { reason: 'errorMessage' })
  })
}

function engagements(notice: Notice, type: 'email.opened' | 'email.clicked'): ProviderEvent[] {
  const { link, ipAddress, userAgent } = notice.part
  const about: About = {
    type,
    engagement: {
      url: textOf(link),
      ip: textOf(ipAddress),
      user_agent: textOf(userAgent),
      machine: null
    },
    // Two links of one mail can be followed in the same millisecond.
    also: type === 'email.clicked' ? [textOf(link) ?? ''] : [],
    provenance: pointersTo(notice, { url: 'link', ip: 'ipAddress', user_agent: 'userAgent' })
  }
  return [event(notice, soleDestination(notice), about)]
}

function deliveries(notice: Notice): ProviderEvent[] {
  const { smtpResponse, remoteMtaIp } = notice.part
  const text = textOf(smtpResponse)
  const about: About = {
    type: 'email.delivered',
    mx: textOf(remoteMtaIp),
    reply: text === null ? null : { parsed: parseReply(text), spokenBy: 'receiver' },
    provenance: pointersTo(notice, { smtp: 'smtpResponse', mx: 'remoteMtaIp' })
  }
  return recipientsIn(notice, 'recipients').map((named) => event(notice, named, about))
}

function delays(notice: Notice): ProviderEvent[] {
  const type = textOf(notice.part.delayType)
  const known = delayHints.get(type ?? '')
  return recipientsIn(notice, 'delayedRecipients').map((named) => {
    const said = saidOf(named, known?.strength === 'decides' || isFromSes(notice))
    return event(notice, named, {
      type: 'email.deferred',
      reply: said.reply,
      provider: { type, code: said.filler, will_retry: true },
      hint: known ?? unsaid(said, 'delay'),
      provenance: { ...said.provenance, ...pointersTo(notice, { reason: 'delayType' }) }
    })
  })
}

function bounces(notice: Notice): ProviderEvent[] {
  const { part } = notice
  const type = textOf(part.bounceType)
  const subtype = textOf(part.bounceSubType)
  const refused = isRefusal(subtype)
  return recipientsIn(notice, 'bouncedRecipients').map((named) => {
    const about = refused
      ? refusal(named, subtype)
      : bounce(notice, named, `${type ?? 'Undetermined'}/${subtype ?? 'Undetermined'}`)
    return event(notice, named, {
      ...about,
      mx: textOf(part.remoteMtaIp),
      provider: { ...about.provider, type, subtype },
      provenance: {
        ...about.provenance,
        ...pointersTo(notice, { mx: 'remoteMtaIp', reason: 'bounceSubType' })
      }
    })
  })
}

function bounce(notice: Notice, named: Named, kind: string): About {
  const timedOut = kind.endsWith('/CustomTimeoutExceeded')
  const said = saidOf(named, timedOut || isFromSes(notice))
  const { reply, filler: code, provenance } = said
  if (kind === transientGeneral && isAutomaticAnswer(named.entry, said)) {
    const answered = hint('auto_response', 'bounce.transient.general.automatic_answer')
    // An answer is a mail that came back after acceptance.
    const asynchronous = true
    return { type: 'email.autoreplied', reply, hint: answered, asynchronous, provenance }
  }
  return {
    type: 'email.bounced',
    reply,
    provider: { code },
    hint: timedOut ? timeout(said) : (bounceHint(kind, said) ?? unsaid(said, 'bounce')),
    asynchronous: isReturnedMail(notice),
    provenance
  }
}

/** SES says so itself, unless it passes on what the receiver said last. */
function timeout(said: Said): Hint {
  const strength = said.reply?.parsed.quoted ? 'fallback' : 'decides'
  return hint('expired', 'bounce.transient.custom_timeout', strength)
}

function bounceHint(kind: string, { reply }: Said): Hint | null {
  if (kind !== 'Permanent/General') return bounceHints.get(kind) ?? null
  if (reply?.spokenBy === 'provider') return null
  const { code = null, enhanced = null, quoted = null } = reply?.parsed ?? {}
  const innermost = quoted?.enhanced ?? enhanced
  if (innermost?.startsWith('5.1.')) {
    return hint('unknown_mailbox', 'bounce.permanent.general.5_1', 'hard')
  }
  // "Mailbox unavailable" (RFC 5321 section 4.2.3) in a bounce that SES calls hard, when no other word helps.
  if (code === 550 && (innermost === null || innermost === '5.0.0')) {
    return hint('unknown_mailbox', 'bounce.permanent.general.550')
  }
  return null
}

/** Where not even a reply exists, it is said that nothing is; else the reply's codes are all there is. */
function unsaid({ reply }: Said, row: string): Hint | null {
  return reply === null ? hint('undetermined', `${row}.unsaid`) : null
}

/**
 * Vacation notices come as Transient/General, mostly without a diagnostic. A mail server's own refusal is
 * never taken for one: that has a reply code, a status that means something, a status report's `failed`,
 * or words that tell a failure.
 */
function isAutomaticAnswer(entry: Fields, { reply }: Said): boolean {
  const { code = null, enhanced = null, quoted = null, label = null } = reply?.parsed ?? {}
  if (code !== null || enhanced !== null || quoted !== null) return false
  if (reply?.spokenBy === 'provider' || label?.startsWith('x-')) return false
  const { reason } = classify({ reply: reply?.parsed ?? null, outcome: 'failed' })
  if (reason === 'auto_response') return true
  const reported = textOf(entry.action)?.trim().toLowerCase()
  return reason === 'undetermined' && reported !== 'failed' && reported !== 'delayed'
}

/** SES refused by itself. The words are its own, and its status (`5.1.1`) answers for no server. */
function refusal(named: Named, subtype: string | null): About {
  const text = textOf(named.entry.diagnosticCode)
  const status = textOf(named.entry.status)
  const bare = text === null ? null : { ...parseReply(text), ...wordless }
  return {
    type: 'email.rejected',
    reply: bare && { parsed: bare, spokenBy: 'provider' },
    provider: { code: status },
    hint: hint('suppressed_by_provider', 'bounce.refused', 'decides'),
    listedAs: listedAs(subtype, text ?? ''),
    provenance: {
      ...(text !== null && { smtp: `${named.entryAt}/diagnosticCode` }),
      ...(status !== null && { code: `${named.entryAt}/status` })
    }
  }
}

const wordless = { code: null, enhanced: null, quoted: null }

function isRefusal(subtype: string | null): boolean {
  return subtype !== null && (refusalShape.test(subtype) || refusals.has(subtype))
}

/** The lists hold bounces and complaints alike; only some of SES's sentences say which. */
function listedAs(subtype: string | null, text: string): SuppressionReason | null {
  if (subtype === 'UnsubscribedRecipient') return 'unsubscribe'
  const complained = /complain/i.test(text)
  const bounced = /bounc/i.test(text)
  if (complained && !bounced) return 'complaint'
  // "because it has a recent history of bouncing as an invalid address"
  return bounced && !complained && /invalid address/i.test(text) ? 'unknown_mailbox' : null
}

function complaints(notice: Notice): ProviderEvent[] {
  const { part } = notice
  const feedbackType = textOf(part.complaintFeedbackType)?.trim().toLowerCase() ?? null
  const subtype = textOf(part.complaintSubType)
  const provider = { type: feedbackType, subtype }
  if (isRefusal(subtype)) {
    const about: About = {
      type: 'email.rejected',
      provider,
      hint: hint('suppressed_by_provider', 'complaint.refused', 'decides'),
      listedAs: subtype === 'UnsubscribedRecipient' ? 'unsubscribe' : 'complaint',
      provenance: pointersTo(notice, { reason: 'complaintSubType' })
    }
    return recipientsIn(notice, 'complainedRecipients').map((named) => event(notice, named, about))
  }
  const recipients = recipientsIn(notice, 'complainedRecipients')
  const apart = new Set(recipients.map(({ address }) => recipientKey(address)))
  const about: About = {
    type: 'email.complained',
    provider,
    // Most reports are redacted, so SES names everybody whom the message reached at that domain.
    complaint: {
      feedback_type: feedbackType,
      candidates: Math.max(1, apart.size + notice.unreadable.length)
    },
    provenance: pointersTo(notice, { feedback_type: 'complaintFeedbackType' })
  }
  return recipients.map((named) => event(notice, named, about))
}

// Subscriptions

/** Preferences of a contact list; a topic that is not listed has no preference of its own. */
interface Preferences {
  given: boolean
  all: boolean
  topics: Map<string, string>
}

interface Change {
  type: 'email.unsubscribed' | 'email.resubscribed'
  /** Null for the whole list. */
  topic: string | null
}

function subscriptions(notice: Notice): ProviderEvent[] {
  const { newTopicPreferences, oldTopicPreferences, contactList, source } = notice.part
  const after = preferencesIn(newTopicPreferences)
  const changes = changesOf(preferencesIn(oldTopicPreferences), after)
  const named = soleDestination(notice)
  const about = {
    provider: { type: textOf(contactList), subtype: textOf(source) },
    provenance: pointersTo(notice, { preferences: 'newTopicPreferences' })
  }
  if (changes.length === 0) return [event(notice, named, { type: 'email.unknown', ...about })]
  return changes.map(({ type, topic }) =>
    event(notice, named, {
      type,
      ...about,
      ...(topic !== null && { stream: `topic:${topic}` }),
      also: [topic === null ? 'all' : `topic:${topic}`]
    })
  )
}

function preferencesIn(value: unknown): Preferences {
  const fields = isFields(value) ? value : {}
  const statuses: unknown[] = [fields.topicSubscriptionStatus].flat()
  const topics = new Map<string, string>()
  for (const entry of statuses) {
    const name = isFields(entry) ? textOf(entry.topicName) : null
    const status = isFields(entry) ? textOf(entry.subscriptionStatus) : null
    if (name !== null && status !== null) topics.set(name, status)
  }
  const all = fields.unsubscribeAll === true || fields.unsubscribeAll === 'true'
  return { given: Object.keys(fields).length > 0, all, topics }
}

/**
 * What the contact changed. An opt-out may be told twice, an opt-in only where it is a change: nobody is
 * mailed again because a field was missing.
 */
function changesOf(before: Preferences, after: Preferences): Change[] {
  const left: Change[] = []
  const came: Change[] = []
  if (after.all && !before.all) left.push({ type: 'email.unsubscribed', topic: null })
  const back = before.all && after.given && !after.all
  if (back) came.push({ type: 'email.resubscribed', topic: null })
  for (const [topic, status] of after.topics) {
    const was = before.topics.get(topic)
    // Back on the list, the topics left before are still left.
    if (status === 'OptOut' && (was !== 'OptOut' || back)) {
      left.push({ type: 'email.unsubscribed', topic })
    }
    if (status === 'OptIn' && before.given && was !== 'OptIn') {
      came.push({ type: 'email.resubscribed', topic })
    }
  }
  return left.length + came.length > 0 ? [...came, ...left] : standing(after)
}

/** Nothing changed, or nothing says what was: the opt-outs that stand. */
function standing({ all, topics }: Preferences): Change[] {
  if (all) return [{ type: 'email.unsubscribed', topic: null }]
  return [...topics]
    .filter(([, status]) => status === 'OptOut')
    .map(([topic]) => ({ type: 'email.unsubscribed', topic }))
}

// Replies

interface Said {
  reply: ProviderEvent['reply']
  /** A status that no server said. */
  filler: string | null
  provenance: Record<string, string>
}

/** The receiver's reply, out of the fields of a status report (RFC 3464) that SES passes on. */
function saidOf({ entry, entryAt }: Named, fromSes: boolean): Said {
  const text = textOf(entry.diagnosticCode)
  const status = textOf(entry.status)?.trim() ?? null
  const parsed = parseReply(text ?? '')
  const meant = status !== null && belongsTo(parsed, status)
  const filler = meant || status === parsed.enhanced ? null : status
  const provenance: Record<string, string> = {}
  if (text !== null) provenance.smtp = `${entryAt}/diagnosticCode`
  if (meant) provenance.enhanced = `${entryAt}/status`
  if (filler !== null) provenance.code = `${entryAt}/status`
  if (text === null && !meant) return { reply: null, filler, provenance }
  const completed = meant ? { ...parsed, enhanced: status, raw: text ?? status } : parsed
  const spokenBy =
    fromSes || isOwnText(parsed) ? 'provider' : isServers(parsed) ? 'receiver' : 'unknown'
  return { reply: { parsed: completed, spokenBy }, filler, provenance }
}

/** A status report's label or a code of its own; a bare sentence or a bare status may be anybody's. */
function isServers({ label, code, enhanced }: ParsedReply): boolean {
  return label !== null || code !== null || enhanced !== null
}

/**
 * The status completes a reply that has no enhanced code of its own, unless it is filler (`5.0.0`) or of
 * another class than the reply (seen: 5.3.0 in temporary failures).
 */
function belongsTo(parsed: ParsedReply, status: string): boolean {
  return (
    parsed.enhanced === null &&
    /^[245]\.\d{1,3}\.[1-9]\d{0,2}$|^[245]\.[1-9]\d{0,2}\.0$/.test(status) &&
    (parsed.code === null || status.startsWith(String(parsed.code).charAt(0)))
  )
}

/** `dns; amazonses.com`: SES decided by itself. Its servers that talk to others have longer names. */
function isFromSes(notice: Notice): boolean {
  return reportingHost(notice) === 'amazonses.com'
}

/** A server elsewhere reported the failure, so it had accepted the mail before. */
function isReturnedMail(notice: Notice): boolean {
  const host = reportingHost(notice)
  return host !== null && host !== 'amazonses.com' && !host.endsWith('.amazonses.com')
}

/** `dns; host`, also seen as `dsn; host` and bare. */
function reportingHost({ part }: Notice): string | null {
  const host = textOf(part.reportingMTA)?.trim().toLowerCase()
  return host ? host.slice(host.lastIndexOf(';') + 1).trim() : null
}

/** What SES writes although it looks like a server's reply, label, codes and all. */
function isOwnText({ label, code, enhanced, text }: ParsedReply): boolean {
  if (label === null && /^amazon ses\b/i.test(text)) return true
  if (/^message expired: unable to deliver in \d+ minutes/i.test(text)) return true
  if (enhanced === '5.4.4' && /^invalid domain\b/i.test(text)) return true
  // A server that closes a connection names itself first (RFC 5321 section 4.2.3); SES has no such name to say.
  const noSession = code === 421 && (enhanced === '4.4.1' || enhanced === '4.4.2')
  return noSession && !/^[\w-]+(?:\.[\w-]+)+\s/.test(text)
}

// Fields

function hint(reason: Reason, row: string, strength: Hint['strength'] = 'fallback'): Hint {
  return { reason, rule: `ses.${row}`, strength }
}

/** JSON Pointers to those fields of the event's part that hold something. */
function pointersTo(notice: Notice, fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, key]) => !isNothing(notice.part[key]))
      .map(([name, key]) => [name, `${notice.partAt}/${key}`])
  )
}

/** RFC 6901 section 3. */
function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

const isoTime =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\s?(Z|UTC|GMT|[+-]\d\d:?\d\d)?$/i

/** ISO 8601, also as `2018-10-08T14:05:45 +0000`; null where it is no moment that RFC 3339 can write. */
function readTime(value: unknown): Date | null {
  if (typeof value === 'number') return momentAt(value > 1e11 ? value : value * 1000)
  const text = textOf(value)?.trim() ?? ''
  if (/^\d{9,13}$/.test(text)) return readTime(Number(text))
  const [, day, clock, fraction = '', zone = 'Z'] = isoTime.exec(text) ?? []
  if (day === undefined) return null
  const offset = /^[+-]/.test(zone) ? zone.replace(/^(.\d\d):?/, '$1:') : 'Z'
  return momentAt(Date.parse(`${day}T${clock}.${fraction.padEnd(3, '0').slice(0, 3)}${offset}`))
}

function momentAt(milliseconds: number): Date | null {
  return milliseconds > 0 && milliseconds < endOfCalendar ? new Date(milliseconds) : null
}

const endOfCalendar = Date.UTC(10_000, 0, 1)
