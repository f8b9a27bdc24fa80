import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ProviderEvent } from '../../src/events/event.ts'
import type { Inbound } from '../../src/providers/provider.ts'
import { ses } from '../../src/providers/ses.ts'
import { classify } from '../../src/smtp/classify.ts'
import { mutated, numbersIn } from './mutations.ts'

const expired =
  'smtp; 554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.2 Connection timed out>'

const folder = join(import.meta.dirname, '../fixtures/providers/ses')
const fixtures = readdirSync(folder)
  .filter((file) => file.endsWith('.payload.json'))
  .map((file) => basename(file, '.payload.json'))

/** A whole request, or what SES says: then it comes as SNS posts it. */
interface Payload {
  headers?: Inbound['headers']
  body?: unknown
  text?: string
}

test.for(fixtures)('%s is read as expected', async (name) => {
  const parsed = ses.parse(inbound(name))
  await expect(`${JSON.stringify(parsed, null, 2)}\n`).toMatchFileSnapshot(
    join(folder, `${name}.expected.json`)
  )
})

// Channels and formats

const published = fixtures.filter((name) => payload(name).headers === undefined)
// Without a message id, only the text as received tells an event from others, and EventBridge's is its own.
const identified = published.filter((name) => name !== 'odd-empty-mail')

test.for(identified)('%s is the same event through every channel', (name) => {
  const message = payload(name)
  const throughSns = ses.parse(enveloped(message))
  const raw = ses.parse(post(message))
  const bridged = ses.parse(bridge(message))
  const wrapped = ses.parse(enveloped(JSON.parse(bridge(message).body.toString())))
  for (const other of [raw, bridged, wrapped]) {
    expect(other.events.map(essence)).toEqual(throughSns.events.map(essence))
    expect(other.unreadable).toHaveLength(throughSns.unreadable.length)
  }
})

/** What must not depend on the channel. Times may: where SES gives none, the channel's is next best. */
function essence({ provenance: _, provider, time, ...event }: ProviderEvent) {
  const own = _.time?.endsWith('/timestamp') ? time : null
  return { ...event, time: own, provider: { ...provider, event_id: null } }
}

test.for([
  'bounce-permanent-general',
  'bounce-transient-custom-timeout',
  'complaint-several-candidates',
  'delivery'
])('%s counts once where both formats are switched on', (name) => {
  const { eventType, ...event } = payload(name) as Record<string, unknown>
  const tagless = { ...(event.mail as object), tags: undefined, sourceIp: '192.0.2.44' }
  const notification = { notificationType: eventType, ...event, mail: tagless }
  const identities = (message: unknown) =>
    ses.parse(enveloped(message)).events.map(({ identity }) => identity)
  expect(identities(notification)).toEqual(identities(payload(name)))
})

test('a time written in another way is the same time', () => {
  const { events } = ses.parse(
    enveloped(bounce({}, { timestamp: '2026-05-11T08:41:02.000+02:00' }))
  )
  expect(events[0]!.identity).toEqual(ses.parse(enveloped(bounce({}))).events[0]!.identity)
})

test.for<[string, Fields, Fields, Fields]>([
  ['recipient', { emailAddress: 'ivo@example.net' }, {}, {}],
  ['time', {}, { timestamp: '2026-05-11T06:41:02.001Z' }, {}],
  ['message', {}, {}, { messageId: '0102019c-other-000000' }]
])('another %s is another event', ([, recipient, part, mail]) => {
  const [one, two] = [bounce({}), bounce(recipient, part, mail)].map(
    (message) => ses.parse(enveloped(message)).events[0]!.identity
  )
  expect(two).not.toEqual(one)
})

test('events that lost what tells them apart are still told apart', () => {
  const nameless = { messageId: undefined }
  const timeless = { timestamp: undefined, feedbackId: undefined }
  const identities = ['a', 'b', 'a'].map((word) => {
    const message = bounce({ diagnosticCode: `smtp; 550 ${word}` }, timeless, nameless)
    return ses.parse(enveloped(message)).events[0]!.identity.join()
  })
  expect(identities[0]).toBe(identities[2])
  expect(identities[0]).not.toBe(identities[1])
})

test('every pointer leads to something in the raw body', () => {
  for (const name of fixtures) {
    const request = inbound(name)
    const { events, unreadable } = ses.parse(request)
    const pointers = events.flatMap(({ provenance }) => Object.values(provenance))
    for (const pointer of [...pointers, ...unreadable.map((item) => item.pointer)]) {
      expect(at(request, pointer), `${name} ${pointer}`).toBeDefined()
    }
  }
})

