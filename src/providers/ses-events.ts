import type { EventType, ProviderEvent } from '../events/event.ts'
import { parseReply } from '../smtp/reply.ts'
import { type Fields, isFields, textOf } from './json-body.ts'
import type { Parsed } from './provider.ts'
import { bounces, complaints, delays } from './ses-failures.ts'
import {
  type About,
  type Carried,
  destinations,
  event,
  hint,
  type Notice,
  nobody,
  noticeOf,
  ofTheMail,
  pointersTo,
  recipientsIn,
  soleDestination
} from './ses-notice.ts'

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

/** Pure and total. One event per recipient; a recipient that cannot be read spoils no other. */
export function readSesEvents(carried: Carried): Parsed {
  const event = nameOf(carried)
  if (event === null)
    return unreadable(
      carried,
      'The JSON is not an SES event: it has neither an eventType nor a notificationType.'
    )
  const kind = kinds.get(event)
  const key = kind?.key ?? keyOfPart(carried.fields)
  const part = key === null ? undefined : carried.fields[key]
  if (kind && !isFields(part) && !ofTheMail.includes(event)) {
    return unreadable(carried, 'The event lacks the object that is named after it.')
  }
  const notice = noticeOf(carried, event, key, isFields(part) ? part : {})
  const events = kind ? kind.read(notice) : [unfamiliar(notice)]
  return { events, unreadable: notice.unreadable }
}

function unreadable({ pointer }: Carried, detail: string): Parsed {
  return { events: [], unreadable: [{ pointer, detail }] }
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
      // A topic is a stream; all of the list is more than whatever stream the source may be.
      ...(topic === null ? { everyStream: true } : { stream: `topic:${topic}` }),
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
