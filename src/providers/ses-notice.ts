import { createHash } from 'node:crypto'
import { parseAddress } from '../events/address.ts'
import type { EventType, Message, ProviderEvent } from '../events/event.ts'
import type { Hint } from '../smtp/classify.ts'
import type { Reason } from '../smtp/reasons.ts'
import { type Fields, isFields, textOf } from './json-body.ts'
import type { Unreadable } from './provider.ts'

// What all SES events have in common: the mail, its recipients, the moment, what makes an event itself.

/** These happen when the mail is accepted, and have neither a time nor anything else of their own. */
export const ofTheMail = ['Send', 'Reject', 'Rendering Failure']

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

export interface Notice extends Carried {
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
  anchors: readonly [message: string, moment: string]
  feedbackId: string | null
  unreadable: Unreadable[]
}

export function noticeOf(
  carried: Carried,
  event: string,
  key: string | null,
  part: Fields
): Notice {
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
  const anchors: Notice['anchors'] = [
    message.provider_id ?? feedbackId ?? digest(),
    // By the moment, not by its spelling: the two formats need not write it alike.
    ofTheMail.includes(event) ? '' : (ownTime?.toISOString() ?? feedbackId ?? digest())
  ]
  return {
    ...carried,
    event,
    part,
    partAt,
    mail,
    message,
    anchors,
    feedbackId,
    time,
    timeAt: time ? timeAt : null,
    unreadable: []
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
export interface Named {
  address: string | null
  pointer: string | null
  entry: Fields
  entryAt: string
}

export const nobody: Named = { address: null, pointer: null, entry: {}, entryAt: '' }

/** Those that the event names: as objects, or as plain texts (Delivery, `mail.destination`). */
function namedIn(notice: Notice, list: unknown, listAt: string): Named[] {
  const entries = Array.isArray(list) ? list : [list]
  return entries.flatMap((given: unknown, index) => {
    const entryAt = Array.isArray(list) ? `${listAt}/${index}` : listAt
    const entry = isFields(given) ? given : {}
    const address = textOf(isFields(given) ? given.emailAddress : given)
    if (address === null) {
      notice.unreadable.push({ pointer: entryAt, detail: 'The recipient has no emailAddress.' })
      return []
    }
    return [
      { address, pointer: isFields(given) ? `${entryAt}/emailAddress` : entryAt, entry, entryAt }
    ]
  })
}

/** An event that lost its list is still about somebody: the mail's only recipient, or nobody we can name. */
export function recipientsIn(notice: Notice, key: string): Named[] {
  const list = notice.part[key]
  return isNothing(list)
    ? [soleDestination(notice)]
    : namedIn(notice, list, `${notice.partAt}/${key}`)
}

export function destinations(notice: Notice): Named[] {
  const { destination } = notice.mail
  if (isNothing(destination)) return [nobody]
  return namedIn(notice, destination, `${notice.pointer}/mail/destination`)
}

/** SES never says which of several recipients opened, clicked or left. */
export function soleDestination(notice: Notice): Named {
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
export function recipientKey(address: string | null): string {
  if (address === null) return ''
  return parseAddress(address)?.key ?? address.trim().toLowerCase()
}

// Events

export type About = Partial<Omit<ProviderEvent, 'message' | 'provider' | 'identity'>> & {
  type: EventType
  provider?: Partial<ProviderEvent['provider']>
  stream?: string
  /** What belongs to the event's identity beside kind, message, recipient and time. */
  also?: readonly string[]
}

export function event(notice: Notice, named: Named, about: About): ProviderEvent {
  const { provider, stream, also = [], provenance, ...said } = about
  const { message, time, timeAt, anchors } = notice
  return {
    time,
    recipient: named.address,
    identity: [notice.event, anchors[0], recipientKey(named.address), anchors[1], ...also],
    message: stream === undefined ? message : { ...message, stream },
    mx: null,
    reply: null,
    provider: {
      name: 'ses',
      event: notice.event,
      type: null,
      subtype: null,
      code: null,
      event_id: notice.feedbackId ?? notice.id,
      attempt: null,
      will_retry: false,
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

// Fields

export function hint(reason: Reason, row: string, strength: Hint['strength'] = 'fallback'): Hint {
  return { reason, rule: `ses.${row}`, strength }
}

/** JSON Pointers to those fields of the event's part that hold something. */
export function pointersTo(notice: Notice, fields: Record<string, string>): Record<string, string> {
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