/** Follows a JSON Pointer, on into the JSON inside `Message`. */
function at({ body }: Inbound, pointer: string): unknown {
  let value: unknown = JSON.parse(body.toString())
  for (const key of pointer.split('/').slice(1)) {
    if (typeof value === 'string') value = JSON.parse(value)
    value = (value as Record<string, unknown> | null)?.[key]
  }
  return value
}

test('the pointer to a reply leads to its very words', () => {
  for (const name of fixtures) {
    const request = inbound(name)
    for (const { reply, provenance } of ses.parse(request).events) {
      if (reply) expect(at(request, provenance.smtp ?? provenance.enhanced!)).toBe(reply.parsed.raw)
    }
  }
})

// Whose words

test.for<[string, Fields, Fields, 'receiver' | 'provider' | 'unknown']>([
  ['a plain refusal', {}, {}, 'receiver'],
  ['a giving up', { diagnosticCode: expired }, {}, 'provider'],
  ['a failed look-up', { diagnosticCode: 'smtp; 550 5.4.4 Invalid domain' }, {}, 'provider'],
  ['no connection', { diagnosticCode: 'smtp; 421 4.4.1 Unable to connect' }, {}, 'provider'],
  ['a sentence of SES', { diagnosticCode: 'Amazon SES would rather not' }, {}, 'provider'],
  ['SES as reporter', {}, { reportingMTA: 'dns; amazonses.com' }, 'provider'],
  ['SES as misspelt reporter', {}, { reportingMTA: 'dsn;AmazonSES.com' }, 'provider'],
  [
    'a server of SES as reporter',
    {},
    { reportingMTA: 'dns; a7.smtp-out.amazonses.com' },
    'receiver'
  ],
  ['the end of a custom time', {}, { bounceSubType: 'CustomTimeoutExceeded' }, 'provider'],
  ['a look-alike reporter', {}, { reportingMTA: 'dns; notamazonses.com' }, 'receiver'],
  ['a label without reply', { diagnosticCode: 'X-Postfix; no such user' }, {}, 'receiver'],
  [
    "a receiver's own expiry",
    { diagnosticCode: 'smtp; 550 4.4.7 QUEUE.Expired; message expired' },
    {},
    'receiver'
  ],
  [
    'a connection that a named server closed',
    { diagnosticCode: 'smtp; 421 4.4.2 mx4.example.net Error: timeout exceeded' },
    {},
    'receiver'
  ],
  ['only a status', { diagnosticCode: undefined, status: '5.1.1' }, {}, 'unknown'],
  ['a bare sentence', { diagnosticCode: 'no idea', status: undefined }, {}, 'unknown']
])('of %s it is known who spoke', ([, recipient, part, speaker]) => {
  const [event] = ses.parse(enveloped(bounce(recipient, part))).events
  expect(event!.reply?.spokenBy).toBe(speaker)
})

test.for([
  'Suppressed',
  'OnAccountSuppressionList',
  'OnTenantSuppressionList',
  'OnSomeNewSuppressionList',
  'EmailValidationSuppressed',
  'UnsubscribedRecipient'
])('%s never shows codes of SES as those of a server', (bounceSubType) => {
  const [event] = ses.parse(enveloped(bounce({}, { bounceSubType }))).events
  expect(event).toMatchObject({
    type: 'email.rejected',
    reply: { parsed: { code: null, enhanced: null }, spokenBy: 'provider' },
    provider: { code: '5.1.1' },
    hint: { reason: 'suppressed_by_provider', strength: 'decides' }
  })
})

test.for<[string, string | null]>([
  ['Amazon SES did not send it because of an earlier complaint.', 'complaint'],
  ['Amazon SES did not send it: it bounced as an invalid address before.', 'unknown_mailbox'],
  ['Amazon SES did not send it, because of a bounce or complaint.', null],
  ['Amazon SES did not send it.', null]
])('"%s" says why the address is listed: %s', ([diagnosticCode, listedAs]) => {
  const message = bounce({ diagnosticCode }, { bounceSubType: 'OnAccountSuppressionList' })
  expect(ses.parse(enveloped(message)).events[0]!.listedAs).toBe(listedAs)
})

test.for<[string, Fields, string]>([
  ['nothing said', { status: undefined, diagnosticCode: undefined }, 'email.autoreplied'],
  [
    'words without a code',
    { status: undefined, diagnosticCode: 'smtp; Back on Monday' },
    'email.autoreplied'
  ],
  ['filler as status', { status: '5.0.0', diagnosticCode: undefined }, 'email.autoreplied'],
  [
    'words that would mean a dead mailbox',
    { status: undefined, diagnosticCode: 'smtp; This mailbox is closed, I work elsewhere' },
    'email.autoreplied'
  ],
  [
    'a failed report',
    { status: '5.0.0', action: 'failed', diagnosticCode: undefined },
    'email.bounced'
  ],
  ['a telling status', { status: '5.3.0', diagnosticCode: undefined }, 'email.bounced'],
  ['a refusal', { diagnosticCode: 'smtp; 550 5.2.1 gone' }, 'email.bounced'],
  ['a temporary refusal', { diagnosticCode: 'smtp; 450 later' }, 'email.bounced'],
  ['a code alone', { diagnosticCode: 'smtp; 450' }, 'email.bounced'],
  ["a mail server's own label", { diagnosticCode: 'X-Postfix; what?' }, 'email.bounced'],
  [
    'a refusal that talks like an answer',
    { diagnosticCode: 'smtp; 550 out of office' },
    'email.bounced'
  ]
])('Transient/General with %s is told from a vacation notice', ([, recipient, type]) => {
  const message = bounce(recipient, { bounceType: 'Transient', bounceSubType: 'General' })
  const [event] = ses.parse(enveloped(message)).events
  expect(event!.type).toBe(type)
  if (type !== 'email.autoreplied') return
  expect(event!.asynchronous).toBe(true)
  expect(readingOf(event!)).toMatchObject({ reason: 'auto_response', permanence: 'unknown' })
})

test.for(['dns; amazonses.com', 'dsn; amazonses.com'])(
  'what %s reports is no vacation notice',
  (reportingMTA) => {
    const part = { bounceType: 'Transient', bounceSubType: 'General', reportingMTA }
    const message = bounce({ status: undefined, diagnosticCode: undefined }, part)
    expect(ses.parse(enveloped(message)).events[0]!.type).toBe('email.bounced')
  }
)

test.for<[string, Fields, Fields]>([
  ['a subtype of SES that is new', { diagnosticCode: 'Amazon SES did not send it' }, {}],
  ['SES as reporter', { diagnosticCode: 'smtp; no' }, { reportingMTA: 'dns; amazonses.com' }]
])('a status without a reply of its own is not one, with %s', ([, recipient, part]) => {
  const message = bounce(recipient, { bounceSubType: 'Whatever', ...part })
  expect(ses.parse(enveloped(message)).events[0]).toMatchObject({
    reply: { parsed: { code: null, enhanced: null }, spokenBy: 'provider' },
    provider: { code: '5.1.1' }
  })
})

test.for<[string, string, Fields, string]>([
  ['Permanent', 'General', { diagnosticCode: 'smtp; 550 5.1.1 no' }, 'unknown_mailbox'],
  ['Permanent', 'General', { diagnosticCode: 'smtp; 550 so it is' }, 'unknown_mailbox'],
  ['Permanent', 'General', { diagnosticCode: 'smtp; 554 so it is' }, 'undetermined'],
  ['Permanent', 'General', { diagnosticCode: 'smtp; 550 5.7.1 so it is' }, 'policy'],
  ['Permanent', 'General', { diagnosticCode: 'smtp; 550 5.7.26 so it is' }, 'auth_failure'],
  ['Permanent', 'NoEmail', { diagnosticCode: 'smtp; 554 so it is' }, 'unknown_mailbox'],
  ['Transient', 'MailboxFull', { diagnosticCode: 'smtp; 552 so it is' }, 'mailbox_full'],
  ['Transient', 'MessageTooLarge', { diagnosticCode: 'smtp; 552 so it is' }, 'message_too_large'],
  ['Transient', 'ContentRejected', { diagnosticCode: 'smtp; 554 so it is' }, 'spam_content'],
  ['Transient', 'AttachmentRejected', { diagnosticCode: 'smtp; 554 so it is' }, 'virus_detected'],
  ['Transient', 'CustomTimeoutExceeded', { diagnosticCode: undefined }, 'expired'],
  [
    'Transient',
    'General',
    { diagnosticCode: 'smtp; 550 5.4.4 Invalid domain' },
    'domain_not_found'
  ],
  ['Undetermined', 'Undetermined', { diagnosticCode: undefined }, 'undetermined'],
  ['Permanent', 'Suppressed', { diagnosticCode: 'smtp; 550 5.2.2 full' }, 'suppressed_by_provider']
])('%s/%s with %o has its reason', ([bounceType, bounceSubType, recipient, reason]) => {
  const message = bounce({ status: undefined, ...recipient }, { bounceType, bounceSubType })
  expect(reasonOf(ses.parse(enveloped(message)).events[0]!)).toBe(reason)
})

test.for<[string, string]>([
  ['InternalFailure', 'system_error'],
  ['General', 'undetermined'],
  ['MailboxFull', 'mailbox_full'],
  ['SpamDetected', 'rate_limited'],
  ['RecipientServerError', 'system_error'],
  ['IPFailure', 'ip_reputation'],
  ['TransientCommunicationFailure', 'network_error'],
  ['TransientCommunicationGeneral', 'network_error'],
  ['BYOIPHostNameLookupUnavailable', 'reverse_dns'],
  ['Undetermined', 'undetermined'],
  ['SendingDeferral', 'rate_limited'],
  ['SomethingNew', 'undetermined']
])('a delay of type %s that says nothing has the reason %s', ([delayType, reason]) => {
  const [event] = ses.parse(enveloped(delay(delayType))).events
  expect(event).toMatchObject({ type: 'email.deferred', provider: { will_retry: true } })
  expect(reasonOf(event!)).toBe(reason)
})

test.for(['InternalFailure', 'SendingDeferral'])(
  'in a delay of type %s SES speaks',
  (delayType) => {
    const message = delay(delayType, { diagnosticCode: 'smtp; 421 4.7.0 slow down' })
    expect(ses.parse(enveloped(message)).events[0]!.reply?.spokenBy).toBe('provider')
  }
)

// Bad input

test.for<[string, Inbound, string]>([
  ['an empty body', { headers: {}, body: Buffer.alloc(0) }, ''],
  ['prose', { headers: {}, body: Buffer.from('hello') }, ''],
  ['a list', post([1]), ''],
  ['half a body', { headers: {}, body: Buffer.from('{"eventType":') }, ''],
  ['an object of nobody', post({}), ''],
  ['two parts without a name', post({ open: {}, click: {} }), ''],
  ['a list in Message', enveloped([{ eventType: 'Send' }]), '/Message'],
  ['half an event in Message', enveloped('{"eventType":"Send"'), '/Message'],
  ['an event without its part', enveloped({ eventType: 'Click', mail: {} }), '/Message'],
  [
    'an EventBridge event without detail',
    post({ 'detail-type': 'Email Sent', detail: 'no' }),
    '/detail'
  ]
])('%s is kept as unreadable', ([, request, pointer]) => {
  expect(ses.parse(request)).toEqual({
    events: [],
    unreadable: [{ pointer, detail: expect.any(String) }]
  })
})

test('deep nesting, NUL, lone surrogates, prototypes and a megabyte of text do no harm', () => {
  const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`
  const text = JSON.stringify(
    bounce({ diagnosticCode: `smtp; 550 5.1.1 ${'x'.repeat(1_000_000)}` })
  )
  const more = `"deep":${deep},"__proto__":{"eventType":"Send"},"x":"\\u0000\\ud800"`
  const { events, unreadable } = ses.parse(enveloped(`${text.slice(0, -1)},${more}}`))
  expect(unreadable).toEqual([])
  expect(events[0]).toMatchObject({ type: 'email.bounced', reply: { parsed: { code: 550 } } })
})

test('a hundred thousand recipients lose none', () => {
  const bouncedRecipients = Array.from({ length: 100_000 }, (_, index) =>
    index % 2 ? { emailAddress: `u${index}@example.com` } : {}
  )
  const parsed = ses.parse(enveloped(bounce({}, { bouncedRecipients })))
  expect(parsed.events).toHaveLength(50_000)
  expect(parsed.unreadable).toHaveLength(50_000)
})

const bodies = published.map((name) => Buffer.from(JSON.stringify(payload(name))))
const requests = fixtures
  .filter((name) => payload(name).text === undefined)
  .map((name) => inbound(name).body)

test('however an event is mangled, parse returns and invents no code', () => {
  fc.assert(
    fc.property(mutated(bodies), fc.boolean(), (body, wrap) => {
      const request = wrap ? enveloped(body.toString()) : { headers: {}, body }
      const parsed = ses.parse(request)
      const known = numbersIn(body)
      for (const event of parsed.events) {
        const { code = null, enhanced = null, quoted = null } = event.reply?.parsed ?? {}
        for (const said of [code, quoted?.code ?? null]) {
          if (said !== null) expect(known).toContain(String(said))
        }
        if (enhanced !== null) expect(body.includes(enhanced)).toBe(true)
        if (event.type === 'email.rejected') expect([code, enhanced]).toEqual([null, null])
        if (event.time !== null) expect(event.time.toISOString()).toMatch(/^\d{4}-/)
        expect(reasonOf(event)).toEqual(expect.any(String))
      }
      expect(parsed.events.length + parsed.unreadable.length).toBeGreaterThan(0)
      expect(ses.parse(request)).toEqual(parsed)
    }),
    { numRuns: 500 }
  )
})

test('however a request is mangled, something comes of it', () => {
  fc.assert(
    fc.property(mutated(requests), (body) => {
      const { events, unreadable, confirm } = ses.parse({ headers: {}, body })
      expect(events.length + unreadable.length + (confirm ? 1 : 0)).toBeGreaterThan(0)
    }),
    { numRuns: 300 }
  )
})

test('a broken recipient harms no other', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.jsonValue(), fc.constant({}))), (broken) => {
      const good = { emailAddress: 'lea@example.net', diagnosticCode: 'smtp; 550 5.1.1 no' }
      const { events } = ses.parse(enveloped(bounce({}, { bouncedRecipients: [...broken, good] })))
      expect(events.at(-1)).toMatchObject({
        recipient: 'lea@example.net',
        reply: { parsed: { code: 550, enhanced: '5.1.1' } }
      })
    })
  )
})

// The requests

function payload(name: string): Payload {
  return JSON.parse(readFileSync(join(folder, `${name}.payload.json`), 'utf8'))
}

function inbound(name: string): Inbound {
  const { headers, body, text } = payload(name)
  if (headers === undefined) return enveloped(payload(name))
  return { headers, body: Buffer.from(text ?? JSON.stringify(body)) }
}

function enveloped(message: unknown): Inbound {
  return post({
    Type: 'Notification',
    MessageId: '7c9e6679-7425-50de-944b-e07fc1f90ae7',
    TopicArn: 'arn:aws:sns:eu-west-1:222233334444:harbour-events',
    Message: typeof message === 'string' ? message : `${JSON.stringify(message)}\n`,
    Timestamp: '2026-05-11T06:41:03.250Z'
  })
}

function post(body: unknown): Inbound {
  return { headers: {}, body: Buffer.from(JSON.stringify(body)) }
}

function bridge(detail: unknown): Inbound {
  const type = (detail as Fields).eventType ?? (detail as Fields).notificationType
  return post({
    version: '0',
    id: '1d2c3b4a-5968-4776-8594-a3b2c1d00001',
    'detail-type': type === undefined ? 'Email Bounced' : `Some ${type}`,
    source: 'aws.ses',
    time: '2026-05-11T06:41:04Z',
    detail
  })
}

type Fields = Record<string, unknown>

function bounce(recipient: Fields, part: Fields = {}, mail: Fields = {}) {
  const bounced = {
    emailAddress: 'lea@example.net',
    status: '5.1.1',
    diagnosticCode: 'smtp; 550 5.1.1 user unknown'
  }
  return {
    eventType: 'Bounce',
    bounce: {
      feedbackId: '0102019c5b000001-1f2e3d4c-000000',
      bounceType: 'Permanent',
      bounceSubType: 'General',
      bouncedRecipients: [{ ...bounced, ...recipient }],
      timestamp: '2026-05-11T06:41:02.000Z',
      ...part
    },
    mail: {
      timestamp: '2026-05-11T06:40:01.318Z',
      messageId: '0102019c-7d1e2f3a-000000',
      destination: ['lea@example.net'],
      ...mail
    }
  }
}

function delay(delayType: string, recipient: Fields = {}) {
  return {
    eventType: 'DeliveryDelay',
    deliveryDelay: {
      delayType,
      delayedRecipients: [{ emailAddress: 'lea@example.net', ...recipient }],
      timestamp: '2026-05-11T06:52:17.441Z'
    },
    mail: bounce({}).mail
  }
}

function reasonOf(event: ProviderEvent) {
  return readingOf(event).reason
}

function readingOf({ type, reply, hint }: ProviderEvent) {
  const outcome = type === 'email.deferred' ? 'deferred' : 'failed'
  return classify({ reply: reply?.parsed ?? null, outcome, hint })
}
